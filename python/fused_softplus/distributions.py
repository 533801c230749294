"""The transform of random variables that softplus defines."""

import math
from numbers import Real

from torch import Tensor
from torch.compiler import is_compiling
from torch.distributions import Transform, constraints

from .functional import inverse_softplus, softplus


class SoftplusTransform(Transform):
    r"""Transforms random variables by :func:`fused_softplus.softplus`.

    .. math::
        y = \frac{1}{\beta} \log(1 + \exp(\beta x))

    This is :class:`torch.distributions.transforms.SoftplusTransform` with the arguments ``beta``
    and ``threshold``. It maps the real numbers to the positive numbers.

    Args:
        beta (float): a positive number as :func:`fused_softplus.softplus` accepts it. (For negative
            ``beta``, softplus is negative.) The sign is not checked if ``beta`` is a tensor or if
            torch.compile traces the call.
        threshold (float): see :func:`fused_softplus.softplus`. Where ``beta * x > threshold``, the
            transform and its inverse are the identity. The step there is ``exp(-threshold) / beta``
            high.
        cache_size (int): 0, or 1 to remember the last pair of x and y.
        floor (float): added to y, which is then greater than it, as a lower bound of variances.

    Shape:
        - x and y: :math:`(*)`, any number of dimensions

    Raises:
        ValueError: ``beta`` is not positive.

    Accuracy:
        The transform, its inverse and the logarithm of its derivative have the error bounds of
        :func:`fused_softplus.softplus` and :func:`fused_softplus.inverse_softplus`.

    Example::

        >>> import torch
        >>> from torch.distributions import Normal, TransformedDistribution
        >>> from fused_softplus.distributions import SoftplusTransform
        >>> positive = TransformedDistribution(Normal(0.0, 1.0), SoftplusTransform(beta=2))
        >>> positive.log_prob(torch.tensor([0.5, 1.0]))
        tensor([-0.4969, -1.2035])
    """

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = +1

    def __init__(
        self,
        beta: float = 1.0,
        threshold: float = 20.0,
        cache_size: int = 0,
        *,
        floor: float = 0.0,
    ) -> None:
        if isinstance(beta, Real) and not is_compiling() and not beta > 0:
            raise ValueError(f"SoftplusTransform: beta must be positive, but got {beta}")
        super().__init__(cache_size=cache_size)
        self.beta = beta
        self.threshold = threshold
        self.floor = floor
        self.codomain = constraints.greater_than(floor) if floor else constraints.positive

    def with_cache(self, cache_size: int = 1) -> "SoftplusTransform":
        if self._cache_size == cache_size:
            return self
        return SoftplusTransform(self.beta, self.threshold, cache_size, floor=self.floor)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SoftplusTransform)
            and self.beta == other.beta
            and self.threshold == other.threshold
            and self.floor == other.floor
        )

    def __repr__(self) -> str:
        floor = f", floor={self.floor}" if self.floor else ""
        return f"SoftplusTransform(beta={self.beta}, threshold={self.threshold}{floor})"

    def _call(self, x: Tensor) -> Tensor:
        return softplus(x, self.beta, self.threshold, floor=self.floor or None)

    def _inverse(self, y: Tensor) -> Tensor:
        return inverse_softplus(y, self.beta, self.threshold, floor=self.floor or None)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Returns log(sigmoid(beta * x)), the logarithm of the derivative of softplus at x.

        Beyond the threshold the derivative is 1; this result then differs from log(1) = 0 by at
        most exp(-threshold).
        """
        return -self.beta * softplus(-x, self.beta, math.inf)
