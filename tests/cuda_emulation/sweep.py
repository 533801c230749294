"""The CUDA kernels for every size up to some blocks, and for random layouts of their operands: what
takes minutes. `make test-cuda-emulated` runs this file after the others."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.test_fuzz import assert_same, dtypes, layouts, scalars, spread
from tests.tools.operators import OPERATORS
from tests.tools.reference import DTYPES

ops = torch.ops.fused_softplus

BLOCK_BYTES = 128 * 32  # cuda/kernels.cuh


def call(operator: str, operands: list[Tensor], beta: float, threshold: float) -> list[Tensor]:
    results = OPERATORS[operator](*operands, beta, threshold)
    return list(results) if isinstance(results, tuple) else [results]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_size(dtype: torch.dtype, operator: str) -> None:
    """The first n results are those of more elements."""
    block = BLOCK_BYTES // dtype.itemsize
    sizes = [*range(80), *(block * k + more for k in (1, 2) for more in range(-17, 18))]
    numbers = torch.randn(OPERATORS[operator].tensors, max(sizes), dtype=torch.float64).abs()
    operands = list(numbers.to("cuda", dtype))
    for beta in (1, 0.7):
        expected = call(operator, operands, beta, 20)
        for n in sizes:
            actual = call(operator, [x[:n] for x in operands], beta, 20)
            assert all(map(torch.equal, actual, [y[:n] for y in expected])), n


def shapes() -> st.SearchStrategy[tuple[int, ...]]:
    rows = st.sampled_from([16, 3, 32, 1, 64, 50, 48])
    others = st.lists(st.sampled_from([2, 1, 3, 5, 0]), max_size=3)
    return st.tuples(others, rows).map(lambda both: (*both[0], both[1]))


@settings(max_examples=2000)
@given(st.data())
def test_random_layouts(data: st.DataObject) -> None:
    """The results are those of contiguous operands."""
    dtype, shape = data.draw(dtypes), data.draw(shapes())
    operator = data.draw(st.sampled_from(list(OPERATORS)))
    beta, threshold = data.draw(scalars(dtype))
    chosen = [data.draw(layouts(shape)) for _ in range(OPERATORS[operator].tensors)]
    values = torch.randn(97, dtype=torch.float64).abs().to(dtype)
    operands = [layout.of(spread(values, layout.size).cuda()) for layout in chosen]
    expected = call(operator, [x.contiguous() for x in operands], beta, threshold)
    for result, dense in zip(call(operator, operands, beta, threshold), expected, strict=True):
        assert_same(result.cpu(), dense.cpu())
    layout = data.draw(layouts(shape).filter(lambda layout: not layout.shares_memory))
    memory = spread(values, layout.size).cuda()
    written = memory.clone()
    view = layout.of(written)
    assert_same(view.cpu(), layout.of(memory).cpu())
    ops.softplus_(view, beta, threshold)
    assert_same(view.cpu(), ops.softplus(layout.of(memory), beta, threshold).cpu())
    around = torch.ones(layout.size, dtype=torch.bool)
    around[layout.places.flatten()] = False
    assert torch.equal(written.cpu()[around], memory.cpu()[around])
