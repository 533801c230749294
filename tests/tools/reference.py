"""Exact values of softplus and its derivatives, and how far a tensor may be from them.

float64 is compared with mpmath at 120 bits. The other dtypes are compared with float64, which is
fast enough for all float16 and bfloat16 numbers and for many float32 numbers. The error of float64
itself, at most 4 ULP, is below 2^-26 ULP of theirs. Every formula is written once, for both.
"""

import math
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import torch
from torch import Tensor

from fused_softplus import _C
from tests.tools.bounds import BOUNDS

# float64 numbers for the other dtypes, mpmath numbers (dtype object) for float64.
Exact = np.ndarray[Any, Any]

DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
BETAS = (1.0, 0.1, 0.5, 2.0, 100.0, -1.0, -0.7)

_DIGITS = {torch.float32: 24, torch.float64: 53, torch.float16: 11, torch.bfloat16: 8}


# ---- Bounds ------------------------------------------------------------------------------------


def bound(quantity: str, dtype: torch.dtype, beta: float, exact: Exact, inputs: Tensor) -> Exact:
    """The largest error in ULP that a quantity (a name from the formulas below) may have.

    beta is the Python number that is passed.
    """
    bounds = BOUNDS[quantity]
    fma = _C.cpu_capability() != "default"
    power_of_two = math.frexp(abs(beta))[0] == 0.5
    ulps: Exact | float
    if bounds.float32_in_double and dtype != torch.float64:
        ulps = np.asarray(0.5 if dtype.itemsize == 2 else bounds.float32_in_double)
        if not fma and not power_of_two and dtype == torch.float32:  # beta y is rounded
            ulps = ulps + 2.0**-53 / abs(beta) / ulp(exact, dtype)
        return ulps
    ulps = bounds.ulp(power_of_2=power_of_two, fma=fma)
    if not fma and not power_of_two:  # beta * x itself is rounded
        ulps = ulps + abs(beta) * np.minimum(np.abs(inputs.double().numpy()), 750 / abs(beta))
        if quantity == "inverse_softplus":  # near its zero
            ulps = ulps + (2.0**-53 / abs(beta) / ulp(exact, dtype)).astype(float)
    # Where exp is subnormal its error, up to one subnormal unit, is multiplied.
    multiplier = {"one": 1.0, "beta": abs(beta), "inverse_beta": 1 / abs(beta)}[bounds.multiplier]
    opmath = torch.float64 if dtype == torch.float64 else torch.float32
    subnormal = torch.finfo(opmath).smallest_normal * torch.finfo(opmath).eps
    ulps = ulps + (max(0.0, multiplier - 1) * subnormal / ulp(exact, opmath)).astype(float)
    if dtype == torch.bfloat16:
        ulps = ulps + bounds.bfloat16_adds
    if dtype.itemsize == 2:  # computed in float32, then rounded once
        return np.asarray(0.5 + ulps * 2.0 ** (_DIGITS[dtype] - _DIGITS[torch.float32]))
    return np.asarray(ulps)


def check(actual: Tensor, exact: Exact, quantity: str, beta: float, inputs: Tensor) -> None:
    """Asserts that the error of actual, which was computed from inputs, is within bound()."""
    excess = ulp_error(actual, exact) - bound(quantity, actual.dtype, beta, exact, inputs.detach())
    worst = int(np.argmax(np.where(np.isnan(excess), np.inf, excess)))
    failed = np.count_nonzero(~(excess <= 0))
    assert failed == 0, (
        f"{quantity}: {failed} of {excess.size} are out of bounds; the worst by {excess[worst]:.4f}"
        f" ULP: {actual[worst].item()!r} instead of {float(exact[worst])!r}"
        f" at {inputs[worst].item()!r}, beta {beta}, {actual.dtype}"
    )


def ulp_error(actual: Tensor, exact: Exact) -> np.ndarray[Any, np.dtype[np.float64]]:
    """abs(actual - exact) in units in the last place of the exact value, in the dtype of actual.

    Infinity counts as the power of 2 at which the exponent range ends, so that rounding to it is
    judged like any other rounding.
    """
    end = (_mp.mpf(2) if actual.dtype == torch.float64 else 2.0) ** round(
        math.log2(torch.finfo(actual.dtype).max)
    )
    values, exact = np.clip(numbers(actual), -end, end), np.clip(exact, -end, end)
    return (abs(values - exact) / ulp(exact, actual.dtype)).astype(float)


def ulp(exact: Exact, dtype: torch.dtype) -> Exact:
    """The unit in the last place of the exact numbers in dtype."""
    wide = dtype == torch.float64
    lowest = round(math.log2(torch.finfo(dtype).tiny)) + 1
    exponents = (np.frompyfunc(_mp.frexp, 1, 2) if wide else np.frexp)(exact)[1]
    exponents = np.where(exact == 0, lowest, np.maximum(exponents, lowest)).astype(int)
    ldexp = np.frompyfunc(_mp.ldexp, 2, 1) if wide else np.ldexp
    return ldexp(_mp.mpf(1) if wide else 1.0, exponents - _DIGITS[dtype])


# ---- Formulas --------------------------------------------------------------------------------


def softplus(x: Tensor, beta: float) -> Exact:
    """Without a threshold."""
    bx = _times(beta, x)
    with np.errstate(over="ignore"):  # where a result of float32's is infinite
        return (np.maximum(bx, 0) + _apply("log1p", _exp_neg(x, beta))) / beta


def shifted_softplus(x: Tensor, beta: float) -> Exact:
    """Without a threshold: log((1 + exp(-u)) / 2) is small where u is."""
    bx = _times(beta, x)
    shifted_log = _apply("log1p", _apply("expm1", -abs(bx)) / 2)
    return np.maximum(bx, 0) / beta + shifted_log / beta


def slope(x: Tensor, beta: float) -> Exact:
    """sigmoid(beta x), the derivative of softplus."""
    small = _exp_neg(x, beta)
    return np.where(_times(beta, x) > 0, 1, small) / (1 + small)


def curvature(x: Tensor, beta: float) -> Exact:
    """The derivative of slope."""
    small = _exp_neg(x, beta)
    return small / (1 + small) ** 2 * beta


def slope_from_result(y: Tensor, beta: float) -> Exact:
    """The derivative of softplus in terms of its result."""
    return -_apply("expm1", -_times(beta, y))


def curvature_from_result(y: Tensor, beta: float) -> Exact:
    """The derivative of slope_from_result with respect to the result."""
    return _exp_neg(y, beta) * beta


def inverse_softplus(y: Tensor, beta: float) -> Exact:
    """Without a threshold, for beta y >= 0."""
    v = _times(beta, y)
    beside_zero = (v > 0.3) & (v < 1.5)  # the zero of the result is at ln(2)
    distance = np.where(beside_zero, _minus_ln2(v) + _lost(beta, y), 0.5)
    with np.errstate(divide="ignore"):
        elsewhere = v + _apply("log", -_apply("expm1", -v))
    near = _apply("log1p", 2 * _apply("expm1", distance))
    return np.where(beside_zero, near, elsewhere) / beta


def inverse_slope(y: Tensor, beta: float) -> Exact:
    """The derivative of inverse_softplus."""
    return 1 / slope_from_result(y, beta)


def is_linear(
    x: Tensor, beta: float, threshold: float = 20.0
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where beta * x is above the threshold, with the product rounded as the operator rounds it."""
    work = _opmath(x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        return x.double().numpy().astype(work) * work(beta) > work(threshold)


_mp = mpmath.mp.clone()
_mp.prec = 120
_to_mp = np.frompyfunc(_mp.mpf, 1, 1)
_mp_functions = {
    name: np.frompyfunc(getattr(_mp, name), 1, 1) for name in ("exp", "expm1", "log", "log1p")
}


def _opmath(dtype: torch.dtype) -> type[np.floating[Any]]:
    """The type in which a dtype is computed."""
    return np.float64 if dtype == torch.float64 else np.float32


def numbers(tensor: Tensor) -> Exact:
    """The exact values of the tensor, to calculate with."""
    values = tensor.detach().to("cpu", torch.float64).numpy()
    with np.errstate(invalid="ignore"):  # check() finds NaNs
        return _to_mp(values) if tensor.dtype == torch.float64 else values


def _times(beta: float, x: Tensor) -> Exact:
    return numbers(x) * beta


def _lost(beta: float, x: Tensor) -> Exact:
    """The rounding error of _times(beta, x), exactly. The 120 bits of mpmath hold the product, and
    two float64 numbers hold it if x has another dtype than float64."""
    values = numbers(x)
    if x.dtype == torch.float64:
        return 0 * values
    high = float(np.float32(beta))  # high * x and (beta - high) * x are exact
    with np.errstate(invalid="ignore"):
        return (beta - high) * values - (_times(beta, x) - high * values)


def _exp_neg(x: Tensor, beta: float) -> Exact:
    """exp(-abs(beta * x))"""
    bx = _times(beta, x)
    return _apply("exp", -abs(bx)) * (1 - np.sign(bx) * _lost(beta, x))


def ln2(dtype: torch.dtype) -> Any:
    return _mp.ln2 if dtype == torch.float64 else math.log(2)


def _minus_ln2(values: Exact) -> Exact:
    if values.dtype == object:
        return values - _mp.ln2
    return (values - math.log(2)) - 2.3190468138462996e-17


def _apply(name: str, values: Exact) -> Exact:
    if values.dtype == object:
        return _mp_functions[name](values)
    with np.errstate(under="ignore"):
        return getattr(np, name)(values)


# ---- Inputs ----------------------------------------------------------------------------------


@lru_cache
def points(dtype: torch.dtype, beta: float) -> Tensor:
    """Finite inputs over the whole range, most of them near the places where the kernels branch."""
    if dtype.itemsize == 2:  # all numbers
        numbers = torch.arange(-(2**15), 2**15).to(torch.int16).view(dtype)
        return numbers[numbers.isfinite()]
    generator = torch.Generator().manual_seed(0)
    wide = dtype == torch.float64
    count = 1000 if wide else 300_000
    centres = torch.cat(
        [
            # the steps of the range reduction, at (k + 1/2) ln(2) - 0.0589, and halfway between
            torch.arange(0.0, 120, 0.5) * math.log(2) - 0.0589,
            # the table of log1p, and the default threshold
            torch.tensor([0.2877, 0.4055, 0.98, 20.0]),
            # results and exponentials become subnormal, then zero
            torch.tensor([87.0, 87.3366, 88.03, 103.28, 103.972, 104.0, 104.5]),
            torch.tensor([708.0, 708.3964, 709.09, 744.44, 745.133, 746.0]),
        ]
    ).double()
    near = centres * (1 + 1e-3 * torch.randn(count // 500, 1, generator=generator).double())
    spread = torch.empty(count, dtype=torch.float64)
    spread.uniform_(-750 if wide else -110, 50, generator=generator)
    exponents = torch.empty(count, dtype=torch.float64)
    exponents.uniform_(-1080 if wide else -155, 120, generator=generator)
    signs = torch.tensor([-1.0, 1.0]).double().repeat(count // 2)
    u = torch.cat([spread, near.flatten(), -near.flatten()])
    return torch.cat([u / beta, signs * 2.0**exponents]).to(dtype)


def results(dtype: torch.dtype, beta: float) -> Tensor:
    """Results of softplus for which beta times the result is normal. Many are near ln(2)."""
    steps = 2.0 ** -torch.arange(1.0, _DIGITS[dtype] + 1).double()
    beside_ln2 = math.log(2) / abs(beta) * torch.cat([1 - steps, 1 + steps])
    y = torch.cat([points(dtype, beta).abs(), beside_ln2.to(dtype)])
    smallest = torch.finfo(dtype).tiny / abs(beta) if dtype == torch.float64 else 0
    return y[y > smallest] * math.copysign(1, beta)
