"""Is the layout (cuda/layouts.cuh) the fastest one? Results cannot tell. __main__.py runs this file
before tests/test_cuda.py."""

import re

import pytest
import torch
from torch import Tensor

from tests.cuda_emulation import device

ops = torch.ops.fused_softplus

VECTOR_BYTES = 16 if device.ARCHITECTURE < 100 else 32
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)


def launched() -> tuple[str, int]:
    """The layout of the last launch, and how many loads it executed."""
    kernel, loads = device.launches[-1]
    found = re.search(r"Contiguous|VectorRows|Elements", kernel)
    assert found
    return found[0], loads


def vectors(tensor: Tensor) -> int:
    return tensor.numel() * tensor.itemsize // VECTOR_BYTES


def test_dense_layouts() -> None:
    x = torch.randn(8, 32, device="cuda")
    for same in (x, x.t(), x.view(4, 2, 32).transpose(0, 1)):
        ops.softplus(same, 1, 20)
        assert launched() == ("Contiguous", vectors(x))


@DTYPES
@pytest.mark.parametrize("offset", [1, 4, 8, 16])
def test_views_at_an_offset(offset: int, dtype: torch.dtype) -> None:
    """The output is allocated, so it is aligned. The input need not be."""
    x = torch.randn(1024 + offset, device="cuda").to(dtype)[offset:]
    aligned = offset * x.itemsize % VECTOR_BYTES == 0
    loads = vectors(x) if aligned else x.numel()
    layout = "Contiguous" if aligned else "VectorRows"
    ops.softplus(x, 1, 20)
    assert launched() == (layout, loads)
    ops.softplus_backward(torch.ones_like(x), x, 1, 20)
    assert launched() == (layout, loads + vectors(x))
    ops.softplus_(x, 1, 20)  # single elements, then whole vectors, then single elements
    single = 0 if aligned else VECTOR_BYTES // x.itemsize
    assert launched() == ("Contiguous", vectors(x[single:]) + single)


@DTYPES
def test_biases(dtype: torch.dtype) -> None:
    """Along the last dimension, a bias consists of vectors. Along another one, it is a number for
    each vector."""
    x = torch.randn(3, 5, 32, device="cuda").to(dtype)
    row, column = torch.randn(32), torch.randn(5, 1)
    for bias, loads in ((row, vectors(x)), (column, x.numel())):
        bias = bias.to("cuda", dtype)
        ops.softplus_bias(x, bias, 1, 20)
        assert launched() == ("VectorRows", vectors(x) + loads)
        ops.softplus_bias_double_backward(x, x, x, bias, 1, 20)
        assert launched() == ("VectorRows", 3 * vectors(x) + loads)
    ops.softplus_floor(x, torch.ones((), device="cuda", dtype=dtype), 1, 20)
    assert launched() == ("VectorRows", vectors(x) + x.numel())
    channels_last = torch.randn(2, 32, 3, 4).to(memory_format=torch.channels_last)
    channels_last = channels_last.to("cuda", dtype)
    ops.softplus_bias(channels_last, row.to("cuda", dtype)[:, None, None], 1, 20)
    assert launched() == ("VectorRows", 2 * vectors(channels_last))


@DTYPES
def test_views_of_rows(dtype: torch.dtype) -> None:
    both = torch.randn(6, 128, device="cuda").to(dtype)
    first, second = both.chunk(2, 1)
    for half in (first, second):
        ops.softplus(half, 1, 20)
        assert launched() == ("VectorRows", vectors(half))
        ops.softplus_(half, 1, 20)
        assert launched() == ("VectorRows", vectors(half))
    ops.softplus(both[:, ::2], 1, 20)
    assert launched() == ("VectorRows", first.numel())


def test_outputs_that_are_no_vectors() -> None:
    wide, both = torch.randn(6, 32, device="cuda"), torch.randn(6, 10, device="cuda")
    for x in (both[:, ::2], both[:, :8], both[:, 1:9], wide[:, :30], wide[:, 1:9]):
        ops.softplus_(x, 1, 20)
        assert launched() == ("Elements", x.numel())
    ops.softplus_bias(both, both[0], 1, 20)  # its rows of 10 begin anywhere in a vector
    assert launched() == ("Elements", 2 * both.numel())
