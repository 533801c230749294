"""Where a traced program gets the decompositions of csrc/dispatch/decompositions.h instead.

``ExportedProgram.run_decompositions()`` takes them with the default table, and so does
torch.onnx.export. A table without ``torch.ops.fused_softplus.softplus.bias`` keeps every operator,
and a table with an entry of one of them takes that. Inductor takes them on CUDA, so that softplus
fuses with its neighbors: a kernel of its own costs a pass over memory there. Everything else keeps
the operators: eager mode, torch.export itself, and torch.compile and AOTInductor on the CPU.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch._C import DispatchKey
from torch._export.utils import _special_op_to_preserve_cia
from torch.fx.experimental import proxy_tensor
from torch.fx.experimental.proxy_tensor import ProxyTorchDispatchMode

from . import _C

ops = torch.ops.fused_softplus


def _decomposition(op: Any) -> Callable[..., Any]:
    """Returns the decomposition of an operator, with the defaults of its arguments."""
    compute = getattr(_C.decompositions, op._schema.name.removeprefix("fused_softplus::"))
    return lambda *args: compute(*args, *_defaults(op, args))


def _defaults(op: Any, args: Any) -> list[Any]:
    """Returns the defaults of the arguments that a call leaves out."""
    return [argument.default_value for argument in op._schema.arguments[len(args) :]]


# The bindings have a function for each operator of csrc/dispatch/operators.h.
_OPERATORS = [getattr(ops, name).default for name in vars(_C.decompositions) if name[0] != "_"]
decompositions = {op: _decomposition(op) for op in _OPERATORS}

# ---- For the TorchScript exporter of ONNX ------------------------------------------------------

# It knows only ATen's operators. The bindings call these functions for it in place of their own.


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
    if isinstance(bias, Tensor) and bias.dim() == 1:
        bias = bias.reshape([-1] + [1] * (input.dim() - 1 - bias_dim % input.dim()))
    total = input if bias is None else input + bias
    result = _of_either(ops.softplus.default, total, beta, threshold)
    result = result if floor is None else result + floor
    return result if out is None else out.copy_(result)


def softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    return input.copy_(softplus(input, beta, threshold))


def inverse_softplus(
    input: Tensor,
    beta: float | Tensor = 1.0,
    threshold: float = 20.0,
    *,
    floor: float | None = None,
) -> Tensor:
    total = input if floor is None else input - floor
    return _of_either(ops.inverse_softplus.default, total, beta, threshold)


def shifted_softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    # The decomposition has expm1, which that exporter does not know.
    return softplus(input, beta, threshold) - math.log(2) / beta


def shifted_softplus_(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    return input.copy_(shifted_softplus(input, beta, threshold))


def _of_either(op: Any, input: Tensor, beta: float | Tensor, threshold: float) -> Tensor:
    """The operator for a number or a tensor as beta."""
    result: Tensor
    if not isinstance(beta, Tensor) or (beta.dim() == 0 and not beta.requires_grad):
        result = decompositions[op](input, beta, threshold)
    else:
        beta_x = input * beta
        result = decompositions[op](beta_x, 1.0, math.inf) / beta
        result = result.where(beta_x <= threshold, input)
    return result


# ---- For tracing -------------------------------------------------------------------------------


def register() -> None:
    """Makes tracing decompose the operators where a program is decomposed."""
    for op in decompositions:
        torch.library.register_torch_dispatch(op.name(), ProxyTorchDispatchMode, _trace)


def _trace(mode: Any, op: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Adds the operator, or its decomposition, to the graph that the mode traces."""
    table = _table_of(mode)
    if op not in table and (_is_decomposed() or _is_fused(table, args)):
        with mode:
            return decompositions[op](*args, **kwargs)
    if _has_input_float(args):
        with mode:
            return _with_tensors(op, args)
    return mode.__torch_dispatch__(op, types, args, kwargs)


def _is_fused(table: Any, args: Any) -> bool:
    """Returns whether Inductor traces for CUDA.

    Its table is the one that decomposes the activation functions of core ATen, such as elu.
    """
    is_inductors = torch.ops.aten.elu.default in table
    return is_inductors and any(isinstance(a, Tensor) and a.is_cuda for a in args)


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
    one = torch.ones((), dtype=torch.float64)
    twin = getattr(ops, "_" + op._schema.name.removeprefix("fused_softplus::"))
    return twin(*(a if isinstance(a, Tensor) else one * a for a in (*args, *_defaults(op, args))))


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
