"""Do the CUDA kernels give what the CPU's give?"""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

import reference
from fused_softplus import _build, softplus, softplus_
from reference import BETAS, DTYPES

ops = torch.ops.fused_softplus

pytestmark = pytest.mark.skipif(
    not (torch.cuda.is_available() and _build.cuda), reason="no CUDA device, or no CUDA kernels"
)

of_every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def check(actual: Tensor, quantity: str, beta: float, inputs: Tensor) -> None:
    exact = getattr(reference, quantity)(inputs, beta)
    reference.check(actual.cpu(), exact, quantity, beta, inputs)


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
def test_values(dtype: torch.dtype, beta: float) -> None:
    x = reference.points(dtype, beta)
    on_gpu, one = x.cuda(), torch.ones_like(x, device="cuda")
    y = ops.softplus(on_gpu, beta, math.inf)
    check(y, "softplus", beta, x)
    check(ops.softplus_backward(one, on_gpu, beta, math.inf), "slope", beta, x)
    slope, curvature = ops.softplus_double_backward(one, one, on_gpu, beta, math.inf)
    check(slope, "slope", beta, x)
    check(curvature, "curvature", beta, x)
    y = y[y.isfinite()]
    one = torch.ones_like(y)
    check(ops.softplus_backward_from_result(one, y, beta), "slope_from_result", beta, y.cpu())
    slope, curvature = ops.softplus_double_backward_from_result(one, one, y, beta)
    check(slope, "slope_from_result", beta, y.cpu())
    check(curvature, "curvature_from_result", beta, y.cpu())


@of_every_dtype
@pytest.mark.parametrize("beta", BETAS)
def test_inverse(dtype: torch.dtype, beta: float) -> None:
    y = reference.results(dtype, beta)
    check(ops.inverse_softplus(y.cuda(), beta, math.inf), "inverse_softplus", beta, y)


@of_every_dtype
@pytest.mark.parametrize("bias_dim", [0, 1, 2])
def test_bias(dtype: torch.dtype, bias_dim: int) -> None:
    """As the operators without one give for the sum; the halves' sum is rounded here."""
    x = torch.randn(4, 5, 6, dtype=torch.float64).to("cuda", dtype)
    bias = torch.randn(x.shape[bias_dim], dtype=torch.float64).to("cuda", dtype)
    aligned = bias.view(-1, *[1] * (2 - bias_dim))
    z, one = x.double() + aligned.double(), torch.ones_like(x)
    actual = softplus(x, 2, bias=bias, bias_dim=bias_dim)
    slope, curvature = ops.softplus_bias_double_backward(one, one, x, aligned, 2, 20)
    expected = ops.softplus_double_backward(one.double(), one.double(), z, 2, 20)
    # Besides the result's, the sum's rounding, half an eps of at most 8.
    close = {"rtol": 4 * torch.finfo(dtype).eps, "atol": 4 * torch.finfo(dtype).eps}
    torch.testing.assert_close(actual.double(), softplus(z, 2), **close)
    torch.testing.assert_close(slope.double(), expected[0], **close)
    torch.testing.assert_close(curvature.double(), expected[1], **close)
    assert torch.equal(ops.softplus_bias_backward(one, x, aligned, 2, 20), slope)


@of_every_dtype
def test_special_values_and_threshold(dtype: torch.dtype) -> None:
    x = torch.tensor([0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, 1e4, -1e4], dtype=dtype)
    x = torch.cat([x, x.new_tensor(1.0).nextafter(x.new_tensor(2.0))[None]])
    for beta in (1, -1):
        for threshold in (1, 20, math.inf, -math.inf):
            actual = softplus(x.cuda(), beta, threshold).cpu()
            # Each is within a ULP of the exact value, and a ULP is at most eps of it.
            torch.testing.assert_close(
                actual,
                softplus(x, beta, threshold),
                rtol=2 * torch.finfo(dtype).eps,
                atol=0,
                equal_nan=True,
            )


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.randn(1000003),
        lambda: torch.randn(1000003)[1:],  # not aligned for vector loads
        lambda: torch.randn(6, 5, 4, 3).transpose(0, 3),
        lambda: torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        lambda: torch.randn(30, 70)[::2, 1::3],
        lambda: torch.randn(3, 1).expand(3, 5),
        lambda: torch.randn(()),
        lambda: torch.randn(3, 0),
    ],
)
@of_every_dtype
def test_layouts(make, dtype: torch.dtype) -> None:
    x = make().cuda().to(dtype)
    y = softplus(x)
    dense = softplus(x.contiguous())
    assert torch.equal(y, dense)
    assert y.stride() == F.softplus(x).stride()
    out = torch.empty(*x.shape, 2, device="cuda", dtype=dtype)[..., 1]
    assert torch.equal(softplus(x, out=out), dense)
    resized = softplus(x, out=torch.empty(0, device="cuda", dtype=dtype))
    assert torch.equal(resized, dense)
    changed = x.clone()
    assert softplus_(changed) is changed
    assert torch.equal(changed, dense)


def test_gradients() -> None:
    x = torch.tensor([-3.0, -0.2, 0.0, 1.0, 1.9, 2.1, 30.0], dtype=torch.float64, device="cuda")
    x.requires_grad_()
    for function in (softplus, lambda x, *scalars: softplus_(x.clone(), *scalars)):
        assert gradcheck(function, (x, 1, 2), check_forward_ad=True)
        assert gradgradcheck(function, (x, 1, 2))


@of_every_dtype
def test_autocast(dtype: torch.dtype) -> None:
    x = torch.randn(10, dtype=dtype, device="cuda", requires_grad=True)
    with torch.autocast("cuda", dtype=torch.float16):
        y = softplus(x)
        assert y.dtype == F.softplus(x).dtype
        copy = x.clone()
        assert softplus_(copy).dtype == dtype
    y.sum().backward()
    assert x.grad.dtype == dtype


def test_refusals() -> None:
    x = torch.randn(4, device="cuda")
    with pytest.raises(RuntimeError, match="device"):
        ops.softplus_backward(x, x.cpu(), 1, 20)
    with pytest.raises(RuntimeError, match="device"):
        softplus(x, out=torch.empty(4))
    with pytest.raises(ValueError, match="beta must be finite and not zero"):
        softplus(x, 0)
    with pytest.raises(NotImplementedError, match="'Long'"):
        softplus(x.long())


def test_other_stream_and_large_tensor() -> None:
    """Beyond 2^31 elements, where 32-bit indices end; skipped on a small device."""
    count = 2**31 + 3
    if torch.cuda.mem_get_info()[0] < 3 * 2 * count:
        pytest.skip("not enough device memory")
    x = torch.zeros(count, dtype=torch.float16, device="cuda")
    x[-1] = 1
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        softplus_(x)
    torch.cuda.current_stream().wait_stream(stream)
    expected = softplus(torch.tensor([0.0, 1.0], dtype=torch.float16))
    assert torch.equal(x[[0, count // 2, -2, -1]].cpu(), expected[[0, 0, 0, 1]])
