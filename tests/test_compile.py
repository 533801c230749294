"""Does torch.compile take the operators whole: forward, backward, in place and in models?"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch._inductor.decomposition import select_decomp_table
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import fused_softplus
from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from tests.tools.operators import OPERATORS, operands

ops = torch.ops.fused_softplus

# PyTorch's tracing reads .grad of tensors that are not leaves.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Clears the compiled code; a test then raises if it needs more than one graph."""
    torch._dynamo.reset()
    with torch._dynamo.config.patch(error_on_recompile=True):
        yield


def outcome(function: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the result and the gradient of its sum."""
    leaf = x.clone().requires_grad_()
    y = function(leaf)
    y.sum().backward()
    return y.detach(), leaf.grad


# ---- Functions and models ----------------------------------------------------------------------


FUNCTIONS = {
    "functional": lambda x: softplus(x, 0.5, 3),
    "in place": lambda x: softplus_(x * 1, 0.5, 20),
    "in place on a view": lambda x: softplus_((x * 1)[1:]),
    "module": Softplus(2),
    "out": lambda x: softplus(x.detach(), out=torch.empty_like(x)) * x,
    "with a bias": lambda x: softplus(x, 0.5, 3, bias=x[0]),
    "inverse": lambda x: inverse_softplus(x.square() + 0.1, 2, 3),
    "among others": lambda x: softplus(x * 2).exp() * softplus_(x + 1),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        ("aot_eager", torch.float32),
        ("aot_eager", torch.float64),
        ("aot_eager", torch.bfloat16),
        ("inductor", torch.float32),
    ],
    ids=str,
)
def test_as_eager_for_any_shape(
    function: Callable[[Tensor], Tensor], dtype: torch.dtype, backend: str
) -> None:
    compiled = torch.compile(function, fullgraph=True, backend=backend, dynamic=True)
    for length in (5, 7, 64):
        x = torch.randn(length, 3, dtype=dtype)
        (y, grad), (expected, expected_grad) = outcome(compiled, x), outcome(function, x)
        # The compiled in-place operator differentiates from the input, the eager one from the
        # rounded result: 1.5 + 1.5 + 2 ULP between them, of up to eps each.
        ulps, grad_ulps = 0, 5
        if function is FUNCTIONS["with a bias"]:  # its gradient is a sum, in any order
            grad_ulps += length
        elif function is FUNCTIONS["among others"]:
            # The exp of Inductor and that of ATen are within 1 ULP, and either rounds the product.
            # The gradient is a sum of two positive products of up to four factors.
            ulps, grad_ulps = 2 + 1, grad_ulps + 2 + 3 + 1
        eps = torch.finfo(dtype).eps
        torch.testing.assert_close(y, expected, rtol=ulps * eps, atol=0)
        torch.testing.assert_close(grad, expected_grad, rtol=grad_ulps * eps, atol=0)


class Block(nn.Module):
    def __init__(self, inplace: bool) -> None:
        super().__init__()
        activation = Softplus(beta=2, inplace=inplace)
        self.layers = nn.Sequential(
            nn.Linear(4, 8), activation, nn.Linear(8, 8), activation, nn.Linear(8, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).square().mean()


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_training_a_model(inplace: bool, backend: str) -> None:
    models = []
    for compile in (False, True):
        torch.manual_seed(0)
        model = Block(inplace)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        run = torch.compile(model, fullgraph=True, backend=backend) if compile else model
        for _ in range(3):
            optimizer.zero_grad()
            run(torch.randn(16, 4)).backward()
            optimizer.step()
        models.append(model.state_dict())
    torch.testing.assert_close(*models, rtol=1e-5, atol=1e-7)


def test_replaced_modules() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Softplus(beta=2))
    fused_softplus.replace_softplus(model)
    x = torch.randn(4, 3)
    assert torch.equal(torch.compile(model, fullgraph=True, backend="aot_eager")(x), model(x))


@torch.no_grad()  # else the input of every block but the first would require grad
def test_replaced_modules_share_compiled_code() -> None:
    """All blocks of a model share one graph; each further value of beta adds as many."""
    graphs = []

    def backend(graph: torch.fx.GraphModule, _: list[Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    class Layers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(3, 3), nn.Softplus(2.0))

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(x)

    model = nn.Sequential(*(Layers() for _ in range(4)))
    assert fused_softplus.replace_softplus(model) == 4
    x = torch.randn(4, 3)
    expected = model(x)
    for block in model:
        block.compile(backend=backend, fullgraph=True)
    assert torch.equal(model(x), expected)
    (graph,) = graphs
    assert ops.softplus in [node.target for node in graph.graph.nodes]
    model[0].layers[1].beta = 3.0
    with torch._dynamo.config.patch(error_on_recompile=False):
        y = model[0](x)
    assert torch.equal(y, softplus(model[0].layers[0](x), 3.0))
    assert len(graphs) == 2


def test_the_operator_stays_one_node() -> None:
    graphs = []

    def backend(graph: torch.fx.GraphModule, _: list[Tensor]) -> Callable[..., object]:
        graphs.append(graph)
        return graph.forward

    torch.compile(lambda x: softplus_(softplus(x, 2)), fullgraph=True, backend=backend)(
        torch.ones(3)
    )
    (graph,) = graphs
    targets = [node.target for node in graph.graph.nodes if node.op == "call_function"]
    assert targets == [ops.softplus, ops.softplus_]


HALF = torch.tensor(0.5, dtype=torch.float64)
NUMBERS = [(float(n), 3.0) for n in range(1, 9)] + [(-2.0, float(n)) for n in range(1, 5)]

# Functions of beta and threshold, and the same functions in terms of PyTorch's operators.
WITH_NUMBERS: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "functional": (softplus, F.softplus),
    "in place": (lambda x, *numbers: softplus_(x * 1, *numbers), F.softplus),
    "with a bias": (
        lambda x, *numbers: softplus(x, *numbers, bias=HALF),
        lambda x, *numbers: F.softplus(x + HALF, *numbers),
    ),
    # Its gradient uses PyTorch's operators with Scalars, which torch.compile specializes on.
    "inverse, without its gradient": (
        lambda x, *numbers: inverse_softplus(x.detach().exp(), *numbers) + x,
        F.softplus,
    ),
}


@torch._dynamo.config.patch(error_on_recompile=False)  # a number may become a constant
@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_any_number_of_betas(name: str) -> None:
    """Compiled as often as F.softplus: once for the first beta, once for all others; same bits."""
    x = torch.linspace(-2, 2, 8, dtype=torch.float64)
    compilations = []
    for function in WITH_NUMBERS[name]:
        torch._dynamo.reset()
        counter = CompileCounterWithBackend("inductor")
        compiled = torch.compile(function, fullgraph=True, backend=counter)
        for beta, threshold in NUMBERS:
            y, slope = outcome(lambda x: compiled(x, beta, threshold), x)  # noqa: B023
            eager, eager_slope = outcome(lambda x: function(x, beta, threshold), x)  # noqa: B023
            if function is WITH_NUMBERS[name][0]:
                exactly = {"rtol": 0, "atol": 0, "equal_nan": True}
                torch.testing.assert_close((y, slope), (eager, eager_slope), **exactly)
        compilations.append(counter.frame_count)
    assert compilations[0] == compilations[1] < len(NUMBERS)


@torch._dynamo.config.patch(error_on_recompile=False)
def test_a_wrong_beta_that_comes_later() -> None:
    """If beta is an input of the graph, it is checked when the graph runs."""
    compiled = torch.compile(softplus, fullgraph=True)
    for beta in (1.0, 2.0, 3.0):
        compiled(torch.ones(3), beta)
    for wrong in (0.0, -1e-31, 1e31):
        with pytest.raises(ValueError, match="beta must be finite and not zero"):
            compiled(torch.ones(3), wrong)


@pytest.mark.parametrize("transform", ["vmap", "vmap grad", "jacfwd", "vmap in place"])
def test_torch_func_inside(transform: str) -> None:
    function = {
        "vmap": torch.vmap(softplus, in_dims=1, out_dims=1),
        "vmap grad": torch.vmap(torch.func.grad(lambda row: softplus(row, 2).sum())),
        "jacfwd": torch.func.jacfwd(softplus),
        "vmap in place": torch.vmap(lambda row: softplus_(row * 1)),
    }[transform]
    x = torch.randn(3, 4)
    compiled = torch.compile(lambda x: function(x), fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(x), function(x))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_autocast_inside(dtype: torch.dtype) -> None:
    linear = nn.Linear(4, 4)

    def function(x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=dtype):
            return softplus(linear(x))

    x = torch.randn(3, 4)
    y = torch.compile(function, fullgraph=True, backend="aot_eager")(x)
    assert y.dtype == dtype
    assert torch.equal(y, function(x))


# ---- What is written to ------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_arguments_are_written_to(backend: str) -> None:
    x, out = torch.randn(2, 4).unbind()
    expected = softplus(x)

    @torch.compile(fullgraph=True, backend=backend)
    def function(x: Tensor, out: Tensor) -> None:
        softplus(x, out=out)
        softplus_(x)

    x, out = x.clone(), out.clone()
    function(x, out)
    assert torch.equal(out, expected)
    assert torch.equal(x, expected)


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)  # result, clone saved
def test_in_place_returns_its_argument(dtype: torch.dtype, grad: bool) -> None:
    leaf = torch.randn(4, dtype=dtype, requires_grad=grad)
    x = leaf.clone()
    y = torch.compile(softplus_, fullgraph=True, backend="aot_eager")(x)
    assert y.data_ptr() == x.data_ptr()
    assert torch.equal(x, softplus(leaf))
    if grad:
        (x * 2).sum().backward()  # through the argument, not only the returned tensor
        slope = ops.softplus_backward(torch.full_like(leaf, 2), leaf.detach(), 1, 20)
        torch.testing.assert_close(leaf.grad, slope, rtol=5 * torch.finfo(dtype).eps, atol=0)


# ---- On CUDA, in PyTorch's own operators -------------------------------------------------------


def ours_in_graph(
    function: Callable[..., object], device: str, *arguments: Any, table: Any = None
) -> set[str]:
    """Returns our operators in the graph that a compiler with this table gets. Needs no GPU."""
    with FakeTensorMode(allow_non_fake_inputs=True):
        moved = [a.detach().to(device) if isinstance(a, Tensor) else a for a in arguments]
        graph = make_fx(function, decomposition_table=table)(*moved).graph
    targets = {str(node.target) for node in graph.nodes if node.op == "call_function"}
    assert targets
    return {target for target in targets if target.startswith("fused_softplus.")}


@pytest.mark.parametrize("name", OPERATORS)
def test_inductor_decomposes_on_cuda(name: str) -> None:
    """On the CPU, and in graphs for other compilers, the operator stays."""
    operator, kept = OPERATORS[name].op, {f"fused_softplus.{name}.default"}
    arguments = operands(OPERATORS[name], (3, 4))
    assert not ours_in_graph(operator, "cuda", *arguments, table=select_decomp_table())
    assert ours_in_graph(operator, "cpu", *arguments, table=select_decomp_table()) == kept
    assert ours_in_graph(operator, "cuda", *arguments) == kept


@pytest.mark.parametrize(
    "function",
    [
        lambda x: softplus(x, 2),
        lambda x: softplus(x, 2, bias=x[0]),
        lambda x: softplus(x, 2, bias=x[:, 0], bias_dim=0),
        lambda x: inverse_softplus(x, 2),
        torch.func.functionalize(lambda x: softplus_(x * 1, 2)),
        torch.func.functionalize(lambda x: softplus(x, 2, out=torch.empty_like(x))),
    ],
)
def test_inductor_decomposes_functions_on_cuda(function: Callable[..., object]) -> None:
    x = torch.rand(3, 4)
    assert not ours_in_graph(function, "cuda", x, table=select_decomp_table())
    assert ours_in_graph(function, "cpu", x, table=select_decomp_table())


@pytest.mark.parametrize("strict", [False, True])
def test_an_exported_program_on_cuda_keeps_the_operator(strict: bool) -> None:
    with FakeTensorMode():
        model, x = Softplus(2), torch.empty(3, 4, device="cuda")
        program = torch.export.export(model, (x,), strict=strict)
    targets = [node.target for node in program.graph.nodes if node.op == "call_function"]
    assert targets == [ops.softplus.default]


# ---- Compiled autograd -------------------------------------------------------------------------


@contextlib.contextmanager
def compiled_autograd(backend: str = "aot_eager", dynamic: bool | None = None) -> Iterator[None]:
    compiler = torch.compile(backend=backend, fullgraph=True, dynamic=dynamic)
    with torch._dynamo.compiled_autograd._enable(compiler):
        yield


def first_order(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    return (function(x * 1) * torch.arange(len(x))).sum()


def penalty(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Returns a loss whose backward pass needs second derivatives."""
    (grad,) = torch.autograd.grad(first_order(x, function), x, create_graph=True)
    return grad.square().sum()


BACKWARDS = {
    "functional": lambda x: softplus(x, 2, 3),
    "in place, from a clone": lambda x: softplus_(x, 2, 3),
    "in place, from the result": lambda x: softplus_(x, 2),
    "in place on a view": lambda x: softplus_(x[1:4]).sum() + x,
    "twice": lambda x: softplus_(softplus(x)),
    "with a bias": lambda x: softplus(x, 2, 3, bias=x),
    "inverse": lambda x: inverse_softplus(x.square() + 0.1, 2, 3),
}


@pytest.mark.parametrize("loss", [first_order, penalty])
@pytest.mark.parametrize("function", BACKWARDS.values(), ids=BACKWARDS)
def test_compiled_autograd(
    function: Callable[[Tensor], Tensor], loss: Callable[..., Tensor]
) -> None:
    for length in (5, 6):
        gradients = []
        for compiled in (False, True):
            torch.manual_seed(0)
            x = torch.randn(length, requires_grad=True)
            value = loss(x, function)
            with compiled_autograd(dynamic=True) if compiled else contextlib.nullcontext():
                value.backward()
            gradients.append(x.grad)
        assert torch.equal(*gradients)


@torch._dynamo.config.patch(error_on_recompile=False)
def test_compiled_autograd_tells_scalars_apart() -> None:
    for arguments in ((1, 20), (2, 20), (2, 0.1)):
        x = torch.randn(8, requires_grad=True)
        y = softplus(x, *arguments).sum()
        with compiled_autograd():
            y.backward()
        assert torch.equal(x.grad, ops.softplus_backward(torch.ones(8), x.detach(), *arguments))


def test_compiled_autograd_of_one_gradient_in_two() -> None:
    grad_output, x = torch.randn(2, 4)
    grad_output.requires_grad_()
    y = ops.softplus_backward(grad_output, x, 2, 20).sum()
    with compiled_autograd():
        y.backward()
    assert torch.equal(grad_output.grad, ops.softplus_backward(torch.ones(4), x, 2, 20))
    assert x.grad is None


@pytest.mark.parametrize("inplace", [False, True])
def test_compiled_autograd_with_saved_tensor_hooks(inplace: bool) -> None:
    x = torch.randn(8, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(), torch.from_numpy):
        y = Softplus(inplace=inplace)(x * 1).sum()
    with compiled_autograd():
        y.backward()
    expected = x.detach().clone().requires_grad_()
    Softplus(inplace=inplace)(expected * 1).sum().backward()
    assert torch.equal(x.grad, expected.grad)


def test_compiled_autograd_frees_what_was_saved() -> None:
    x = torch.randn(8, requires_grad=True)
    y = softplus(x).sum()
    with compiled_autograd():
        y.backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            y.backward()
