"""Does mixed precision treat the operators as torch's softplus, a whole training step included?"""

import contextlib
from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from fused_softplus import (
    Softplus,
    _build,
    inverse_softplus,
    replace_softplus,
    softplus,
    softplus_,
)
from tests.tools import reference

HALVES = (torch.bfloat16, torch.float16)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("autocast_dtype", HALVES, ids=str)
def test_cpu(dtype: torch.dtype, autocast_dtype: torch.dtype) -> None:
    x = torch.randn(4, dtype=dtype)
    with torch.autocast("cpu", dtype=autocast_dtype):
        assert softplus(x).dtype == F.softplus(x).dtype
        assert softplus_(x).dtype == dtype


@contextlib.contextmanager
def cuda_autocast(dtype: torch.dtype) -> Iterator[None]:
    """Enables CUDA autocast for fake tensors. torch.autocast needs a GPU, and disables itself."""
    before = torch.get_autocast_dtype("cuda")
    torch.set_autocast_dtype("cuda", dtype)
    torch.set_autocast_enabled("cuda", True)
    try:
        with FakeTensorMode():
            yield
    finally:
        torch.set_autocast_enabled("cuda", False)
        torch.set_autocast_dtype("cuda", before)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("autocast_dtype", HALVES, ids=str)
def test_cuda(dtype: torch.dtype, autocast_dtype: torch.dtype) -> None:
    with cuda_autocast(autocast_dtype):
        x = torch.empty(4, device="cuda", dtype=dtype)
        expected = F.softplus(x).dtype
        assert softplus(x).dtype == inverse_softplus(x).dtype == expected
        other = x if dtype == torch.float64 else x.half()  # float64 is not cast
        assert softplus(x, bias=other).dtype == expected
        assert softplus_(x).dtype == dtype


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("autocast_dtype", HALVES, ids=str)
def test_compiled_for_cuda(dtype: torch.dtype, autocast_dtype: torch.dtype) -> None:
    """The decomposition that replaces the operator on CUDA casts as well."""
    torch._dynamo.reset()
    with cuda_autocast(autocast_dtype):
        x = torch.empty(4, device="cuda", dtype=dtype)
        for function, expected in ((softplus, F.softplus(x).dtype), (softplus_, dtype)):
            compiled = torch.compile(function, fullgraph=True, backend="eager")
            assert compiled(x).dtype == expected
        bias = torch.empty(4, device="cuda", dtype=torch.promote_types(dtype, torch.float32))
        compiled = torch.compile(softplus, fullgraph=True, backend="eager")
        assert compiled(x, bias=bias).dtype == bias.dtype


# ---- A bias of another dtype --------------------------------------------------------------------


@pytest.mark.parametrize("bias_dtype", [*reference.DTYPES, torch.int64], ids=str)
@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (3,)], ids=str)
def test_bias_of_another_dtype(
    shape: tuple[int, ...], dtype: torch.dtype, bias_dtype: torch.dtype
) -> None:
    """The result has the dtype of the sum and, if the dtypes differ, its bits."""
    x = torch.randn(2, 3).to(dtype).requires_grad_()
    bias = torch.full(shape, 2.0).to(bias_dtype)
    if bias_dtype.is_floating_point:
        bias = (bias / 3).requires_grad_()
    y, total = softplus(x, 2, bias=bias), softplus(x + bias, 2)
    assert y.dtype == total.dtype == F.softplus(x + bias, 2).dtype
    if dtype != bias_dtype:
        assert torch.equal(y, total)
    inputs = [tensor for tensor in (x, bias) if tensor.requires_grad]
    for gradient, tensor in zip(torch.autograd.grad(y.sum(), inputs), inputs, strict=True):
        assert (gradient.dtype, gradient.shape) == (tensor.dtype, tensor.shape)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("bias", [1, 0.1, True, -2.5])
def test_bias_that_is_a_number(bias: float, dtype: torch.dtype) -> None:
    x = torch.randn(5).to(dtype).requires_grad_()
    y, total = softplus(x, 2, bias=bias), softplus(x + bias, 2)
    assert y.dtype == dtype and torch.equal(y, total)
    assert torch.equal(*(torch.autograd.grad(result.sum(), x)[0] for result in (y, total)))


def test_bias_of_a_layer_under_cpu_autocast() -> None:
    """A projection in bfloat16 with a bias in float32, as in Mamba."""
    projection, dt_bias = nn.Linear(3, 4), nn.Parameter(torch.randn(4))
    with torch.autocast("cpu", torch.bfloat16):
        dt = projection(torch.randn(2, 3))
        y, expected = softplus(dt, bias=dt_bias), softplus(dt + dt_bias)
    assert dt.dtype == torch.bfloat16 and y.dtype == torch.float32
    assert torch.equal(y, expected)
    y.sum().backward()
    assert projection.weight.grad is not None and dt_bias.grad is not None
    assert dt_bias.grad.dtype == torch.float32


# ---- Training ----------------------------------------------------------------------------------


has_cuda = torch.cuda.is_available() and _build.cuda
on_every_device = pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not has_cuda, reason="no CUDA"))],
)

Activation = Callable[[], nn.Module]

ACTIVATIONS: dict[str, Activation] = {
    "functional": Softplus,
    "in place": lambda: Softplus(inplace=True),
}


def network(activation: Activation) -> nn.Module:
    """Returns a network with positive weights, so that no sum cancels and errors stay relative."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), activation(), nn.Conv2d(4, 2, 3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.uniform_(0.01, 0.1)
    return model.to(memory_format=torch.channels_last)


def images() -> Tensor:
    return torch.rand(2, 3, 8, 8).to(memory_format=torch.channels_last)


@on_every_device
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_training_step(dtype: torch.dtype, activation: Activation, device: str) -> None:
    """A step equals that with nn.Softplus: scaled, in mixed precision and in channels_last."""
    outcomes = []
    for kind in (nn.Softplus, activation):
        model = network(kind).to(device)
        scaler = torch.amp.GradScaler(device, init_scale=1024)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        x = images().to(device).requires_grad_()
        with torch.autocast(device, dtype=dtype):
            hidden = model[:2](x)
            loss = model[2](hidden).float().mean()
        assert hidden.is_contiguous(memory_format=torch.channels_last)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        gradients = [parameter.grad for parameter in model.parameters()]
        scaler.step(optimizer)
        scaler.update()
        assert x.grad.is_contiguous(memory_format=torch.channels_last)
        outcomes.append([loss.detach(), x.grad / 1024, *gradients, *model.parameters()])
    # Two softpluses differ by at most 1 ULP, which is at most eps, and so do two slopes. Everything
    # computed from them is a sum of positive numbers, and rounds once or twice more.
    error = 3 * torch.finfo(dtype).eps
    torch.testing.assert_close(outcomes[1], outcomes[0], rtol=error, atol=0)


@on_every_device
def test_grad_scaler_sees_the_same_overflows(device: str) -> None:
    """With a scale that is too large, the same steps are skipped until the scale has decreased."""
    scales: list[list[float]] = []
    for kind in (nn.Softplus, Softplus):
        model = network(kind).to(device)
        scaler = torch.amp.GradScaler(device, init_scale=2.0**24)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        scales.append([])
        for _ in range(12):
            optimizer.zero_grad()
            with torch.autocast(device, dtype=torch.float16):
                loss = model(images().to(device)).float().mean()
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            scales[-1].append(scaler.get_scale())
    assert scales[0] == scales[1]
    assert 2.0**24 > scales[0][-1] == scales[0][-2]


def test_replaced_modules_keep_the_layout() -> None:
    model = network(nn.Softplus)
    assert replace_softplus(model) == 1
    assert model(images()).is_contiguous(memory_format=torch.channels_last)
