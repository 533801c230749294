"""Do the CUDA kernels give the results of the CPU, wherever and however they are called?"""

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from fused_softplus import _C, _build, softplus, softplus_
from tests.tools import reference
from tests.tools.reference import BETAS, DTYPES

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
    check(ops.shifted_softplus(on_gpu, beta, math.inf), "shifted_softplus", beta, x)
    if dtype.itemsize > 2:  # the 16-bit types round the sum once
        floor = torch.tensor(0.1, device="cuda", dtype=dtype)
        assert torch.equal(ops.softplus_floor(on_gpu, floor, beta, math.inf), y + floor)
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
    """Equals softplus of the sum, except that the 16-bit types round the sum here."""
    x = torch.randn(4, 5, 6, dtype=torch.float64).to("cuda", dtype)
    bias = torch.randn(x.shape[bias_dim], dtype=torch.float64).to("cuda", dtype)
    aligned = bias.view(-1, *[1] * (2 - bias_dim))
    z, one = x.double() + aligned.double(), torch.ones_like(x)
    actual = softplus(x, 2, bias=bias, bias_dim=bias_dim)
    slope, curvature = ops.softplus_bias_double_backward(one, one, x, aligned, 2, 20)
    expected = ops.softplus_double_backward(one.double(), one.double(), z, 2, 20)
    # The sum is at most 8; its rounding adds half an eps of that to the rounding of the result.
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
            # Both are within 1 ULP of the exact value, and an ULP is at most eps times the value.
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


def at_an_offset(x: Tensor) -> Tensor:
    return torch.cat([x.new_full((3,), math.nan), x.flatten()])[3:].view(x.shape)


def with_columns(before: int, x: Tensor, after: int) -> Tensor:
    """A view of x among so many other columns."""
    sides = [x.new_full((*x.shape[:-1], count), math.nan) for count in (before, after)]
    return torch.cat([sides[0], x, sides[1]], -1)[..., before : before + x.shape[-1]]


def second_half_of_rows(x: Tensor) -> Tensor:
    return with_columns(x.shape[-1], x, 0)


def rows_that_begin_at_vectors(x: Tensor) -> Tensor:
    return with_columns(0, x, 64 - x.shape[-1])


def first_row_begins_at_a_vector(x: Tensor) -> Tensor:
    return with_columns(0, x, 1)


def no_row_begins_at_a_vector(x: Tensor) -> Tensor:
    return with_columns(1, x, 63 - x.shape[-1])


def every_other(x: Tensor) -> Tensor:
    return torch.stack([x, torch.full_like(x, math.nan)], -1)[..., 0]


def transposed(x: Tensor) -> Tensor:
    return x.transpose(0, -1).contiguous().transpose(0, -1)


@of_every_dtype
@pytest.mark.parametrize("rows", [48, 50])  # of whole vectors, or not
@pytest.mark.parametrize(
    "layout",
    [
        at_an_offset,
        second_half_of_rows,
        rows_that_begin_at_vectors,
        first_row_begins_at_a_vector,
        no_row_begins_at_a_vector,
        every_other,
        transposed,
    ],
)
def test_one_operand_of_another_layout(
    layout: Callable[[Tensor], Tensor], rows: int, dtype: torch.dtype
) -> None:
    for operator, count in (
        ("softplus", 1),
        ("softplus_backward", 2),
        ("softplus_double_backward", 3),
        ("softplus_bias", 2),
        ("softplus_bias_double_backward", 4),
    ):
        operands = list(torch.randn(count, 7, rows, dtype=torch.float64).to("cuda", dtype))
        call = getattr(ops, operator)
        expected = call(*operands, 2, 20)
        for other in range(count):
            changed = [layout(x) if i == other else x for i, x in enumerate(operands)]
            torch.testing.assert_close(call(*changed, 2, 20), expected, rtol=0, atol=0)
    x = operands[0]
    view = layout(x)
    assert softplus_(view, 2) is view
    assert torch.equal(view, softplus(x, 2))
    out = layout(x)
    softplus(x, 2, out=out)
    assert torch.equal(out, softplus(x, 2))


@of_every_dtype
@pytest.mark.parametrize("shape", [(3, 5, 32), (3, 4, 5), (1000,), (2, 3, 2, 50)])
def test_bias_equals_the_same_bias_for_each_element(
    shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    *others, x = torch.randn(3, *shape, dtype=torch.float64).to("cuda", dtype)
    for dim in range(-1, len(shape)):
        size = shape[dim] if dim >= 0 else 1
        bias = torch.randn(size, *[1] * (len(shape) - 1 - max(dim, 0)), dtype=torch.float64)
        bias = bias.to("cuda", dtype)
        dense = bias.expand(shape).contiguous()
        for beta in (1, 0.7):
            for operator, count in (("", 0), ("_backward", 1), ("_double_backward", 2)):
                call = getattr(ops, f"softplus_bias{operator}")
                torch.testing.assert_close(
                    call(*others[:count], x, bias, beta, 5),
                    call(*others[:count], x, dense, beta, 5),
                    rtol=0,
                    atol=0,
                )


@of_every_dtype
@pytest.mark.parametrize("offset", [0, 1, 3, 8])
def test_elements_before_and_after_the_vectors(offset: int, dtype: torch.dtype) -> None:
    for n in (1, 2, 7, 15, 31, 33, 64, 1025):
        memory = torch.randn(offset + n + 9, dtype=torch.float64).to("cuda", dtype)
        before, expected = memory.clone(), softplus(memory)
        view = memory[offset : offset + n]
        assert torch.equal(softplus(view), expected[offset : offset + n])
        softplus_(view)
        expected[:offset], expected[offset + n :] = before[:offset], before[offset + n :]
        assert torch.equal(memory, expected)


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
    with pytest.raises(RuntimeError, match="same device"):
        ops.softplus_backward(x.cpu(), x, 1, 20)
    with pytest.raises(RuntimeError, match="device"):
        softplus(x, out=torch.empty(4))
    with pytest.raises(ValueError, match="beta must be finite and not zero"):
        softplus(x, 0)
    with pytest.raises(NotImplementedError, match="'Long'"):
        softplus(x.long())


def every_kernel(x: Tensor) -> list[Tensor]:
    grad_grad, grad, y = x.flip(0), x + 1, x.abs()
    results = []
    for beta in (1, 0.7):
        results += [
            ops.softplus(x, beta, 5),
            softplus_(x.clone(), beta, 5),
            ops.softplus_backward(grad, x, beta, 5),
            ops.softplus_backward_from_result(grad, y, beta),
            *ops.softplus_double_backward(grad_grad, grad, x, beta, 5),
            *ops.softplus_double_backward_from_result(grad_grad, grad, y, beta),
            ops.softplus_bias(x, grad, beta, 20),
            ops.softplus_bias(x, grad[-1:], beta, 20),
            ops.softplus(x[::2], beta, 5),
            softplus_(x.clone()[::2], beta, 5),
        ]
    return results


@of_every_dtype
def test_bits_are_those_of_the_cpu(dtype: torch.dtype) -> None:
    """CUDA, AVX-512 and NEON run the same operations. The float64 formulas are the same everywhere;
    the tables of float32 and the 16-bit types have the same size. -fmad=false and fma() ensure
    this."""
    if dtype != torch.float64 and _C.cpu_capability() not in ("avx512", "neon"):
        pytest.skip("this CPU's float32 kernels use shorter tables than CUDA's")
    x = (10 * torch.randn(100_003, dtype=torch.float64)).to(dtype)
    x[:4] = torch.tensor([math.nan, -math.nan, math.inf, -math.inf])
    x[4:1004] = torch.linspace(-108, -86, 1000).to(dtype)  # exp(x) is subnormal in float
    for on_cpu, on_gpu in zip(every_kernel(x), every_kernel(x.cuda()), strict=True):
        torch.testing.assert_close(on_gpu.cpu(), on_cpu, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    ("operator", "shapes"),
    [
        ("softplus_bias", [(0, 5), (5,)]),
        ("softplus_bias", [(4, 0, 6), (0, 1)]),
        ("softplus_bias_backward", [(0, 5), (0, 5), (5,)]),
        ("softplus_backward", [(1, 5), (0, 5)]),
        ("softplus_double_backward", [(0, 5), (0, 5), (1, 5)]),
    ],
)
def test_operands_that_broadcast_to_nothing(operator: str, shapes: list[tuple[int, ...]]) -> None:
    operands = [torch.randn(shape, device="cuda") for shape in shapes]
    results = getattr(ops, operator)(*operands, 1, 20)
    for result in results if isinstance(results, tuple) else (results,):
        assert result.shape == torch.broadcast_shapes(*shapes)


def ulp_errors(actual: Tensor, exact: Tensor) -> Tensor:
    """Returns the errors in float32 ULP."""
    exponent = torch.frexp(exact)[1].clamp(min=-125)
    return (actual.double() - exact).abs() / torch.exp2((exponent - 24).double())


def test_every_float32_input() -> None:
    """All 2^32 results are within 1 ULP (csrc/math/formulas.h) of float64 on the device."""
    worst = dict.fromkeys(("softplus", "slope"), 0.0)
    step = 2**27
    for first in range(-(2**31), 2**31, step):
        x = torch.arange(first, first + step, dtype=torch.int32, device="cuda").view(torch.float32)
        x = x[x.isfinite()]
        small = (-x.double().abs()).exp()
        exact = x.double().clamp(min=0) + small.log1p()
        worst["softplus"] = max(
            worst["softplus"], ulp_errors(ops.softplus(x, 1, math.inf), exact).max().item()
        )
        slope = torch.where(x > 0, 1, small) / (1 + small)
        actual = ops.softplus_backward(torch.ones_like(x), x, 1, math.inf)
        worst["slope"] = max(worst["slope"], ulp_errors(actual, slope).max().item())
    print(worst)
    assert worst["softplus"] < 1 and worst["slope"] < 1


def test_graph() -> None:
    """Capture rejects synchronization, and allocations outside the caching allocator."""
    x, grad = torch.randn(2, 1000, device="cuda")
    leaf = x.clone().requires_grad_()

    def step() -> list[Tensor]:
        return [*every_kernel(x), *torch.autograd.grad(softplus(leaf), leaf, grad)]

    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step()
    for _ in range(2):
        x.normal_()
        with torch.no_grad():
            leaf.normal_()
        graph.replay()
        assert all(map(torch.equal, captured, step()))


@of_every_dtype
@pytest.mark.parametrize("inplace", [False, True])
def test_compiled_into_a_graph(inplace: bool, dtype: torch.dtype) -> None:
    """Every step of mode="reduce-overhead" is right: warm-up, recording and replay."""

    def step(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        hidden = softplus(x * weight, 2, bias=bias)
        hidden = softplus_(hidden * weight) if inplace else softplus(hidden * weight)
        return hidden.square().mean()

    torch._dynamo.reset()
    compiled = torch.compile(step, fullgraph=True, mode="reduce-overhead")
    for _ in range(3):
        leaves = [torch.rand(16, 8), torch.rand(8), torch.rand(8)]
        leaves = [leaf.to("cuda", dtype).requires_grad_() for leaf in leaves]
        torch.compiler.cudagraph_mark_step_begin()
        outcomes = []
        for function in (step, compiled):
            loss = function(*leaves)
            outcomes.append([loss.clone(), *map(torch.clone, torch.autograd.grad(loss, leaves))])
        # All values are positive, so errors stay relative. Either side has about 16 roundings to
        # dtype of half an eps, and in float32 and float64 7 more from summing in a tree.
        torch.testing.assert_close(*outcomes, rtol=32 * torch.finfo(dtype).eps, atol=0)


def test_current_stream() -> None:
    """Work that waits for the stream sees the result; another stream does not wait for it."""
    x = torch.zeros(1000, device="cuda")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(100_000_000)
        softplus_(x)
    assert not stream.query()
    torch.cuda.current_stream().wait_stream(stream)
    assert torch.equal(x, softplus(torch.zeros_like(x)))


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one CUDA device")
def test_device_that_is_not_the_current_one() -> None:
    x = torch.randn(1000)
    assert torch.cuda.current_device() == 0
    for on_cpu, on_gpu in zip(every_kernel(x), every_kernel(x.to("cuda:1")), strict=True):
        assert on_gpu.device == torch.device("cuda:1")
        torch.testing.assert_close(on_gpu.cpu(), on_cpu, rtol=1e-6, atol=0)
    with pytest.raises(RuntimeError, match="device"):
        ops.softplus_backward(x.to("cuda:0"), x.to("cuda:1"), 1, 20)


@pytest.fixture
def little_memory() -> Iterator[Callable[[int], None]]:
    """Limits how many more bytes of device memory this process can allocate."""

    def limit(more: int) -> None:
        torch.cuda.empty_cache()
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + more) / total)

    yield limit
    torch.cuda.set_per_process_memory_fraction(1.0)


def test_out_of_memory_leaves_tensors_intact(little_memory: Callable[[int], None]) -> None:
    x = torch.randn(2**26, device="cuda", requires_grad=True)
    before, y = x.detach().clone(), softplus(x)
    little_memory(2**20)
    with pytest.raises(torch.OutOfMemoryError):
        softplus(x)
    with pytest.raises(torch.OutOfMemoryError):
        y.backward(torch.ones((), device="cuda").expand_as(y))
    assert torch.equal(x, before) and x.grad is None
    assert softplus_(before) is before  # needs no memory


def test_sanitizers() -> None:
    program = shutil.which("compute-sanitizer")
    if not program:
        pytest.skip("compute-sanitizer is not installed")
    code = (
        "import torch\n"
        "from tests import test_cuda\n"
        "for dtype in test_cuda.DTYPES:\n"
        "    for n in (1, 15, 5003):\n"
        "        x = torch.randn(n, device='cuda').to(dtype)\n"
        "        test_cuda.every_kernel(x), test_cuda.every_kernel(x[::2])\n"
        "torch.cuda.synchronize()"
    )
    for tool in ("memcheck", "racecheck"):
        done = subprocess.run(
            [program, "--tool", tool, "--error-exitcode", "9", sys.executable, "-c", code],
            env={**os.environ, "PYTORCH_NO_CUDA_MEMORY_CACHING": "1"},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
        )
        if "Device not supported" in done.stdout:
            pytest.skip("compute-sanitizer does not support this device")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("strided", (False, True))
def test_more_than_2_to_31_elements(strided: bool) -> None:
    """More elements than 32-bit indices can address; skipped on a small device."""
    count = 2**31 + 3
    if torch.cuda.mem_get_info()[0] < 8 * count:
        pytest.skip("not enough device memory")
    x = torch.zeros(2 * count if strided else count, dtype=torch.float16, device="cuda")
    x = x[::2] if strided else x
    x[-1] = 1
    softplus_(x)
    expected = softplus(torch.tensor([0.0, 1.0], dtype=torch.float16))
    assert torch.equal(x[[0, count // 2, -2, -1]].cpu(), expected[[0, 0, 0, 1]])
