"""Is the kernel launched that is the fastest for the layout? Results cannot tell. __main__.py runs
this file after tests/test_cuda.py."""

import pytest
import torch

from tests.cuda_emulation import device

ops = torch.ops.fused_softplus


def launched() -> str:
    """The layout of the kernel that was launched last."""
    return "contiguous" if "contiguous_kernel" in device.launches[-1] else "strided"


@pytest.mark.parametrize("offset", [1, 4, 8])
def test_views_at_an_offset(offset: int) -> None:
    """Vectors have 16 bytes below sm_100, and 32 from there on."""
    x = torch.randn(1000, device="cuda")
    whole_vectors = 4 * offset % (16 if device.ARCHITECTURE < 100 else 32) == 0
    expected = "contiguous" if whole_vectors else "strided"
    view = x[offset:]
    ops.softplus(view, 1, 20)
    assert launched() == expected
    ops.softplus_backward(view, x[: view.numel()], 1, 20)
    assert launched() == expected


def test_dense_layouts() -> None:
    for x in (torch.randn(6, 5), torch.randn(6, 5).t(), torch.randn(3, 1).expand(3, 5)):
        ops.softplus(x.cuda(), 1, 20)
        assert launched() == "contiguous"
    ops.softplus(torch.randn(6, 10, device="cuda")[:, ::2], 1, 20)
    assert launched() == "strided"
