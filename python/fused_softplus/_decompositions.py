"""Decompositions of the operators into ATen operators, for backends that do not know ours.

``ExportedProgram.run_decompositions()`` with the default table uses these decompositions, and so
does torch.onnx.export. With a table that lacks ``torch.ops.fused_softplus.softplus.bias``, every
operator is kept. If a table has its own entry for an operator, that entry is used. Eager mode,
torch.compile, torch.export itself and AOTInductor keep the operators.

beta and threshold may be symbolic numbers, so the code does not branch on their values.

The errors are at most, in units of the epsilon of the type that is computed in (float32 for the
16-bit types),

    (8 + abs(beta * input)) * abs(result)                       all results but the inverse's
    (8 + abs(beta * input)) * (abs(result) + 1 / abs(beta))     inverse_softplus
    (8 + abs(beta * input)) * abs(result)                       the first derivative of softplus
    (8 + abs(beta * input)) * (abs(result) + abs(beta)**(n-1))  other derivatives, of order n

plus the smallest normal number times max(1, abs(beta)), plus one rounding if the result has a
16-bit type.
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

from . import _library  # noqa: F401 (loads the operators)

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
    """Traced by the TorchScript exporter of ONNX, in the place of our operator (bindings.cpp)."""
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
    # In the linear part, no intermediate value may be infinite or NaN, because the backward pass
    # multiplies the derivative of the other part by 0 there.
    scaled = torch.where(is_linear, 1.0, scaled)
    return torch.where(is_linear, input, (scaled + torch.log(-torch.expm1(-scaled))) / beta)


def _where_linear(threshold: float) -> Any:
    """Returns min(threshold, 40), which gives the same results.

    From 40 on, softplus rounds to its input even in float64. exp(40) does not overflow in float32
    or float64.
    """
    return torch.sym_min(threshold, 40.0)


# Operators that write to their arguments need no entry: PyTorch functionalizes a graph before it
# decomposes it.
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
    """Makes torch.export use the decompositions when it decomposes a program."""
    for op in decompositions:
        torch.library.register_torch_dispatch(op.name(), ProxyTorchDispatchMode, _trace)


def _trace(mode: Any, op: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Adds the operator, or its decomposition, to the graph that the mode traces."""
    if op not in _table_of(mode) and _is_decomposed():
        with mode:
            return decompositions[op](*args, **kwargs)
    if _has_input_float(args):
        with mode:
            return _with_tensors(op, args)
    return mode.__torch_dispatch__(op, types, args, kwargs)


def _has_input_float(args: Any) -> bool:
    """Returns whether an argument is a float that torch.compile made an input of the graph."""
    floats = [number for number in args if isinstance(number, torch.SymFloat)]
    if not floats:
        return False
    from torch.utils._sympy.symbol import SymT, symbol_is_type  # imports SymPy

    symbols = [symbol for number in floats for symbol in number.node.expr.free_symbols]
    return any(symbol_is_type(symbol, SymT.FLOAT) for symbol in symbols)


def _with_tensors(op: Any, args: Any) -> Any:
    """Calls the variant of op whose beta and threshold are tensors (csrc/dispatch/numbers.cpp).

    In the graph, such a float is a tensor, but only as an argument of ATen's arithmetic operators.
    As an argument of any other operator, torch.compile would make it a constant and recompile for
    each value.
    """
    defaults = [argument.default_value for argument in op._schema.arguments[len(args) :]]
    one = torch.ones((), dtype=torch.float64)
    twin = getattr(ops, "_" + op._schema.name.removeprefix("fused_softplus::"))
    return twin(*(a if isinstance(a, Tensor) else one * a for a in (*args, *defaults)))


def _table_of(mode: Any) -> Any:
    """Returns the decomposition table of the mode, a global variable in older PyTorch."""
    owner: Any = proxy_tensor
    if hasattr(mode, "decomposition_table"):
        return mode.decomposition_table
    return owner.CURRENT_DECOMPOSITION_TABLE


def _is_decomposed() -> bool:
    """Returns whether torch.export is decomposing a program with a table that has softplus.bias.

    The default table contains every CompositeImplicitAutograd operator. softplus.bias is one; the
    operators above are not. While torch.export decomposes a program, it registers the entries of
    the table as kernels of those operators, which is what this function looks for. Registering the
    operators above as composite too, or with torch._decomp.register_decomposition, does not work:
    Inductor refuses to call operators that are in its tables.
    """
    kernel = ops.softplus.bias.py_kernels.get(DispatchKey.CompositeImplicitAutograd)
    return kernel is not None and kernel is not _special_op_to_preserve_cia
