"""Do FakeTensor, FX, modes and the profiler treat the operators as PyTorch's own?"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from fused_softplus import softplus, softplus_
from tests.tools.operators import OPERATORS, operands

ops = torch.ops.fused_softplus


def randn(*shape: int, grad: bool = False, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, dtype=dtype, requires_grad=grad)


SAMPLES: list[tuple[torch._ops.OpOverload, Callable[[], tuple[Any, ...]], dict[str, Any]]] = [
    (ops.softplus.default, lambda: (randn(3, 4),), {}),
    (ops.softplus.default, lambda: (randn(3, 4, grad=True), 2, 1.5), {}),
    (ops.softplus.default, lambda: (randn(4, 3, grad=True).t(), 0.5), {}),
    (ops.softplus.default, lambda: (randn(2, 3, 4, 5).to(memory_format=torch.channels_last),), {}),
    (ops.softplus.default, lambda: (randn(0, grad=True, dtype=torch.float64),), {}),
    (ops.softplus.default, lambda: (randn(dtype=torch.bfloat16, grad=True),), {}),
    (ops.softplus.out, lambda: (randn(3, 4), 2), {"out": lambda: torch.empty(3, 4)}),
    (ops.softplus_.default, lambda: (randn(3, 4),), {}),
    (ops.shifted_softplus_.default, lambda: (randn(3, 4), 2), {}),
    (ops.softplus.bias, lambda: (randn(3, 4),), {"bias": lambda: randn(4)}),
    (
        ops.softplus.bias,
        lambda: (randn(2, 3, 4, grad=True).transpose(0, 2), 2, 1.5),
        {"bias": lambda: randn(3, grad=True), "bias_dim": lambda: 1},
    ),
    (ops.softplus.bias, lambda: (randn(3, 4),), {"bias": lambda: None}),
    (ops.softplus.bias, lambda: (randn(3, 4, grad=True),), {"bias": lambda: randn(4).double()}),
    (ops.softplus.number_bias, lambda: (randn(3, 4, grad=True), 2), {"bias": lambda: 0.5}),
    *(
        (op, lambda: (torch.rand(3, 4, requires_grad=True), 2), {"floor": lambda: -0.5})
        for op in (ops.softplus.floor, ops.inverse_softplus.floor)
    ),
    *(
        (op, lambda: (torch.rand(3, 4, requires_grad=True), torch.rand(4, requires_grad=True)), {})
        for op in (ops.softplus.tensor_beta, ops.inverse_softplus.tensor_beta)
    ),
    *(
        (operator.op, partial(operands, operator, *sizes, grad=grad), {})
        for operator in OPERATORS.values()
        for sizes in ([(3, 4)], [(3, 4), (1, 4), (3, 1)])
        for grad in (False, True)
    ),
]


# PyTorch's tracing reads .grad of tensors that are not leaves.
ignore_grad_warning = pytest.mark.filterwarnings(
    "ignore:The .grad attribute of a Tensor that is not a leaf"
)


@ignore_grad_warning
@pytest.mark.parametrize(
    ("op", "arguments", "keywords"),
    SAMPLES,
    ids=[f"{i} {op._schema.name}.{op._overloadname}" for i, (op, _, _) in enumerate(SAMPLES)],
)
def test_opcheck(
    op: torch._ops.OpOverload,
    arguments: Callable[[], tuple[Any, ...]],
    keywords: dict[str, Callable[[], Tensor | int]],
) -> None:
    made = {name: make() for name, make in keywords.items()}
    done = torch.library.opcheck(op, arguments(), made)
    assert set(done.values()) == {"SUCCESS"}


def test_opcheck_has_a_sample_of_every_operator() -> None:
    """Names with a leading underscore are exempt: torch.compile calls them below autograd."""
    schemas = torch._C._jit_get_all_schemas()
    names = {
        (schema.name, schema.overload_name or "default")
        for schema in schemas
        if schema.name.startswith("fused_softplus::") and "::_" not in schema.name
    }
    assert names == {(op._schema.name, op._overloadname) for op, _, _ in SAMPLES}


# ---- Without data ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_fake_and_meta_tensors(dtype: torch.dtype) -> None:
    x = torch.randn(2, 3, 4, 5).to(dtype, memory_format=torch.channels_last)[:, 1:]
    expected = softplus(x)
    with FakeTensorMode() as mode:
        fake = mode.from_tensor(x)
        empty = torch.empty(0, dtype=dtype)
        pairs = [
            (softplus(fake), expected),
            # PyTorch's strides of resized fake tensors differ from those of eager tensors.
            (softplus(fake, out=empty), F.softplus(fake, out=torch.empty(0, dtype=dtype))),
        ]
        assert softplus_(fake) is fake
    meta = x.to("meta")
    pairs.append((softplus(meta), F.softplus(meta)))
    for output, other in pairs:
        assert (output.shape, output.dtype) == (expected.shape, dtype)
        assert output.stride() == other.stride()


def test_meta_gradients() -> None:
    x = torch.randn(3, 4, device="meta", requires_grad=True)
    softplus(x).sum().backward()
    assert x.grad.shape == x.shape and x.grad.is_meta
    softplus_(x.clone()).sum().backward()


# ---- Tracing and overriding ------------------------------------------------------------------


def test_fx_symbolic_trace_keeps_the_function() -> None:
    graph = fx.symbolic_trace(lambda x: softplus_(softplus(x, 2)))
    targets = [node.target for node in graph.graph.nodes if node.op == "call_function"]
    assert targets == [softplus, softplus_]
    x = torch.randn(4)
    assert torch.equal(graph(x), softplus_(softplus(x, 2)))


def test_make_fx_sees_forward_and_backward() -> None:
    def function(x: Tensor) -> Tensor:
        return torch.autograd.grad(softplus(x, 2).sum(), x)[0]

    graph = make_fx(function)(torch.randn(4, requires_grad=True))
    targets = [node.target for node in graph.graph.nodes if node.op == "call_function"]
    assert ops.softplus.default in targets
    assert ops.softplus_backward.default in targets


class Seen(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.functions: list[object] = []

    def __torch_function__(self, function, types, args=(), kwargs=None):
        self.functions.append(function)
        return function(*args, **(kwargs or {}))


def test_torch_function_mode() -> None:
    x = torch.randn(4)
    with Seen() as seen:
        softplus(x)
        softplus_(x)
    assert seen.functions == [softplus, softplus_]


def test_torch_dispatch_mode() -> None:
    seen = []

    class Mode(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            seen.append(function)
            return function(*args, **(kwargs or {}))

    with Mode():
        softplus(torch.ones(3))
    assert ops.softplus.default in seen


@pytest.mark.filterwarnings("ignore:.*Profiler clears events")
def test_profiler_names_the_operator() -> None:
    x = torch.randn(4, requires_grad=True)
    with torch.profiler.profile() as profile:
        softplus_(softplus(x)).sum().backward()
    names = {event.key for event in profile.key_averages()}
    assert names >= {
        "fused_softplus::softplus",
        "fused_softplus::softplus_",
        "fused_softplus::softplus_backward",
        "fused_softplus::softplus_backward_from_result",
        "FusedSoftplusBackward",
        "FusedSoftplusFromResultBackward",
    }
