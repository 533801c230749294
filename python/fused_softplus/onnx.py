"""ONNX: what torch.onnx.export makes of softplus, in operators that every runtime has.

    from fused_softplus.onnx import custom_translation_table

    torch.onnx.export(
        model, (x,), "model.onnx", dynamo=True, custom_translation_table=custom_translation_table
    )

Needs onnxscript, as torch.onnx.export itself does; the package without this file does not.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import onnx_ir
import torch
from onnxscript import BFLOAT16, DOUBLE, FLOAT, FLOAT16
from onnxscript import opset18 as op

_TFloat = TypeVar("_TFloat", bound=FLOAT | DOUBLE | FLOAT16 | BFLOAT16)

_FLOAT, _DOUBLE = onnx_ir.DataType.FLOAT, onnx_ir.DataType.DOUBLE

# softplus(x) rounds to x from here on, in float64 as well, and exp(x) does not yet overflow. Of two
# thresholds beyond it both give the same numbers, so it is written in their place.
_ROUNDS_TO_LINEAR = 40.0


def _softplus(self: _TFloat, beta: float = 1.0, threshold: float = 20.0) -> _TFloat:
    """Where(beta x > threshold, x, Softplus(beta x) / beta); the halves in float32, as ours are."""
    x: Any = self
    opmath = _DOUBLE if x.dtype == _DOUBLE else _FLOAT

    def constant(number: float) -> Any:
        value: Any = onnx_ir.tensor(float(number), dtype=opmath)
        return op.Constant(value=value)

    wide = op.Cast(x, to=opmath)  # which torch.onnx.export drops where it does nothing
    scaled = op.Mul(wide, constant(beta))
    if opmath == _DOUBLE:
        # Log(1 + Exp(...)) with Kahan's correction, since ONNX Runtime has no Softplus for it.
        exp: Any = op.Exp(scaled)
        total = op.Add(exp, constant(1))
        log = op.Mul(op.Log(total), op.Div(exp, op.Sub(total, constant(1))))
        smooth = op.Where(op.Equal(total, constant(1)), exp, log)
    else:
        smooth = op.Softplus(scaled)
    is_linear = op.Greater(scaled, constant(min(threshold, _ROUNDS_TO_LINEAR)))
    result: Any = op.Cast(op.Where(is_linear, wide, op.Div(smooth, constant(beta))), to=x.dtype)
    return result


custom_translation_table: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.fused_softplus.softplus.default: _softplus
}
