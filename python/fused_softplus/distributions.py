"""softplus as a transform of random variables."""

import math
from numbers import Real

from torch import Tensor
from torch.compiler import is_compiling
from torch.distributions import Transform, constraints

from .functional import inverse_softplus, softplus


class SoftplusTransform(Transform):
    """:class:`torch.distributions.transforms.SoftplusTransform` with beta and threshold.

    The mapping ``y = softplus(x, beta, threshold)`` from the real to the positive numbers.

    Args:
        beta: as :func:`fused_softplus.softplus` takes it, but positive, since softplus is negative
            for a negative one. This is checked unless beta is a tensor or torch.compile traces.
        threshold: as :func:`fused_softplus.softplus` takes it. It decides where the transform and
            its inverse are the identity; beside it there is a step, exp(-threshold) / beta high.
        cache_size: 0, or 1 to remember the last pair of x and y, as torch's transforms do.

    Raises:
        ValueError: beta is not positive.
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def __init__(self, beta: float = 1.0, threshold: float = 20.0, cache_size: int = 0) -> None:
        if isinstance(beta, Real) and not is_compiling() and not beta > 0:
            raise ValueError(f"SoftplusTransform: beta must be positive, but got {beta}")
        super().__init__(cache_size=cache_size)
        self.beta = beta
        self.threshold = threshold

    def with_cache(self, cache_size: int = 1) -> "SoftplusTransform":
        if self._cache_size == cache_size:
            return self
        return SoftplusTransform(self.beta, self.threshold, cache_size)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SoftplusTransform)
            and self.beta == other.beta
            and self.threshold == other.threshold
        )

    def __repr__(self) -> str:
        return f"SoftplusTransform(beta={self.beta}, threshold={self.threshold})"

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x, self.beta, self.threshold)

    def _inverse(self, y: Tensor) -> Tensor:
        return inverse_softplus(y, self.beta, self.threshold)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """log(sigmoid(beta * x)), which beyond the threshold is within exp(-threshold) of 0."""
        return -self.beta * softplus(-x, self.beta, math.inf)
