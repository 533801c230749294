"""Does it agree with torch's softplus on the samples that torch tests its own with?"""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import SampleInput

import reference
from fused_softplus import softplus

(OP,) = (op for op in op_db if op.name == "nn.functional.softplus")

of_every_dtype = pytest.mark.parametrize("dtype", sorted(OP.dtypes, key=str), ids=str)


def samples(dtype: torch.dtype) -> list[SampleInput]:
    made = list(OP.sample_inputs("cpu", dtype, requires_grad=True))
    return made + list(OP.reference_inputs("cpu", dtype, requires_grad=True))


def exact(x: Tensor, quantity: str, beta: float, threshold: float) -> reference.Exact:
    linear = reference.is_linear(x, beta, threshold)
    beyond = x if quantity == "softplus" else torch.ones_like(x)
    return np.where(linear, reference.numbers(beyond), getattr(reference, quantity)(x, beta))


def test_dtypes() -> None:
    assert set(OP.dtypes) == set(reference.DTYPES)


@of_every_dtype
def test_samples(dtype: torch.dtype) -> None:
    compared = 0
    for sample in samples(dtype):
        # As a leaf: some samples are views that torch, too, gives no gradient.
        x = sample.input.detach().requires_grad_()
        scalars = (sample.kwargs.get("beta", 1), sample.kwargs.get("threshold", 20))
        ours, torchs = softplus(x, *scalars), OP(x, **sample.kwargs)
        assert (ours.dtype, ours.shape, ours.stride()) == (dtype, torchs.shape, torchs.stride())
        compared += compare(ours, torchs, "softplus", x, *scalars)
        gradients = (torch.autograd.grad(y.sum(), x)[0] for y in (ours, torchs))
        compared += compare(*gradients, "slope", x, *scalars)
    assert compared > 1000


def compare(
    ours: Tensor, torchs: Tensor, quantity: str, x: Tensor, beta: float, threshold: float
) -> int:
    """Compares two outcomes with each other and the exact one; returns how many numbers."""
    x, ours, torchs = (tensor.detach().flatten() for tensor in (x, ours, torchs))
    infinite = ~x.isfinite()
    torch.testing.assert_close(ours[infinite], torchs[infinite], rtol=0, atol=0, equal_nan=True)
    x, ours, torchs = (tensor[~infinite] for tensor in (x, ours, torchs))
    step = len(x) // 1000 + 1  # some samples are large, and mpmath slow
    x, ours, torchs = (tensor[::step] for tensor in (x, ours, torchs))
    if len(x) == 0:
        return 0
    values = exact(x, quantity, beta, threshold)
    reference.check(ours, values, quantity, beta, x)
    # Torch's error is what it is. Two numbers within a and b ULP of a third are within a + b of
    # each other, in units that differ by at most 2 between the three.
    torchs_error = reference.ulp_error(torchs, values).max()
    bound = reference.bound(quantity, x.dtype, beta, values, x).max() + torchs_error
    assert reference.ulp_error(ours, reference.numbers(torchs)).max() <= 2 * bound
    return len(x)
