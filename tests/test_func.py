"""Do torch.func's transforms, alone and nested, treat the operators as they treat F.softplus?"""

import itertools
from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import (
    functional_call,
    functionalize,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stack_module_state,
    vjp,
    vmap,
)

from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from tests.tools.operators import OPERATORS, Operator

ops = torch.ops.fused_softplus
Function = Callable[[Tensor], Tensor]


@pytest.fixture(autouse=True)
def no_slow_loops() -> Iterator[None]:
    """Makes operators without a batching rule raise, instead of looping with a warning."""
    torch._C._functorch._set_vmap_fallback_enabled(False)
    yield
    torch._C._functorch._set_vmap_fallback_enabled(True)


def test_the_check_for_slow_loops_can_fail() -> None:
    with pytest.raises(RuntimeError, match="vmap fallback which is currently disabled"):
        vmap(torch.histc)(torch.randn(2, 3))


# ---- Against F.softplus ------------------------------------------------------------------------


BETA, THRESHOLD, INFINITY = 0.7, 2.0, float("inf")
HALF = torch.tensor(0.5, dtype=torch.float64)

WAYS: dict[str, Function] = {
    "functional": lambda x: softplus(x, BETA, THRESHOLD),
    "in place": lambda x: softplus_(x * 1, BETA, THRESHOLD),
    "in place, from the result": lambda x: softplus_(x * 1, BETA, 40),
    "with a bias": lambda x: softplus(x - HALF, BETA, THRESHOLD, bias=HALF),
    "as the bias": lambda x: ops.softplus_bias(HALF, x - HALF, BETA, THRESHOLD),
    "inverted": lambda x: inverse_softplus(
        softplus(softplus(x, BETA, THRESHOLD), BETA, INFINITY), BETA, INFINITY
    ),
}


def summed(function: Function) -> Function:
    return lambda x: function(x).sum()


def along(function: Function, tangent: Tensor) -> Function:
    return lambda x: jvp(function, (x,), (tangent.expand(x.shape),))[1]


def pulled(function: Function) -> Function:
    def pull(x: Tensor) -> Tensor:
        y, back = vjp(function, x)
        return back(torch.linspace(-1, 1, y.numel(), dtype=y.dtype).view_as(y))[0]

    return pull


ONE = torch.tensor(1.5, dtype=torch.float64)

# Each function takes a 3 by 4 matrix.
TRANSFORMS: dict[str, Callable[[Function], Function]] = {
    "vmap": vmap,
    "vmap over columns": lambda f: vmap(f, in_dims=1),
    "vmap to columns": lambda f: vmap(f, in_dims=-1, out_dims=-1),
    "vmap in chunks": lambda f: vmap(f, chunk_size=2),
    "vmap vmap": lambda f: vmap(vmap(f), in_dims=1, out_dims=1),
    "grad": lambda f: grad(summed(f)),
    "grad grad": lambda f: grad(summed(grad(summed(f)))),
    "grad grad grad": lambda f: grad(summed(grad(summed(grad(summed(f)))))),
    "vmap grad": lambda f: vmap(grad(summed(f))),
    "vmap vmap grad": lambda f: vmap(vmap(grad(f)), in_dims=1),
    "grad vmap": lambda f: grad(summed(vmap(f, in_dims=1))),
    "vmap grad grad vmap": lambda f: vmap(grad(summed(grad(summed(vmap(f)))))),
    "vjp": pulled,
    "vjp vjp": lambda f: pulled(pulled(f)),
    "vmap vjp": lambda f: vmap(pulled(f), in_dims=1, out_dims=1),
    "vjp vmap": lambda f: pulled(vmap(f)),
    "jvp": lambda f: along(f, ONE),
    "jvp jvp": lambda f: along(along(f, ONE), ONE),
    "vmap jvp": lambda f: vmap(along(f, ONE), in_dims=1),
    "jvp vmap": lambda f: along(vmap(f, in_dims=1), ONE),
    "jvp vmap jvp": lambda f: along(vmap(along(f, ONE)), ONE),
    "forward over reverse": lambda f: along(grad(summed(f)), ONE),
    "reverse over forward": lambda f: grad(summed(along(f, ONE))),
    "forward over forward over reverse": lambda f: along(along(grad(summed(f)), ONE), ONE),
    "functionalize": functionalize,
    "vmap functionalize": lambda f: vmap(functionalize(f), in_dims=1),
    "functionalize vmap grad": lambda f: functionalize(vmap(grad(summed(f)))),
    "linearize": lambda f: lambda x: linearize(f, x)[1](ONE.expand(x.shape)),
    "jacrev": jacrev,
    "jacrev in chunks": lambda f: jacrev(f, chunk_size=5),
    "jacfwd": jacfwd,
    "jacrev jacrev": lambda f: jacrev(jacrev(f)),
    "jacfwd jacfwd": lambda f: jacfwd(jacfwd(f)),
    "jacrev jacfwd": lambda f: jacrev(jacfwd(f)),
    "hessian": lambda f: hessian(summed(f)),
    "hessian of all": hessian,
    "vmap hessian": lambda f: vmap(hessian(summed(f)), in_dims=1),
    "jacfwd vmap": lambda f: jacfwd(vmap(f)),
    "vmap jacrev": lambda f: vmap(jacrev(f)),
    "jacfwd hessian": lambda f: jacfwd(hessian(summed(f))),
}


# Nested forward mode gives an in-place operator a constant tangent to write to; PyTorch refuses.
WRITES_TO_A_CONSTANT = {"jacfwd jacfwd", "jacfwd hessian"}


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node")  # by linearize
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transform(transform: str, way: str) -> None:
    threshold = 40 if "result" in way else THRESHOLD
    x = torch.linspace(-4, 4.5, 12, dtype=torch.float64).view(3, 4)
    expected = TRANSFORMS[transform](lambda t: F.softplus(t, BETA, threshold))(x)
    before = x.clone()
    if "in place" in way and transform in WRITES_TO_A_CONSTANT:
        for in_place in (WAYS[way], lambda t: torch.sigmoid_(t * 1)):
            with pytest.raises(RuntimeError, match="ZeroTensors are immutable"):
                TRANSFORMS[transform](in_place)(x)
        return
    actual = TRANSFORMS[transform](WAYS[way])(x)
    assert torch.equal(x, before)
    # Both differ from the exact values by a few roundings of numbers below 10.
    torch.testing.assert_close(actual, expected, rtol=0, atol=40 * torch.finfo(x.dtype).eps)


def test_per_sample_gradients_of_an_ensemble() -> None:
    def networks(activation: Callable[[], nn.Module]) -> list[nn.Module]:
        torch.manual_seed(0)
        return [
            nn.Sequential(nn.Linear(3, 5), activation(), nn.Linear(5, 1)).double() for _ in range(4)
        ]

    def gradients(models: list[nn.Module], x: Tensor) -> dict[str, Tensor]:
        parameters, buffers = stack_module_state(models)

        def loss(parameters: dict[str, Tensor], x: Tensor) -> Tensor:
            return functional_call(models[0], (parameters, buffers), x).sum()

        return vmap(vmap(grad(loss), in_dims=(None, 0)), in_dims=(0, None))(parameters, x)

    x = torch.randn(6, 3, dtype=torch.float64)
    expected = gradients(networks(nn.Softplus), x)
    for inplace in (False, True):
        actual = gradients(networks(lambda inplace=inplace: Softplus(inplace=inplace)), x)
        torch.testing.assert_close(actual, expected, rtol=0, atol=1e-14)


# ---- The batching rules ------------------------------------------------------------------------


# The number of cases grows with the number of tensors.
FEW_TENSORS = {name: op for name, op in OPERATORS.items() if op.tensors < 4}


def loop(
    function: Callable[..., Tensor | tuple[Tensor, ...]],
    tensors: list[Tensor],
    in_dims: tuple[int | None, ...],
) -> tuple[Tensor, ...]:
    """Returns the expected result of vmap(function, in_dims), computed sample by sample."""
    batch = next(t.shape[dim] for t, dim in zip(tensors, in_dims, strict=True) if dim is not None)
    samples = []
    for i in range(batch):
        arguments = [
            t if dim is None else t.select(dim, i) for t, dim in zip(tensors, in_dims, strict=True)
        ]
        outputs = function(*arguments)
        samples.append((outputs,) if isinstance(outputs, Tensor) else outputs)
    return tuple(torch.stack(outputs) for outputs in zip(*samples, strict=True))


@pytest.mark.parametrize("operator", FEW_TENSORS.values(), ids=FEW_TENSORS)
def test_any_batch_dimensions_and_ranks(operator: Operator) -> None:
    """Equals the loop bit for bit, even if tensors are not batched or have fewer dimensions."""

    def function(*tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
        return operator(*tensors, BETA, THRESHOLD)

    count, batch, tried = operator.tensors, 2, 0
    for shapes in itertools.product([(), (4,), (3, 1), (3, 4)], repeat=count):
        for in_dims in itertools.product([None, 0, -1], repeat=count):
            if all(dim is None for dim in in_dims):
                continue
            tensors = []
            for shape, dim in zip(shapes, in_dims, strict=True):
                sizes = list(shape)
                if dim is not None:
                    sizes.insert(0 if dim == 0 else len(sizes), batch)
                tensors.append(torch.randn(sizes).abs())
            actual = vmap(function, in_dims)(*tensors)
            expected = loop(function, tensors, in_dims)
            actual = (actual,) if isinstance(actual, Tensor) else actual
            for one, other in zip(actual, expected, strict=True):
                assert torch.equal(one, other)
            tried += 1
    assert tried == 4**count * (3**count - 1)


@pytest.mark.parametrize("in_dims", [(0, None), (None, 0), (0, 0), (-1, 1)], ids=str)
@pytest.mark.parametrize("bias_dim", [0, 1, -1])
def test_bias_along_a_dimension(in_dims: tuple[int | None, int | None], bias_dim: int) -> None:
    """bias_dim is a dimension of the sample, whatever the batch dimension is."""
    x, bias = torch.randn(3, 4), torch.randn((3, 4)[bias_dim])
    x, bias = (
        t if dim is None else torch.stack([t, t + 1], dim)
        for t, dim in zip((x, bias), in_dims, strict=True)
    )

    def function(x: Tensor, bias: Tensor) -> Tensor:
        return softplus(x, BETA, bias=bias, bias_dim=bias_dim)

    (expected,) = loop(function, [x, bias], in_dims)
    assert torch.equal(vmap(function, in_dims)(x, bias), expected)


def test_each_tensor_batched_at_its_own_level() -> None:
    grad_output, x = torch.randn(3, 5), torch.randn(4, 5)
    inner = vmap(lambda g, t: ops.softplus_backward(g, t, BETA, THRESHOLD), in_dims=(None, 0))
    outer = vmap(inner, in_dims=(0, None))
    expected = ops.softplus_backward(grad_output[:, None], x[None], BETA, THRESHOLD)
    assert torch.equal(outer(grad_output, x), expected)


def test_a_tensor_of_no_level() -> None:
    constant = torch.randn(4)
    actual = vmap(lambda x: x + softplus(constant))(torch.zeros(3, 4))
    assert torch.equal(actual, softplus(constant).expand(3, 4))


@pytest.mark.parametrize("in_dims", [0, 1, -1])
def test_in_place_writes_to_the_argument(in_dims: int) -> None:
    x = torch.randn(3, 4)
    expected = softplus(x)
    y = vmap(softplus_, in_dims, in_dims)(x)
    assert torch.equal(x, expected)
    assert torch.equal(y, expected)


def test_in_place_on_a_view_and_at_two_levels() -> None:
    x = torch.randn(3, 4, 5)
    expected = x.clone()
    expected[..., 1:] = softplus(x[..., 1:])
    vmap(vmap(lambda t: softplus_(t[1:])), in_dims=1)(x)
    assert torch.equal(x, expected)


def test_out_is_refused_as_torchs_own_is() -> None:
    out = torch.empty(4)
    for op in (ops.softplus, torch._C._nn.softplus):
        with pytest.raises(
            RuntimeError, match=r"Batching rule not implemented for .*softplus\.out"
        ):
            vmap(lambda x, op=op: op(x, out=out))(torch.randn(3, 4))


def test_a_batched_tensor_outside_of_its_vmap_is_refused() -> None:
    kept = []
    vmap(lambda x: kept.append(x) or x)(torch.randn(3, 4))
    for function in (softplus, softplus_):
        with pytest.raises(RuntimeError, match="escaped"):
            function(kept[0])


def test_no_samples() -> None:
    x = torch.empty(0, 3)
    assert vmap(softplus)(x).shape == vmap(F.softplus)(x).shape == (0, 3)


def test_functionalize_with_tensors_from_outside() -> None:
    """They are read and written as by PyTorch's operators, which write no traced value to them."""
    x, other, out = torch.linspace(-3, 3, 5), torch.linspace(1, 2, 5), torch.empty(5)
    read = functionalize(lambda traced: softplus(x, out=torch.empty_like(traced)))
    assert torch.equal(read(other), softplus(x))
    functionalize(lambda _: softplus(x, out=out))(other)
    assert torch.equal(out, softplus(x))
    with pytest.raises(RuntimeError, match="cannot write a functional tensor's values"):
        functionalize(lambda traced: softplus(traced, out=out))(other)
    assert torch.equal(out, softplus(x))
