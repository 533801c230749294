"""Are an element's bits the same for any number of threads, place in the tensor and layout?"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tests.tools.reference import DTYPES

ops = torch.ops.fused_softplus

pytestmark = pytest.mark.parametrize("dtype", DTYPES, ids=str)

GRAIN = 32768  # at::internal::GRAIN_SIZE: the least elements of a thread
WIDEST = 16  # lanes of the widest instruction set


def compute(x: Tensor) -> list[Tensor]:
    """Returns the outputs of every kernel."""
    grad_grad, grad, y = x.roll(1), x.roll(2), x.abs()
    return [
        ops.softplus(x, 0.7, 5),
        ops.softplus_(x.clone(), 0.7, 5),
        ops.softplus_backward(grad, x, 0.7, 5),
        ops.softplus_backward_from_result(grad, y, 0.7),
        *ops.softplus_double_backward(grad_grad, grad, x, 0.7, 5),
        *ops.softplus_double_backward_from_result(grad_grad, grad, y, 0.7),
    ]


def test_threads(dtype: torch.dtype, threads: Callable[[int], None]) -> None:
    x = (10 * torch.randn(7 * GRAIN + WIDEST - 1)).to(dtype)
    by_threads = []
    for count in (1, 2, 3):
        threads(count)
        by_threads.append(compute(x))
    for other in by_threads[1:]:
        assert all(map(torch.equal, by_threads[0], other))


def test_places(dtype: torch.dtype) -> None:
    """Whole vectors and the tail, at every alignment. The tail buffer has 256 elements."""
    x = (10 * torch.randn(2 * 256 + 4 * WIDEST)).to(dtype)
    y = ops.softplus(x, 0.7, 5)
    for start in range(WIDEST + 1):
        for length in (1, 2, *range(WIDEST - 1, 2 * WIDEST + 2), 255, 256, 257, 513):
            part = slice(start, start + length)
            assert torch.equal(ops.softplus(x[part], 0.7, 5), y[part])


@pytest.mark.parametrize("step", [2, 3, 17])
def test_steps(dtype: torch.dtype, step: int) -> None:
    x = (10 * torch.randn(700 * step)).to(dtype)
    contiguous = x[::step].contiguous()
    grads = contiguous.roll(1), contiguous.roll(2)
    assert torch.equal(ops.softplus(x[::step], 0.7, 5), ops.softplus(contiguous, 0.7, 5))
    spread = torch.empty_like(x)[::step].copy_(grads[0])
    for actual, expected in zip(
        ops.softplus_double_backward(spread, grads[1], x[::step], 0.7, 5),
        ops.softplus_double_backward(*grads, contiguous, 0.7, 5),
        strict=True,
    ):
        assert torch.equal(actual, expected)
