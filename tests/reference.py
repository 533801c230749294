"""Exact values of softplus and its derivatives, and how far a tensor is from them.

float64 is compared with mpmath at 120 bits. The other dtypes are compared with float64, whose own
error (4 ULP at the very most) is below 2^-26 ULP of theirs, so that all of float16 and bfloat16 and
many float32 numbers can be tried. Every formula is written once, for both.
"""

import math
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import torch
from torch import Tensor

from fused_softplus import _C

DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
BETAS = (1.0, 0.1, 0.5, 2.0, 100.0, -1.0)

_DIGITS = {torch.float32: 24, torch.float64: 53, torch.float16: 11, torch.bfloat16: 8}

# float64 numbers for the narrow dtypes, mpmath numbers (dtype object) for float64.
Exact = np.ndarray[Any, Any]

_mp = mpmath.mp.clone()
_mp.prec = 120
_to_mp = np.frompyfunc(_mp.mpf, 1, 1)
_mp_functions = {
    name: np.frompyfunc(getattr(_mp, name), 1, 1) for name in ("exp", "expm1", "log1p")
}


# ---- Numbers ---------------------------------------------------------------------------------


def opmath(dtype: torch.dtype) -> type[np.floating[Any]]:
    """The type that a dtype is computed in."""
    return np.float64 if dtype == torch.float64 else np.float32


def _numbers(tensor: Tensor) -> Exact:
    values = tensor.detach().to("cpu", torch.float64).numpy()
    return _to_mp(values) if tensor.dtype == torch.float64 else values


def _apply(name: str, values: Exact) -> Exact:
    if values.dtype == object:
        return _mp_functions[name](values)
    with np.errstate(under="ignore"):
        return getattr(np, name)(values)


def _times(beta: float, x: Tensor) -> Exact:
    """beta * x, exactly (two float32 numbers' product fits float64)."""
    return _numbers(x) * float(opmath(x.dtype)(beta))


def is_linear(x: Tensor, beta: float, threshold: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where beta * x, rounded as the operator rounds it, is above the threshold."""
    work = opmath(x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        return x.double().numpy().astype(work) * work(beta) > work(threshold)


# ---- Formulas --------------------------------------------------------------------------------


def softplus(x: Tensor, beta: float) -> Exact:
    bx = _times(beta, x)
    return (np.maximum(bx, 0) + _apply("log1p", _apply("exp", -abs(bx)))) / float(
        opmath(x.dtype)(beta)
    )


def slope(x: Tensor, beta: float) -> Exact:
    """sigmoid(beta x), the first derivative."""
    bx = _times(beta, x)
    small = _apply("exp", -abs(bx))
    return np.where(bx > 0, 1, small) / (1 + small)


def curvature(x: Tensor, beta: float) -> Exact:
    """The second derivative."""
    small = _apply("exp", -abs(_times(beta, x)))
    return small / (1 + small) ** 2 * float(opmath(x.dtype)(beta))


def slope_from_result(y: Tensor, beta: float) -> Exact:
    return -_apply("expm1", -_times(beta, y))


def curvature_from_result(y: Tensor, beta: float) -> Exact:
    """The derivative of slope_from_result."""
    return _apply("exp", -_times(beta, y)) * float(opmath(y.dtype)(beta))


# ---- Inputs ----------------------------------------------------------------------------------


def every_number(dtype: torch.dtype) -> Tensor:
    """All finite numbers of float16 or bfloat16."""
    numbers = torch.arange(-(2**15), 2**15).to(torch.int16).view(dtype)
    return numbers[numbers.isfinite()]


@lru_cache
def points(dtype: torch.dtype, beta: float) -> Tensor:
    """Inputs over the whole range, most of them where beta * x makes the kernels change course."""
    if dtype.itemsize == 2:
        return every_number(dtype)
    generator = torch.Generator().manual_seed(0)
    count = 1000 if dtype == torch.float64 else 300_000
    lowest = -750 if dtype == torch.float64 else -110
    centres = torch.cat(
        [
            # exp's reduction steps at (k + 1/2) ln(2) - 0.0589; log1p's table and the threshold
            (torch.arange(0.0, 120, 0.5) * math.log(2) - 0.0589),
            torch.tensor([0.2877, 0.4055, 0.98, 20.0]),
            # results and their exponentials become denormal, then zero
            torch.tensor([87.0, 87.3366, 88.03, 103.28, 103.972, 104.0, 104.5]),
            torch.tensor([708.0, 708.3964, 709.09, 744.44, 745.133, 746.0]),
        ]
    ).double()
    near = centres * (1 + 1e-3 * torch.randn(count // 500 + 1, 1, generator=generator).double())
    spread = torch.empty(count, dtype=torch.float64).uniform_(lowest, 50, generator=generator)
    u = torch.cat([spread, near.flatten(), -near.flatten()])
    powers = 2.0 ** torch.empty(count, dtype=torch.float64).uniform_(
        -160 if dtype == torch.float32 else -1100, 120, generator=generator
    )
    powers[::2] *= -1
    x = torch.cat([u / beta, powers]).to(dtype)
    return x[x.isfinite()]


# ---- Errors ----------------------------------------------------------------------------------


def ulp_error(actual: Tensor, exact: Exact) -> np.ndarray[Any, np.dtype[np.float64]]:
    """abs(actual - exact) in units of the last place that actual's dtype gives the exact value.

    The unit of a denormal number is the smallest number. Infinity counts as the power of two that
    the exponent range ends at, so that rounding to it is judged as any other rounding.
    """
    dtype, info = actual.dtype, torch.finfo(actual.dtype)
    wide = dtype == torch.float64
    end = (_mp.mpf(2) if wide else 2.0) ** round(math.log2(info.max))
    numbers, exact = np.clip(_numbers(actual), -end, end), np.clip(exact, -end, end)
    lowest = round(math.log2(info.smallest_normal)) + 1
    frexp = np.frompyfunc(_mp.frexp if wide else math.frexp, 1, 2)
    exponents = np.where(exact == 0, lowest, np.maximum(frexp(exact)[1], lowest)).astype(int)
    difference = abs(numbers - exact)
    if wide:
        return np.frompyfunc(_mp.ldexp, 2, 1)(
            difference, (_DIGITS[dtype] - exponents).astype(object)
        ).astype(float)
    return np.ldexp(difference, _DIGITS[dtype] - exponents)
