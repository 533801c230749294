"""Are zeros, infinities, NaN, the edges of the threshold and extreme arguments right?"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from fused_softplus import _C
from tests.tools import reference
from tests.tools.reference import BETAS, DTYPES

ops = torch.ops.fused_softplus
inf, nan = math.inf, math.nan

of_every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
fused_multiply_add = pytest.mark.skipif(
    _C.cpu_capability() == "default", reason="products are rounded before a sum"
)


def neighbours(value: float, dtype: torch.dtype, count: int = 4) -> Tensor:
    """Returns the number nearest to value, and count numbers on each side."""
    numbers = torch.full((2 * count + 1,), value, dtype=dtype)
    for i in range(count):
        numbers[: count - i] = numbers[count - i].nextafter(torch.tensor(-inf, dtype=dtype))
        numbers[count + 1 + i :] = numbers[count + i].nextafter(torch.tensor(inf, dtype=dtype))
    return numbers


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("threshold", [20.0, 13.0, 1.0, -1.0])
def test_threshold_edge(dtype: torch.dtype, beta: float, threshold: float) -> None:
    assert_edge(neighbours(threshold / beta, dtype), beta, threshold)


@of_every_dtype
@pytest.mark.parametrize("numerator", [0, 1, 3, -3])
def test_threshold_edge_between_subnormal_products(dtype: torch.dtype, numerator: int) -> None:
    """A product is above the threshold if it is after it has been rounded, to 0 for example."""
    work = torch.float64 if dtype == torch.float64 else torch.float32
    smallest = torch.finfo(work).smallest_normal * torch.finfo(work).eps
    for beta in (1e-300, -1e-290) if dtype == torch.float64 else (1e-30, -1e-25):
        edge = smallest / beta * (numerator + 0.5)
        assert_edge(neighbours(edge, dtype), beta, numerator * smallest)


def assert_edge(x: Tensor, beta: float, threshold: float) -> None:
    """At the threshold softplus is smooth, and the number just above is the first linear one."""
    one = torch.ones_like(x)
    linear = torch.from_numpy(reference.is_linear(x, beta, threshold))
    assert linear.any() and not linear.all()

    # Compares bits, to distinguish 0 and -0: the linear branch returns x itself.
    assert torch.equal(ops.softplus(x, beta, threshold)[linear], x[linear])
    smooth_x = x[~linear]
    exact = reference.softplus(smooth_x, beta)
    actual = ops.softplus(smooth_x, beta, threshold)
    reference.check(actual, exact, "softplus", beta, smooth_x)

    slope, curvature = ops.softplus_double_backward(one, one, x, beta, threshold)
    smooth = ops.softplus_double_backward(one, one, x, beta, inf)
    assert torch.equal(slope, one.where(linear, smooth[0]))
    assert torch.equal(ops.softplus_backward(one, x, beta, threshold), slope)
    assert torch.equal(curvature, torch.zeros_like(x).where(linear, smooth[1]))


@fused_multiply_add
@pytest.mark.parametrize("beta", [1.0, -0.3, 100.0])
def test_a_subnormal_gradient_is_rounded_once(beta: float) -> None:
    """It is the product of the incoming gradient and the derivative, which a power of 2 shows."""
    x = torch.linspace(-104, -80, 100_001).div(beta)
    grad_output = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    one, large = torch.ones_like(x), torch.full_like(x, 2.0**100)
    derivatives = ops.softplus_double_backward(large, one, x, beta, inf)
    gradients = ops.softplus_double_backward(grad_output, one, x, beta, inf)
    for derivative, gradient in zip(derivatives, gradients, strict=True):
        exact = grad_output.double() * (derivative.double() * 2.0**-100)
        assert torch.equal(gradient, exact.float())


@fused_multiply_add
@pytest.mark.parametrize("beta", [1 + 2**-24, -1.5 - 2**-24, 100 + 2**-18])
def test_the_factor_of_the_curvature_is_no_rounded_beta(beta: float) -> None:
    """These betas lie midway between two float32 numbers. To take one of those for the factor would
    shift all results alike; other rounding errors almost cancel in the mean."""
    generator = torch.Generator().manual_seed(0)
    x = torch.empty(100_000).uniform_(-1, 8, generator=generator).div(beta)
    one = torch.ones_like(x)
    _, curvature = ops.softplus_double_backward(one, one, x, beta, inf)
    exact = reference.curvature(x, beta)
    ulp = reference.ulp(exact, torch.float32)
    shift = ((float(torch.tensor(beta)) / beta - 1) * exact / ulp).mean()
    mean_error = ((curvature.double().numpy() - exact) / ulp).mean()
    assert abs(mean_error) < abs(shift) / 2


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
def test_a_large_gradient_times_a_subnormal_slope(dtype: torch.dtype, beta: float) -> None:
    """The slope alone is subnormal in float, in which the 16-bit types are computed."""
    x = torch.linspace(-106, -98, 1001, dtype=torch.float64).div(beta).to(dtype)
    power_of_2 = 2.0 ** (math.frexp(torch.finfo(dtype).max)[1] - 1)
    for large in (power_of_2, -power_of_2):
        grad_output = torch.full_like(x, large)
        grad_input = ops.softplus_backward(grad_output, x, beta, inf)
        reference.check(grad_input, large * reference.slope(x, beta), "slope", beta, x)
        assert (grad_input.signbit() == (large < 0)).all()


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("threshold", [20.0, 1e300, inf])
def test_zeros_infinities_and_nan(dtype: torch.dtype, beta: float, threshold: float) -> None:
    x = torch.tensor([0.0, -0.0, inf, -inf, nan], dtype=dtype)
    one = torch.ones_like(x)
    up, down = (inf, 0.0) if beta > 0 else (0.0, -inf)
    half = float(reference.softplus(torch.zeros(1, dtype=dtype), beta)[0])
    slopes = [0.5, 0.5, 1.0, 0.0] if beta > 0 else [0.5, 0.5, 0.0, 1.0]

    def expect(actual: Tensor, *values: float) -> None:
        expected = torch.tensor(values, dtype=dtype)
        finite_ulp = torch.finfo(dtype).eps  # 2 ULP: log(2) is not exact
        torch.testing.assert_close(actual, expected, rtol=finite_ulp, atol=0, equal_nan=True)

    expect(ops.softplus(x, beta, threshold), half, half, up, down, nan)
    expect(ops.softplus_backward(one, x, beta, threshold), *slopes, nan)
    slope, curvature = ops.softplus_double_backward(one, one, x, beta, threshold)
    expect(slope, *slopes, nan)
    expect(curvature, beta / 4, beta / 4, 0, 0, nan)

    y = torch.tensor([0.0, -0.0, math.copysign(inf, beta), nan], dtype=dtype)
    one = torch.ones_like(y)
    slope, curvature = ops.softplus_double_backward_from_result(one, one, y, beta)
    expect(slope, 0, 0, 1, nan)
    expect(curvature, beta, beta, 0, nan)
    expect(ops.softplus_backward_from_result(one, y, beta), 0, 0, 1, nan)


@of_every_dtype
def test_always_linear(dtype: torch.dtype) -> None:
    """At a threshold of -inf, every input but -inf is linear, and softplus(-inf) is 0."""
    x = torch.tensor([-1e4, -1.0, 0.0, 1.0, inf], dtype=dtype)
    assert torch.equal(ops.softplus(x, 1, -inf), x)
    assert torch.equal(ops.softplus(torch.tensor([-inf], dtype=dtype), 1, -inf), x.new_zeros(1))


@of_every_dtype
@pytest.mark.parametrize("beta", [1.0, 2.0, 0.5])
@pytest.mark.parametrize("threshold", [20.0, 1e300, inf])
def test_denormal_and_large_inputs(dtype: torch.dtype, beta: float, threshold: float) -> None:
    info = torch.finfo(dtype)
    x = torch.tensor([info.smallest_normal, info.max], dtype=dtype)
    x = torch.cat([x, x[:1] * info.eps])  # the smallest subnormal number
    x = torch.cat([x, -x])
    y = ops.softplus(x, beta, threshold)
    reference.check(y, reference.softplus(x, beta), "softplus", beta, x)
    slope = ops.softplus_backward(torch.ones_like(x), x, beta, threshold)
    reference.check(slope, reference.slope(x, beta), "slope", beta, x)


@contextmanager
def subnormals_flushed() -> Iterator[None]:
    """Makes this thread treat subnormal numbers as 0 and flush them to 0."""
    if not torch.set_flush_denormal(True):
        pytest.skip("this CPU cannot flush subnormal numbers")
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@of_every_dtype
@pytest.mark.parametrize("beta", [1.0, -2.0, 0.1])
def test_flushed_denormals_change_no_normal_result(dtype: torch.dtype, beta: float) -> None:
    """Results that are normal in the type that is computed in; subnormal float16 numbers are."""
    tiny = torch.finfo(torch.float64 if dtype == torch.float64 else torch.float32).tiny
    u = torch.linspace(0, -math.log(tiny), 3000, dtype=torch.float64)
    inputs = torch.cat([u, -u]) / beta
    if dtype == torch.float16:
        inputs = torch.cat([inputs, 2.0**-24 * torch.arange(-1024, 1024)])
    x = inputs.to(dtype)
    least = 1.001 * tiny if math.frexp(abs(beta))[0] == 0.5 else 1.5 * tiny
    normal_exp = reference.curvature(x, beta) / beta >= 1.001 * tiny
    x = x[torch.from_numpy((abs(reference.softplus(x, beta)) >= least).astype(bool) & normal_exp)]
    one = torch.ones_like(x)
    y = ops.softplus(x, beta, inf)
    with subnormals_flushed():
        flushed = ops.softplus(x, beta, inf)
        slope = ops.softplus_backward(one, x, beta, inf)
        slope_from_result = ops.softplus_backward_from_result(one, y, beta)
    reference.check(flushed, reference.softplus(x, beta), "softplus", beta, x)
    reference.check(slope, reference.slope(x, beta), "slope", beta, x)
    exact = reference.slope_from_result(y, beta)
    reference.check(slope_from_result, exact, "slope_from_result", beta, y)


EXTREME = [1e-5, 1e-20, 1e-30, 1e5, 1e20, 1e30]
EXTREME_FLOAT64 = [1e-200, 1e-300, 1e200, 1e300]


@pytest.mark.parametrize(
    ("dtype", "magnitude"),
    [(dtype, beta) for dtype in DTYPES for beta in EXTREME]
    + [(torch.float64, beta) for beta in EXTREME_FLOAT64],
    ids=str,
)
@pytest.mark.parametrize("sign", [1, -1])
def test_extreme_beta(dtype: torch.dtype, magnitude: float, sign: int) -> None:
    """beta, 1 / beta, beta * x and the result may each be subnormal or overflow."""
    beta, info = sign * magnitude, torch.finfo(dtype)
    sizes = [u / magnitude for u in (0, 0.1, 1, 5, 19, 30, 80, 500, 1e4)]
    sizes += [info.max, info.max / 2, 1, 1e-3, info.tiny]
    x = torch.tensor([size for size in sizes if size <= info.max], dtype=dtype)
    x = torch.cat([x, -x])
    reference.check(ops.softplus(x, beta, inf), reference.softplus(x, beta), "softplus", beta, x)
    slope = ops.softplus_backward(torch.ones_like(x), x, beta, inf)
    reference.check(slope, reference.slope(x, beta), "slope", beta, x)
    infinite = torch.tensor([sign * inf, -sign * inf, nan], dtype=dtype)
    expected = torch.tensor([sign * inf, 0.0, nan], dtype=dtype)
    actual = ops.softplus(infinite, beta, inf)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("beta", [1.0, 2.0, 100.0, 0.1])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_results_that_underflow_are_positive_zeros(dtype: torch.dtype, beta: float) -> None:
    """A divisor that underflows to -0.0 would change the sign of the quotient."""
    end = 745.2 if dtype == torch.float64 else 104.0
    x = (torch.linspace(-end - 1, -end + 1, 10_001, dtype=torch.float64) / beta).to(dtype)
    y = ops.softplus(torch.cat([x, x.new_tensor([-math.inf])]), beta)
    assert (y[y == 0].numel() > 0) and not y.signbit().any()


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("threshold", [20.0, 1e300, inf])
def test_inverse_at_zeros_infinities_and_nan(
    dtype: torch.dtype, beta: float, threshold: float
) -> None:
    sign = math.copysign(1, beta)
    y = torch.tensor([0.0, -0.0, sign * inf, -sign * inf, -sign, nan], dtype=dtype)
    expected = torch.tensor([-sign * inf, -sign * inf, sign * inf, nan, nan, nan], dtype=dtype)
    actual = ops.inverse_softplus(y, beta, threshold)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0, equal_nan=True)


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("threshold", [20.0, 1.0, -1.0])
def test_inverse_at_the_threshold(dtype: torch.dtype, beta: float, threshold: float) -> None:
    y = neighbours(threshold / beta, dtype)
    linear = torch.from_numpy(reference.is_linear(y, beta, threshold))
    assert linear.any() and not linear.all()
    actual = ops.inverse_softplus(y, beta, threshold)
    assert torch.equal(actual[linear], y[linear])
    smooth = ops.inverse_softplus(y[~linear], beta, inf)
    torch.testing.assert_close(actual[~linear], smooth, rtol=0, atol=0, equal_nan=True)
