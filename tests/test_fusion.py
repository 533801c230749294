"""Does softplus fuse with its neighbours in what Inductor writes for CUDA? Needs no GPU."""

import re
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor
from torch._inductor import scheduler
from torch._inductor.debug import DebugContext
from torch._inductor.decomposition import select_decomp_table
from torch._inductor.graph import GraphLowering
from torch._inductor.runtime.hints import DeviceProperties
from torch._inductor.virtualized import V
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from fused_softplus import softplus

pytest.importorskip("triton", reason="this torch comes without Triton")

DEVICE = SimpleNamespace(
    type="cuda",
    index=0,
    cc=90,
    major=9,
    minor=0,
    multi_processor_count=132,
    regs_per_multiprocessor=65536,
    max_threads_per_multi_processor=2048,
    warp_size=32,
)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> None:
    """The properties of a GPU that Inductor needs in order to generate code for it."""
    fields = {k: v for k, v in vars(DEVICE).items() if k in DeviceProperties._fields}
    properties = DeviceProperties(**fields)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _=None: DEVICE)
    monkeypatch.setattr(DeviceProperties, "create", classmethod(lambda *_: properties))
    monkeypatch.setattr(scheduler, "has_triton", lambda: True)
    monkeypatch.setattr(torch.utils._triton, "triton_hash_with_backend", lambda: "")


def triton_code(
    function: Callable[..., object], *dtypes: torch.dtype, decompose: bool = True
) -> str:
    """Returns the code that Inductor generates for a function of tensors of one size.

    The function is first traced on the CPU, because autograd needs the stream of a real device.
    """
    with FakeTensorMode() as mode:
        inputs = [torch.empty(64, 128, dtype=dtype) for dtype in dtypes]
        traced = make_fx(function, decomposition_table=select_decomp_table())(*inputs)
        for node in traced.graph.find_nodes(op="call_function", target=torch.ops.aten.full.default):
            node.update_kwarg("device", torch.device("cuda", 0))
        traced.recompile()
        inputs = [x.to("cuda") for x in inputs]
        table = select_decomp_table() if decompose else None
        traced = make_fx(traced, decomposition_table=table)(*inputs)
    graph = GraphLowering(traced, example_inputs=inputs)
    with V.set_graph_handler(graph), V.set_fake_mode(mode), V.set_debug_handler(DebugContext()):
        graph.run(*inputs)
        code = graph.codegen()[0]
    return getattr(code, "value", code)


def forward(x: Tensor, weight: Tensor) -> Tensor:
    return (softplus(x * weight, 2.0, 20.0) + 1).sin()


def gradients(x: Tensor, weight: Tensor, grad_output: Tensor) -> tuple[Tensor, ...]:
    leaves = [x.detach().requires_grad_(), weight.detach().requires_grad_()]
    return torch.autograd.grad(forward(*leaves), leaves, grad_output)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize(
    ("function", "inputs", "outputs"), [(forward, 2, 1), (gradients, 3, 2)], ids=["y", "dy"]
)
@pytest.mark.usefixtures("device")
def test_one_kernel(
    function: Callable[..., object], inputs: int, outputs: int, dtype: torch.dtype
) -> None:
    """Softplus and its neighbors are one kernel, which reads inputs and writes outputs once."""
    code = triton_code(function, *[dtype] * inputs)
    assert len(re.findall(r"@triton\.jit", code)) == 1
    assert code.count("tl.load(") == inputs
    assert code.count("tl.store(") == outputs
    assert "libdevice.exp(" in code
    assert ("tl_math.sin(" if function is forward else "tl_math.cos(") in code


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("bias_dim", [-1, 0])
@pytest.mark.usefixtures("device")
def test_one_kernel_with_a_bias(bias_dim: int, dtype: torch.dtype) -> None:
    """The kernel that computes the gradient of the input also sums the gradient of the bias."""

    def forward(x: Tensor, bias: Tensor) -> Tensor:
        return (softplus(x * 3, 2.0, 20.0, bias=bias, bias_dim=bias_dim) + 1).sin()

    def gradients(x: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
        leaves = [x.detach().requires_grad_(), bias.detach().requires_grad_()]
        return torch.autograd.grad(forward(*leaves).sum(), leaves)

    def with_a_slice(function: Callable[..., object]) -> Callable[..., object]:
        return lambda x, y: function(x, y.select(-1 - bias_dim, 0))

    for function, outputs in ((forward, 1), (gradients, 2)):
        code = triton_code(with_a_slice(function), dtype, dtype)
        assert len(re.findall(r"@triton\.jit", code)) == 1
        assert (code.count("tl.load("), code.count("tl.store(")) == (2, outputs)
        assert code.count("tl.sum(") == outputs - 1


@pytest.mark.usefixtures("device")
def test_the_operator_itself_would_not_fuse() -> None:
    """This shows that the tests above can fail, and why the decomposition exists."""
    code = triton_code(lambda x: softplus(x * 2).sin(), torch.float32, decompose=False)
    assert len(re.findall(r"@triton\.jit", code)) == 2
    assert "torch.ops.fused_softplus.softplus.default(" in code
