"""Does SoftplusTransform agree with PyTorch's, and work wherever PyTorch uses a transform?"""

import math

import pytest
import torch
from torch import distributions
from torch.distributions import Normal, TransformedDistribution, constraints
from torch.distributions.transforms import ComposeTransform

from fused_softplus.distributions import SoftplusTransform

EPS = torch.finfo(torch.float64).eps


def points() -> torch.Tensor:
    return torch.linspace(-15, 15, 301, dtype=torch.float64)


def test_equals_torchs() -> None:
    x = points()
    ours, torchs = SoftplusTransform(), distributions.transforms.SoftplusTransform()
    y = ours(x)
    torch.testing.assert_close(y, torchs(x), rtol=8 * EPS, atol=0)
    torch.testing.assert_close(
        ours.log_abs_det_jacobian(x, y), torchs.log_abs_det_jacobian(x, y), rtol=8 * EPS, atol=0
    )
    # PyTorch's inverse subtracts numbers as large as y.
    torch.testing.assert_close(ours.inv(y), torchs.inv(y), rtol=0, atol=30 * EPS)
    assert (ours.domain, ours.codomain, ours.bijective, ours.sign) == (
        torchs.domain,
        torchs.codomain,
        torchs.bijective,
        torchs.sign,
    )


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_inverts(beta: float) -> None:
    x = points() / beta
    transform = SoftplusTransform(beta, math.inf)
    y = transform(x)
    # The inverse magnifies the rounding of y by y / softplus'(x) < abs(x) + 2 / beta.
    torch.testing.assert_close(transform.inv(y), x, rtol=0, atol=20 * EPS / beta)
    small = torch.tensor([1e-300, 1e-20, 1e-3], dtype=torch.float64)
    torch.testing.assert_close(transform(transform.inv(small)), small, rtol=800 * EPS, atol=0)


@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_jacobian(beta: float) -> None:
    x = (points() / beta).requires_grad_()
    transform = SoftplusTransform(beta, math.inf)
    y = transform(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    log = transform.log_abs_det_jacobian(x, y)
    torch.testing.assert_close(log.exp(), slope, rtol=20 * EPS, atol=0)


@pytest.mark.parametrize("threshold", [2.0, 20.0])
def test_beyond_the_threshold(threshold: float) -> None:
    x = torch.tensor([1.01, 5.0]).double() * threshold
    transform = SoftplusTransform(1, threshold)
    assert torch.equal(transform(x), x)
    assert torch.equal(transform.inv(x), x)
    assert (transform.log_abs_det_jacobian(x, x).abs() <= math.exp(-threshold)).all()


@pytest.mark.parametrize("beta", [0.0, -1.0, math.nan])
def test_beta_that_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=f"beta must be positive, but got {beta}"):
        SoftplusTransform(beta)


def test_equality_and_repr() -> None:
    assert SoftplusTransform() == SoftplusTransform(1, 20, cache_size=1)
    assert SoftplusTransform(2) != SoftplusTransform()
    assert SoftplusTransform(1, 5) != SoftplusTransform()
    assert SoftplusTransform() != distributions.transforms.SoftplusTransform()
    assert SoftplusTransform().inv == SoftplusTransform().inv
    assert repr(SoftplusTransform(2)) == "SoftplusTransform(beta=2, threshold=20.0)"


def test_cache() -> None:
    x = points()
    for transform in (SoftplusTransform(2, 5, cache_size=1), SoftplusTransform(2, 5).with_cache()):
        y = transform(x)
        assert transform.inv(y) is x and transform(x) is y
        assert transform == SoftplusTransform(2, 5) and transform.with_cache() is transform
    uncached = SoftplusTransform(2)
    assert uncached.inv(uncached(x)) is not x


def test_in_a_distribution() -> None:
    """log_prob integrates to 1."""
    beta = 2.0
    normal = Normal(torch.tensor(0.3).double(), torch.tensor(0.8).double())
    positive = TransformedDistribution(normal, [SoftplusTransform(beta)])
    y = torch.linspace(1e-6, 8, 20001, dtype=torch.float64)
    assert abs(torch.trapezoid(positive.log_prob(y).exp(), y).item() - 1) < 1e-4
    assert positive.support is constraints.positive
    assert (positive.sample((100,)) > 0).all()

    chain = ComposeTransform(
        [distributions.transforms.AffineTransform(1.0, 2.0), positive.transforms[0]]
    )
    assert torch.equal(chain(y), positive.transforms[0](1 + 2 * y))
