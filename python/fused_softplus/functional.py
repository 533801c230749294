"""softplus, softplus_ and inverse_softplus as functions."""

from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.jit._builtins import _register_builtin

from . import _C, _compiled


def softplus(
    input: Tensor,
    beta: float = 1.0,
    threshold: float = 20.0,
    *,
    bias: Tensor | float | None = None,
    bias_dim: int = -1,
    out: Tensor | None = None,
) -> Tensor:
    r"""``log(1 + exp(beta * input)) / beta``, and ``input`` where ``beta * input > threshold``.

    A drop-in for :func:`torch.nn.functional.softplus`, with autograd (any order, forward mode too).

    Args:
        input: a tensor of any shape and strides; float32, float64, float16 or bfloat16 (the halves
            are computed in float32 and rounded once).
        beta: ``abs(beta)`` from 1e-30 to 1e30 (float64: 1e-300 to 1e300); may be negative. A number
            of any kind that :func:`torch.nn.functional.softplus` takes: Python's and NumPy's, 0-D
            tensors that require no gradient, symbolic numbers and FX proxies.
        threshold: any number but NaN, of the same kinds; ``float("inf")`` for no linear part.
        bias: added to ``input``: a number, or a tensor that is 0-D, or 1-D and of ``input``'s size
            in dimension ``bias_dim``. The result's dtype is that of ``input + bias``. If the two
            have one dtype, they are added in the same pass (in float32 for the halves), and the
            gradient of ``bias`` comes from the same backward pass.
        bias_dim: the dimension that ``bias`` lies along.
        out: where to put the result; resized to ``input``'s shape, of ``input``'s dtype. Cannot be
            combined with autograd, nor with ``bias``.

    Returns:
        A tensor of ``input``'s shape and dtype. The result is never NaN for a number, is ``input``
        at +inf and 0 at -inf (for beta > 0), and keeps denormal numbers.

    Raises:
        ValueError: beta is zero, NaN or out of range, or threshold is NaN.
        NotImplementedError: ``input`` has another dtype.
        TypeError: an argument is of another type, ``beta`` or ``threshold`` is a tensor that
            requires grad (write ``softplus(beta * input) / beta`` for a beta that is learnt), or
            both ``bias`` and ``out`` are given.
        IndexError: ``bias_dim`` is not one of ``input``'s dimensions.
        RuntimeError: ``out`` has another dtype or device, partly overlaps ``input``, or is given
            where a gradient is asked for; ``bias`` has another shape than it may have; ``beta`` or
            ``threshold`` is complex.

    Error: below 1 ULP in float32 and float64 where beta is a power of 2 and below 2.5 ULP for any
    other, beta being the number that is passed; at most 0.5004 ULP in the halves. With a bias, for
    the sum as float32 or float64 has it. Where denormal numbers are flushed to 0
    (torch.set_flush_denormal), all this holds for normal results.
    csrc/math/formulas.h says more, and what is tested.
    On CUDA, torch.compile gets torch's own operators instead, to fuse with others: their error
    grows with ``abs(beta * input)`` where ``beta`` is no power of 2.
    """
    which = _compiled if is_dynamo_compiling() else _C
    if bias is None and out is None:
        return which.softplus(input, beta, threshold)
    return which.softplus_with_options(
        input, beta, threshold, bias=bias, bias_dim=bias_dim, out=out
    )


def softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """:func:`softplus` in place: overwrites ``input`` and returns it.

    For the gradient it keeps the result instead of the input, so that a layer before it and one
    after it share one buffer. Where the result does not tell the gradient well enough, it keeps a
    copy of the input and saves no memory, but stays right: float64 with threshold < 37.5,
    float32 with threshold < 17.4, float16 with threshold < 8.4 or abs(beta) > 1, bfloat16 with
    threshold < 6.3.

    Raises, besides what :func:`softplus` raises:
        RuntimeError: ``input`` is an nn.Parameter (under ``no_grad``, too), a leaf that requires
            grad, a view of one, or a tensor whose elements share memory (an expanded one); and, in
            backward, if the result was changed by another in-place operator since.
    """
    which = _compiled if is_dynamo_compiling() else _C
    return which.softplus_(input, beta, threshold)


def inverse_softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    r"""The inverse of :func:`softplus`: ``log(exp(beta * input) - 1) / beta``, without overflow and
    without cancellation, and ``input`` where ``beta * input > threshold``.

    To initialise a parameter whose softplus is to start at a given value. With autograd (any order,
    forward mode too); the gradient is ``1 / (1 - exp(-beta * input))``.

    Args:
        input: as :func:`softplus` takes it.
        beta, threshold: as :func:`softplus` takes them.

    Returns:
        A tensor of ``input``'s shape and dtype: -inf at 0 (+inf for beta < 0), ``input`` where it
        is infinite, and NaN where ``beta * input < 0``, which no softplus gives.

    Raises:
        TypeError, ValueError, NotImplementedError: as :func:`softplus` does.

    Error: float32 below 0.50001 ULP, the halves correctly rounded; float64 below 1 ULP where beta
    is a power of 2 and below 2 ULP for any other. The gradient's: below 3.5 and 4.5 ULP. In float64
    all this holds where ``beta * input`` is not denormal.
    """
    which = _compiled if is_dynamo_compiling() else _C
    return which.inverse_softplus(input, beta, threshold)


# torch.jit.script takes the operators for these functions, as it does for torch's own builtins.
_register_builtin(softplus, "fused_softplus::softplus")
_register_builtin(softplus_, "fused_softplus::softplus_")
_register_builtin(inverse_softplus, "fused_softplus::inverse_softplus")
