"""The functions softplus, inverse_softplus and shifted_softplus."""

from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.jit._builtins import _register_builtin

from . import _C, _compiled


def softplus(
    input: Tensor,
    beta: float | Tensor = 1.0,
    threshold: float = 20.0,
    *,
    bias: Tensor | float | None = None,
    bias_dim: int = -1,
    floor: float | None = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""Applies softplus to each element.

    .. math::
        \text{softplus}(x) = \begin{cases}
            x & \text{if } \beta x > \text{threshold} \\
            \frac{1}{\beta} \log(1 + \exp(\beta x)) & \text{otherwise}
        \end{cases}

    The function replaces :func:`torch.nn.functional.softplus`. It supports derivatives of any order
    in reverse mode and forward mode. Softplus was introduced by Dugas et al., "Incorporating
    Second-Order Functional Knowledge for Better Option Pricing" (2000).

    Args:
        input (Tensor): a tensor of any shape and strides. Its dtype is float32, float64, float16 or
            bfloat16. The 16-bit types are computed in float32 and rounded once.
        beta (float or Tensor): a number whose absolute value is between 1e-30 and 1e30, or between
            1e-300 and 1e300 if ``input`` is float64. It may be negative. Every kind of number that
            :func:`torch.nn.functional.softplus` accepts is accepted: Python and NumPy numbers, 0-D
            tensors that do not require grad, symbolic numbers and FX proxies. Any other tensor
            broadcasts against ``input`` and is differentiated: a learnable beta, or one for each
            channel. Its values are not checked.
        threshold (float): any number except NaN, of the same kinds. With ``float("inf")`` the
            function has no linear part.
        bias (Tensor or float, optional): added to ``input``. A tensor must be 0-D, or 1-D with the
            size of ``input`` in dimension ``bias_dim``. If ``bias`` and ``input`` have the same
            dtype, they are added in the same pass (in float32 for the 16-bit types), and the same
            backward pass computes the gradient of ``bias``.
        bias_dim (int): the dimension of ``input`` that a 1-D ``bias`` belongs to.
        floor (float, optional): added to the result, in the same pass unless there is a ``bias``.
            It is rounded to the dtype of ``input``. The result is then at least ``floor``, for
            positive ``beta``.
        out (Tensor, optional): the tensor to write the result to. It must have the dtype of
            ``input`` and is resized to the shape of ``input``. It cannot be combined with
            ``bias`` or ``floor``, and it does not support autograd.

    Returns:
        A tensor with the shape and the dtype of ``input``; with ``bias`` or a tensor for ``beta``,
        those of ``input + bias`` or ``input * beta``. NaN gives NaN. For positive ``beta``, +inf
        gives +inf and -inf gives 0. Subnormal results are kept.

    Shape:
        - input: :math:`(*)`, any number of dimensions
        - beta: a number, or any shape that broadcasts against that of ``input``
        - bias: :math:`()` or ``(input.shape[bias_dim],)``
        - output: :math:`(*)`, the same as ``input``

    Raises:
        ValueError: ``beta`` is zero, NaN or out of range, or ``threshold`` is NaN.
        NotImplementedError: ``input`` has another dtype.
        TypeError: an argument has the wrong type; ``threshold`` or ``floor`` is a tensor that
            requires grad; ``out`` is combined with ``bias`` or ``floor``; or one of the three is
            combined with a tensor for ``beta``.
        IndexError: ``input`` has no dimension ``bias_dim``.
        RuntimeError: ``out`` has another dtype or device than ``input``, partly overlaps it, or is
            given while a gradient is recorded; ``bias`` has another shape than those above; or
            ``beta`` or ``threshold`` is complex.

    Accuracy:
        The error is below 1 ULP in float32 and float64 if ``beta`` is a power of 2, and below
        2.5 ULP otherwise. In the 16-bit types, results are correctly rounded if ``beta`` is a power
        of 2 and at least 2^-9 in absolute value; otherwise the error is below 0.5004 ULP (float16)
        and 0.50126 ULP (bfloat16). ``floor`` adds one rounding. With a tensor for ``beta``, the
        result is that of ``softplus(beta * input, 1) / beta``, which adds three roundings, in
        float32 for the 16-bit types. On CUDA, torch.compile uses PyTorch operators instead, so that
        they fuse with their neighbors, and these bounds do not apply. docs/accuracy.md has the
        bounds of every operator and says how they are tested.

    Example::

        >>> import torch
        >>> from fused_softplus import softplus
        >>> x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
        >>> softplus(x)
        tensor([0.3133, 0.6931, 1.3133], grad_fn=<FusedSoftplusBackward>)
        >>> softplus(x, beta=2).sum().backward()
        >>> x.grad
        tensor([0.1192, 0.5000, 0.8808])
        >>> softplus(torch.zeros(2, 3), bias=torch.tensor([-1.0, 0.0, 1.0]))
        tensor([[0.3133, 0.6931, 1.3133],
                [0.3133, 0.6931, 1.3133]])
        >>> softplus(torch.tensor([-100.0, 0.0]), floor=1e-3)
        tensor([0.0010, 0.6941])
        >>> beta = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)  # one for each column
        >>> softplus(torch.zeros(2, 3), beta)
        tensor([[0.6931, 0.3466, 0.2310],
                [0.6931, 0.3466, 0.2310]], grad_fn=<WhereBackward0>)
    """
    which = _compiled if is_dynamo_compiling() else _C
    if bias is None and floor is None and out is None:
        return which.softplus(input, beta, threshold)
    return which.softplus_with_options(
        input, beta, threshold, bias=bias, bias_dim=bias_dim, floor=floor, out=out
    )


def softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Applies :func:`softplus` in place: overwrites ``input`` and returns it.

    For the backward pass it saves the result instead of the input, so that the layer before it and
    the layer after it share one buffer. Where the gradient cannot be recovered accurately from the
    result, it saves a copy of the input instead. The gradient is then still correct, but no memory
    is saved. These are the cases:

    ========  ==========================================
    dtype     a copy of the input is saved if
    ========  ==========================================
    float64   ``threshold < 37.5``
    float32   ``threshold < 17.4``
    float16   ``threshold < 8.4`` or ``abs(beta) > 1``
    bfloat16  ``threshold < 6.3``
    ========  ==========================================

    Args:
        input (Tensor): the tensor to overwrite, with the dtypes that :func:`softplus` accepts.
        beta (float): see :func:`softplus`. It cannot be a tensor that requires grad.
        threshold (float): see :func:`softplus`.

    Returns:
        ``input``.

    Raises:
        TypeError, ValueError, NotImplementedError: as :func:`softplus`.
        RuntimeError: as :func:`softplus`; also if ``input`` is an ``nn.Parameter`` (even under
            ``torch.no_grad``), is a leaf that requires grad or a view of one, or has elements that
            share memory, as an expanded tensor has. The backward pass raises it if another in-place
            operator has changed the result.

    Accuracy:
        The result is that of :func:`softplus`. The error of the gradient, computed from the exact
        result, is below 1.5 ULP in float32 and float64 if ``beta`` is a power of 2, and below
        2 ULP otherwise.

    Example::

        >>> import torch
        >>> from fused_softplus import softplus_
        >>> x = torch.tensor([-1.0, 0.0, 1.0])
        >>> softplus_(x) is x
        True
        >>> x
        tensor([0.3133, 0.6931, 1.3133])
    """
    which = _compiled if is_dynamo_compiling() else _C
    return which.softplus_(input, beta, threshold)


def inverse_softplus(
    input: Tensor,
    beta: float | Tensor = 1.0,
    threshold: float = 20.0,
    *,
    floor: float | None = None,
) -> Tensor:
    r"""Applies the inverse of :func:`softplus` to each element.

    .. math::
        \text{softplus}^{-1}(y) = \begin{cases}
            y & \text{if } \beta y > \text{threshold} \\
            \frac{1}{\beta} \log(\exp(\beta y) - 1) & \text{otherwise}
        \end{cases}

    The computation neither overflows nor cancels. Use it to initialize a parameter whose softplus
    starts at a given value. It supports derivatives of any order in reverse mode and forward mode.
    The gradient is ``1 / (1 - exp(-beta * input))``.

    Args:
        input (Tensor): see :func:`softplus`.
        beta (float or Tensor): see :func:`softplus`.
        threshold (float): see :func:`softplus`.
        floor (float, optional): subtracted from ``input`` first, in float32 for the 16-bit types.

    Returns:
        A tensor with the shape and the dtype of ``input``. It is -inf where ``input`` is 0 (+inf
        for negative ``beta``), ``input`` where ``input`` is infinite, and NaN where
        ``beta * input`` is negative, since softplus has no such results.

    Shape:
        - input: :math:`(*)`, any number of dimensions
        - output: :math:`(*)`, the same as ``input``

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: as :func:`softplus`.

    Accuracy:
        The error is below 0.50001 ULP in float32; float16 and bfloat16 are correctly rounded. In
        float64 it is below 1 ULP if ``beta`` is a power of 2, and below 2.5 ULP otherwise. The
        error of the gradient in float32 and float64 is below 3.5 ULP if ``beta`` is a power of 2,
        and below 4.5 ULP otherwise. The float64 bounds require that ``beta * input`` is not
        subnormal.

    Example::

        >>> import torch
        >>> from fused_softplus import inverse_softplus, softplus
        >>> raw = inverse_softplus(torch.tensor([0.001, 1.0, 1000.0]))
        >>> raw
        tensor([-6.9073e+00,  5.4132e-01,  1.0000e+03])
        >>> softplus(raw)
        tensor([1.0000e-03, 1.0000e+00, 1.0000e+03])
    """
    which = _compiled if is_dynamo_compiling() else _C
    if floor is None:
        return which.inverse_softplus(input, beta, threshold)
    return which.inverse_softplus_with_floor(input, beta, threshold, floor=floor)


def shifted_softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    r"""Applies softplus, shifted to be 0 at 0, to each element.

    .. math::
        \text{softplus}(x) - \frac{\log 2}{\beta}

    The function is the activation of SchNet (Schütt et al., "SchNet: A continuous-filter
    convolutional neural network for modeling quantum interactions", 2017). Unlike
    ``softplus(x) - math.log(2)``, it takes one pass over memory, and its relative error is small
    near 0. It supports derivatives of any order in reverse mode and forward mode.

    Args:
        input (Tensor): see :func:`softplus`.
        beta (float): see :func:`softplus`. It cannot be a tensor that requires grad.
        threshold (float): see :func:`softplus`.

    Returns:
        A tensor with the shape and the dtype of ``input``. NaN gives NaN. For positive ``beta``,
        +inf gives +inf and -inf gives ``-log(2) / beta``.

    Shape:
        - input: :math:`(*)`, any number of dimensions
        - output: :math:`(*)`, the same as ``input``

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: as :func:`softplus`.

    Accuracy:
        The error is below 1.75 ULP in float32 and float64 if ``beta`` is a power of 2, and below
        4.5 ULP otherwise. In float16 it is below 0.5003 and 0.5006 ULP, in bfloat16 below 0.50003
        and 0.50007 ULP.

    Example::

        >>> import torch
        >>> from fused_softplus import shifted_softplus
        >>> shifted_softplus(torch.tensor([-1.0, 0.0, 1e-10, 1.0]))
        tensor([-3.7989e-01,  0.0000e+00,  5.0000e-11,  6.2011e-01])
    """
    which = _compiled if is_dynamo_compiling() else _C
    return which.shifted_softplus(input, beta, threshold)


def shifted_softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Applies :func:`shifted_softplus` in place: overwrites ``input`` and returns it.

    For the backward pass it saves the result instead of the input, as :func:`softplus_` does and
    under the same conditions, but only in float32 and float64. In the 16-bit types it saves a copy
    of the input.

    Args:
        input (Tensor): the tensor to overwrite, with the dtypes that :func:`softplus` accepts.
        beta (float): see :func:`shifted_softplus`.
        threshold (float): see :func:`softplus`.

    Returns:
        ``input``.

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: as :func:`softplus_`.

    Accuracy:
        The result is that of :func:`shifted_softplus`. The error of a gradient that is computed
        from the result is below 3 epsilons of the dtype: where the result is near
        ``-log(2) / beta``, it does not determine small gradients to more digits.

    Example::

        >>> import torch
        >>> from fused_softplus import shifted_softplus_
        >>> x = torch.tensor([-1.0, 0.0, 1.0])
        >>> shifted_softplus_(x)
        tensor([-0.3799,  0.0000,  0.6201])
    """
    which = _compiled if is_dynamo_compiling() else _C
    return which.shifted_softplus_(input, beta, threshold)


# torch.jit.script replaces these functions by the operators, as it does for PyTorch's builtins.
_register_builtin(softplus, "fused_softplus::softplus")
_register_builtin(softplus_, "fused_softplus::softplus_")
_register_builtin(inverse_softplus, "fused_softplus::inverse_softplus")
_register_builtin(shifted_softplus, "fused_softplus::shifted_softplus")
_register_builtin(shifted_softplus_, "fused_softplus::shifted_softplus_")
