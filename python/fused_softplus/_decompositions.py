"""The operators in terms of ATen's, for programs that go to whatever does not know ours.

``ExportedProgram.run_decompositions()`` takes these decompositions with the default table, and so
does torch.onnx.export. A table without ``torch.ops.fused_softplus.softplus.bias`` keeps every
operator, and a table with an entry of one of them takes that. Everything else keeps the operators:
eager mode, torch.compile, torch.export itself and AOTInductor.

beta and threshold may be symbolic numbers, so nothing here depends on what they are.

In epsilons of the type that is computed in, which is float32 for the 16-bit types, the errors are

    (8 + abs(beta * input)) * abs(result)                       all results but the inverse's
    (8 + abs(beta * input)) * (abs(result) + 1 / abs(beta))     inverse_softplus
    (8 + abs(beta * input)) * abs(result)                       the first derivative of softplus
    (8 + abs(beta * input)) * (abs(result) + abs(beta)**(n-1))  other derivatives, of order n

plus the smallest normal number, times abs(beta) if that is above 1, and one rounding to a 16-bit
type.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._C import DispatchKey
from torch._decomp.decompositions import pw_cast_for_opmath
from torch._export.utils import _special_op_to_preserve_cia
from torch.fx.experimental import proxy_tensor
from torch.fx.experimental.proxy_tensor import ProxyTorchDispatchMode

from . import _library  # noqa: F401 (it loads the operators)

aten = torch.ops.aten
ops = torch.ops.fused_softplus


def softplus(
    input: Tensor,
    beta: float = 1.0,
    threshold: float = 20.0,
    *,
    bias: Tensor | float | None = None,
    bias_dim: int = -1,
    out: Tensor | None = None,
) -> Tensor:
    if isinstance(bias, Tensor) and bias.dim() == 1:
        bias = bias.reshape([-1] + [1] * (input.dim() - 1 - bias_dim % input.dim()))
    total = input if bias is None else input + bias
    result = aten.softplus(total, beta, _where_linear(threshold))
    return result if out is None else out.copy_(result)


def softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """For the TorchScript exporter of ONNX, which the bindings give these instead of ours."""
    return input.copy_(softplus(input, beta, threshold))


def softplus_backward(grad: Tensor, input: Tensor, beta: float, threshold: float) -> Tensor:
    return aten.softplus_backward(grad, input, beta, _where_linear(threshold))


@pw_cast_for_opmath
def softplus_backward_from_result(grad: Tensor, result: Tensor, beta: float) -> Tensor:
    return grad * -torch.expm1(result * -beta)


@pw_cast_for_opmath
def softplus_double_backward(
    grad_grad: Tensor, grad: Tensor, input: Tensor, beta: float, threshold: float
) -> tuple[Tensor, Tensor]:
    grad_grad, grad, input = torch.broadcast_tensors(grad_grad, grad, input)
    scaled = input * beta
    curvature = torch.sigmoid(scaled) * torch.sigmoid(-scaled) * beta
    curvature = torch.where(scaled > threshold, 0.0, curvature)
    return softplus_backward(grad_grad, input, beta, threshold), grad_grad * grad * curvature


@pw_cast_for_opmath
def softplus_double_backward_from_result(
    grad_grad: Tensor, grad: Tensor, result: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    grad_grad, grad, result = torch.broadcast_tensors(grad_grad, grad, result)
    curvature = torch.exp(result * -beta) * beta
    return softplus_backward_from_result(grad_grad, result, beta), grad_grad * grad * curvature


@pw_cast_for_opmath
def softplus_bias(
    input: Tensor, bias: Tensor, beta: float = 1.0, threshold: float = 20.0
) -> Tensor:
    return softplus(input + bias, beta, threshold)


@pw_cast_for_opmath
def softplus_bias_backward(
    grad: Tensor, input: Tensor, bias: Tensor, beta: float, threshold: float
) -> Tensor:
    return softplus_backward(grad, input + bias, beta, threshold)


@pw_cast_for_opmath
def softplus_bias_double_backward(
    grad_grad: Tensor, grad: Tensor, input: Tensor, bias: Tensor, beta: float, threshold: float
) -> tuple[Tensor, Tensor]:
    return softplus_double_backward(grad_grad, grad, input + bias, beta, threshold)


@pw_cast_for_opmath
def inverse_softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    scaled = input * beta
    is_linear = scaled > _where_linear(threshold)
    # Where the result is the input, nothing may be infinite or NaN on the way: backward multiplies
    # the derivative there by 0.
    scaled = torch.where(is_linear, 1.0, scaled)
    return torch.where(is_linear, input, (scaled + torch.log(-torch.expm1(-scaled))) / beta)


def _where_linear(threshold: float) -> Any:
    """The threshold, or a smaller one that gives the same numbers.

    From 40 on, softplus rounds to its input in float64, too, and exp(40) overflows in no type that
    this is computed in.
    """
    return torch.sym_min(threshold, 40.0)


# The operators that write are not here. Before torch traces a graph, it turns them into these and
# an update of what they write to.
decompositions: dict[Any, Callable[..., Any]] = {
    ops.softplus.default: softplus,
    ops.softplus_backward.default: softplus_backward,
    ops.softplus_backward_from_result.default: softplus_backward_from_result,
    ops.softplus_double_backward.default: softplus_double_backward,
    ops.softplus_double_backward_from_result.default: softplus_double_backward_from_result,
    ops.softplus_bias.default: softplus_bias,
    ops.softplus_bias_backward.default: softplus_bias_backward,
    ops.softplus_bias_double_backward.default: softplus_bias_double_backward,
    ops.inverse_softplus.default: inverse_softplus,
}


def register() -> None:
    """Lets torch.export run the decompositions where it decomposes a program."""
    for op in decompositions:
        torch.library.register_torch_dispatch(op.name(), ProxyTorchDispatchMode, _trace)


def _trace(mode: Any, op: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Adds the operator to the graph that the mode traces, or what it decomposes into."""
    if op not in _table_of(mode) and _is_decomposed():
        with mode:
            return decompositions[op](*args, **kwargs)
    if _has_input_float(args):
        with mode:
            return _with_tensors(op, args)
    return mode.__torch_dispatch__(op, types, args, kwargs)


def _has_input_float(args: Any) -> bool:
    """Whether a number is a float that torch.compile made an input of the graph."""
    floats = [number for number in args if isinstance(number, torch.SymFloat)]
    if not floats:
        return False
    from torch.utils._sympy.symbol import SymT, symbol_is_type  # which imports SymPy

    symbols = [symbol for number in floats for symbol in number.node.expr.free_symbols]
    return any(symbol_is_type(symbol, SymT.FLOAT) for symbol in symbols)


def _with_tensors(op: Any, args: Any) -> Any:
    """The operator's twin that takes tensors for beta and threshold (csrc/dispatch/numbers.cpp).

    Such a float is a tensor in the graph, but only where ATen's arithmetic takes it. Wherever else
    it is an argument, torch.compile makes it a constant, and compiles again for each value.
    """
    defaults = [argument.default_value for argument in op._schema.arguments[len(args) :]]
    one = torch.ones((), dtype=torch.float64)
    twin = getattr(ops, "_" + op._schema.name.removeprefix("fused_softplus::"))
    return twin(*(a if isinstance(a, Tensor) else one * a for a in (*args, *defaults)))


def _table_of(mode: Any) -> Any:
    """The mode's decompositions, which older torch keeps outside the mode."""
    owner: Any = proxy_tensor
    if hasattr(mode, "decomposition_table"):
        return mode.decomposition_table
    return owner.CURRENT_DECOMPOSITION_TABLE


def _is_decomposed() -> bool:
    """Whether a program is decomposed whose table has softplus.bias, as the default table has.

    Torch's tables hold each operator that consists of others, which softplus.bias does and the
    operators here do not. While torch.export decomposes a program, it gives those operators what
    the table says as a kernel. To register these operators as composite ones, too, or with
    torch._decomp.register_decomposition, is no way to get into the tables: Inductor refuses to call
    operators that it finds there.
    """
    kernel = ops.softplus.bias.py_kernels.get(DispatchKey.CompositeImplicitAutograd)
    return kernel is not None and kernel is not _special_op_to_preserve_cia
