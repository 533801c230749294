"""Translations of the operators to ONNX, for the argument custom_translation_table.

Without this table, torch.onnx.export translates the decompositions of the operators
(_decompositions.py), as it does for nn.Softplus. Use the table in these cases:

- float64, because ONNX Runtime has no Softplus for float64;
- float16 and bfloat16, which the table computes in float32;
- inverse_softplus, which the table computes in float64.

This module needs onnxscript, as torch.onnx.export does. The rest of the package does not.

Example::

    >>> import torch
    >>> from fused_softplus import Softplus
    >>> from fused_softplus.onnx import custom_translation_table
    >>> program = torch.onnx.export(
    ...     Softplus(beta=2).eval(),
    ...     (torch.ones(3),),
    ...     dynamo=True,
    ...     custom_translation_table=custom_translation_table,
    ...     verbose=False,
    ... )
    >>> [node.op_type for node in program.model.graph]
    ['Mul', 'Greater', 'Softplus', 'Div', 'Where']
"""

from collections.abc import Callable
from typing import Any, TypeVar

import onnx_ir
import torch
from onnxscript import BFLOAT16, DOUBLE, FLOAT, FLOAT16
from onnxscript import opset18 as op

_TFloat = TypeVar("_TFloat", bound=FLOAT | DOUBLE | FLOAT16 | BFLOAT16)

_FLOAT, _DOUBLE = onnx_ir.DataType.FLOAT, onnx_ir.DataType.DOUBLE

# From 40 on, softplus(x) and its inverse round to x even in float64, and exp(40) does not overflow.
# A larger threshold gives the same results, so it is replaced by this one.
_ROUNDS_TO_LINEAR = 40.0


def _softplus(self: _TFloat, beta: float = 1.0, threshold: float = 20.0) -> _TFloat:
    """Where(beta x > threshold, x, Softplus(beta x) / beta), in float32 for the 16-bit types."""
    opmath = _opmath(self.dtype)
    x = _cast(self, opmath)
    return _piecewise(self.dtype, x, beta, threshold, _LOG1P_EXP[opmath], opmath)


def _softplus_bias(self: Any, bias: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """softplus(x + bias). For the 16-bit types, the sum is computed in float32."""
    return _softplus_of_sum(_dtype_of_sum(self, bias), self, bias, beta, threshold)


def _softplus_along(
    self: Any,
    beta: float = 1.0,
    threshold: float = 20.0,
    *,
    bias: Any,
    bias_dim: int = -1,
) -> Any:
    """softplus(x + bias) for a bias along one dimension."""
    after = len(self.shape) - 1 - bias_dim % len(self.shape)
    dtype = _dtype_of_sum(self, bias)
    if len(bias.shape) == 1 and after > 0:
        axes: Any = op.Constant(value_ints=list(range(1, after + 1)))
        bias = op.Unsqueeze(bias, axes)
    return _softplus_of_sum(dtype, self, bias, beta, threshold)


def _softplus_of_sum(dtype: Any, x: Any, bias: Any, beta: float, threshold: float) -> Any:
    opmath = _opmath(dtype)
    total: Any = op.Add(_cast(x, opmath), _cast(bias, opmath))
    return _piecewise(dtype, total, beta, threshold, _LOG1P_EXP[opmath], opmath)


def _dtype_of_sum(x: Any, bias: Any) -> Any:
    """The dtype of x + bias by PyTorch's type promotion, in which a 0-D tensor has no say."""
    if x.dtype == bias.dtype or len(bias.shape) == 0:
        return x.dtype
    return _DOUBLE if _DOUBLE in (x.dtype, bias.dtype) else _FLOAT


def _inverse_softplus(self: _TFloat, beta: float = 1.0, threshold: float = 20.0) -> _TFloat:
    """Where(beta y > threshold, y, Log(Exp(beta y) - 1) / beta), in float64 for every dtype.

    If the errors of Exp and Log are at most 2 epsilons, the error before the result is rounded to
    the dtype of y is at most

        (6 + beta y / 2) / beta + 2.5 |result|

    epsilons of float64. Unlike our operator, this formula loses relative accuracy near
    beta y = ln(2), where the result is 0.
    """
    x = _cast(self, _opmath(self.dtype))
    return _piecewise(self.dtype, x, beta, threshold, _log_expm1, _DOUBLE)


def _piecewise(
    dtype: Any, x: Any, beta: float, threshold: float, smooth: Callable[[Any], Any], work: Any
) -> Any:
    """Where(beta x > threshold, x, smooth(beta x) / beta), rounded to dtype.

    The condition is computed in the type of x, the rest in the type ``work``.
    """
    opmath = _opmath(dtype)
    limit = _constant(min(threshold, _ROUNDS_TO_LINEAR), opmath)
    is_linear = op.Greater(op.Mul(x, _constant(beta, opmath)), limit)
    wide, factor = _cast(x, work), _constant(beta, work)
    curve = op.Div(smooth(op.Mul(wide, factor)), factor)
    return _cast(op.Where(is_linear, wide, curve), dtype)


# Kahan's corrections: log(1 + e) and exp(v) - 1 are accurate once the rounding error of 1 + e or
# exp(v) is divided out.


def _log1p_exp(v: Any) -> Any:
    one = _constant(1, _DOUBLE)
    exp: Any = op.Exp(v)
    total = op.Add(exp, one)
    log = op.Mul(op.Log(total), op.Div(exp, op.Sub(total, one)))
    return op.Where(op.Equal(total, one), exp, log)


def _log_expm1(v: Any) -> Any:
    one = _constant(1, _DOUBLE)
    exp: Any = op.Exp(v)
    expm1 = op.Mul(op.Sub(exp, one), op.Div(v, op.Log(exp)))
    return op.Log(op.Where(op.Equal(exp, one), v, expm1))


# ONNX Runtime has no Softplus for float64.
_LOG1P_EXP: dict[Any, Callable[[Any], Any]] = {_FLOAT: op.Softplus, _DOUBLE: _log1p_exp}


def _opmath(dtype: Any) -> Any:
    return _DOUBLE if dtype == _DOUBLE else _FLOAT


def _cast(x: Any, dtype: Any) -> Any:
    return op.Cast(x, to=dtype)  # torch.onnx.export removes casts that do nothing


def _constant(number: float, dtype: Any) -> Any:
    value: Any = onnx_ir.tensor(float(number), dtype=dtype)
    return op.Constant(value=value)


custom_translation_table: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.fused_softplus.softplus.default: _softplus,
    torch.ops.fused_softplus.softplus.bias: _softplus_along,
    torch.ops.fused_softplus.softplus_bias.default: _softplus_bias,
    torch.ops.fused_softplus.inverse_softplus.default: _inverse_softplus,
}
