"""Is every kernel within its error bound, over the whole range of every dtype?"""

import math

import pytest
import torch

from tests.tools import reference
from tests.tools.reference import BETAS, DTYPES

ops = torch.ops.fused_softplus

pytestmark = [
    pytest.mark.parametrize("dtype", DTYPES, ids=str),
    pytest.mark.parametrize("beta", BETAS),
]


def results(dtype: torch.dtype, beta: float) -> torch.Tensor:
    """Returns results of softplus, to compute gradients from."""
    y = ops.softplus(reference.points(dtype, beta), beta, math.inf)
    return y[y.isfinite()]


def test_softplus(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    y = ops.softplus(x, beta, math.inf)
    reference.check(y, reference.softplus(x, beta), "softplus", beta, x)


def test_default_threshold(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    linear = torch.from_numpy(reference.is_linear(x, beta))
    assert torch.equal(ops.softplus(x, beta), x.where(linear, ops.softplus(x, beta, math.inf)))


def test_backward(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    grad = ops.softplus_backward(torch.ones_like(x), x, beta, math.inf)
    reference.check(grad, reference.slope(x, beta), "slope", beta, x)


def test_double_backward(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    one = torch.ones_like(x)
    grad_grad_output, grad_self = ops.softplus_double_backward(one, one, x, beta, math.inf)
    assert torch.equal(grad_grad_output, ops.softplus_backward(one, x, beta, math.inf))
    reference.check(grad_self, reference.curvature(x, beta), "curvature", beta, x)


def test_backward_from_result(dtype: torch.dtype, beta: float) -> None:
    y = results(dtype, beta)
    grad = ops.softplus_backward_from_result(torch.ones_like(y), y, beta)
    reference.check(grad, reference.slope_from_result(y, beta), "slope_from_result", beta, y)


def test_double_backward_from_result(dtype: torch.dtype, beta: float) -> None:
    y = results(dtype, beta)
    one = torch.ones_like(y)
    grad_grad_output, grad_result = ops.softplus_double_backward_from_result(one, one, y, beta)
    assert torch.equal(grad_grad_output, ops.softplus_backward_from_result(one, y, beta))
    exact = reference.curvature_from_result(y, beta)
    reference.check(grad_result, exact, "curvature_from_result", beta, y)


def test_incoming_gradients_multiply(dtype: torch.dtype, beta: float) -> None:
    """Incoming gradients are factors. In the 16-bit types the slopes are rounded to odd before they
    are multiplied, so a product may round to either neighbor of the product of rounded slopes. In
    float32, a subnormal factor is multiplied before it is rounded, so the product of rounded ones
    may be wrong by half a unit of the subnormal numbers, times the gradients."""
    torch.manual_seed(0)
    x = 10 * torch.randn(1000, dtype=dtype)
    y = ops.softplus(x, beta)
    grad_grad, grad = torch.randn(2, 1000, dtype=dtype)
    work = torch.float64 if dtype == torch.float64 else torch.float32
    wide_x, wide_y, wide_grad_grad, wide_grad = (t.to(work) for t in (x, y, grad_grad, grad))
    one = torch.ones_like(wide_x)
    info = torch.finfo(dtype)
    half = dtype.itemsize == 2
    unit = info.smallest_normal * info.eps
    close = {"rtol": info.eps * half, "atol": unit * half}
    largest = max(1, float(wide_grad.abs().max() * wide_grad_grad.abs().max()))
    close_where_small = (
        close | {"atol": unit * (1 + largest / 2)} if dtype == torch.float32 else close
    )

    slope, curvature = ops.softplus_double_backward(one, one, wide_x, beta, 20)
    actual = ops.softplus_double_backward(grad_grad, grad, x, beta, 20)
    torch.testing.assert_close(
        ops.softplus_backward(grad, x, beta, 20), (wide_grad * slope).to(dtype), **close_where_small
    )
    torch.testing.assert_close(actual[0], (wide_grad_grad * slope).to(dtype), **close_where_small)
    torch.testing.assert_close(
        actual[1], (wide_grad_grad * wide_grad * curvature).to(dtype), **close_where_small
    )

    slope, curvature = ops.softplus_double_backward_from_result(one, one, wide_y, beta)
    actual = ops.softplus_double_backward_from_result(grad_grad, grad, y, beta)
    from_result = ops.softplus_backward_from_result(grad, y, beta)
    torch.testing.assert_close(from_result, (wide_grad * slope).to(dtype), **close)
    torch.testing.assert_close(actual[0], (wide_grad_grad * slope).to(dtype), **close)
    torch.testing.assert_close(
        actual[1], (wide_grad_grad * wide_grad * curvature).to(dtype), **close_where_small
    )


def test_inverse_softplus(dtype: torch.dtype, beta: float) -> None:
    y = reference.results(dtype, beta)
    x = ops.inverse_softplus(y, beta, math.inf)
    reference.check(x, reference.inverse_softplus(y, beta), "inverse_softplus", beta, y)


def test_shifted_softplus(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    y = ops.shifted_softplus(x, beta, math.inf)
    reference.check(y, reference.shifted_softplus(x, beta), "shifted_softplus", beta, x)


def test_threshold_of_shifted_softplus(dtype: torch.dtype, beta: float) -> None:
    """Above a low threshold, it is the input minus log(2) / beta, rounded once or twice."""
    x = reference.points(dtype, beta)
    x = x[torch.from_numpy(reference.is_linear(x, beta, 1))]
    y = ops.shifted_softplus(x, beta, 1)
    exact = reference.numbers(x) - reference.ln2(dtype) / beta
    reference.check(y, exact, "shifted_softplus", beta, x)


@pytest.mark.parametrize("floor", [1e-6, 0.3])
def test_floor(floor: float, dtype: torch.dtype, beta: float) -> None:
    """For a floor with the sign of the result."""
    x = reference.points(dtype, beta)
    lowest = torch.tensor(math.copysign(floor, beta), dtype=dtype)
    y = ops.softplus_floor(x, lowest, beta, math.inf)
    exact = reference.softplus(x, beta) + reference.numbers(lowest)
    reference.check(y, exact, "softplus_floor", beta, x)
    assert ((y - lowest) * beta >= 0)[x.isfinite()].all()


def test_gradient_of_inverse_softplus(dtype: torch.dtype, beta: float) -> None:
    """The bound holds where beta * y is a normal number of the type that is computed in."""
    y = reference.results(dtype, beta)
    opmath = torch.float64 if dtype == torch.float64 else torch.float32
    y = y[y.double() * beta > torch.finfo(opmath).tiny].requires_grad_()
    x = ops.inverse_softplus(y, beta, math.inf)
    (grad,) = torch.autograd.grad(x, y, torch.ones_like(x))
    exact = reference.inverse_slope(y, beta)
    reference.check(grad, exact, "inverse_slope", beta, y)


def test_bias(dtype: torch.dtype, beta: float) -> None:
    """Equals the operators without a bias applied to the sum. In the 16-bit types, whose sum is
    rounded in float32, the error bound holds instead."""
    generator = torch.Generator().manual_seed(0)
    x, bias, grad_grad, grad = (
        (scale * torch.randn(2000, generator=generator) / beta).to(dtype) for scale in (9, 9, 1, 1)
    )
    if dtype.itemsize == 2:
        one, z = torch.ones_like(x), x.float() + bias.float()
        actual = ops.softplus_bias(x, bias, beta, math.inf)
        reference.check(actual, reference.softplus(z, beta), "softplus", beta, z)
        slope = ops.softplus_bias_backward(one, x, bias, beta, math.inf)
        reference.check(slope, reference.slope(z, beta), "slope", beta, z)
        both = ops.softplus_bias_double_backward(one, one, x, bias, beta, math.inf)
        assert torch.equal(both[0], slope)
        reference.check(both[1], reference.curvature(z, beta), "curvature", beta, z)
        return
    z = x + bias
    scalars = (beta, 5)
    assert torch.equal(ops.softplus_bias(x, bias, *scalars), ops.softplus(z, *scalars))
    assert torch.equal(
        ops.softplus_bias_backward(grad, x, bias, *scalars),
        ops.softplus_backward(grad, z, *scalars),
    )
    for actual, expected in zip(
        ops.softplus_bias_double_backward(grad_grad, grad, x, bias, *scalars),
        ops.softplus_double_backward(grad_grad, grad, z, *scalars),
        strict=True,
    ):
        assert torch.equal(actual, expected)
