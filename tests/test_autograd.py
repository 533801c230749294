"""Are derivatives right in every mode and order, and what is saved for them as promised?"""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import forward_ad, gradcheck, gradgradcheck
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint

import fused_softplus
from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from tests.tools import reference

ops = torch.ops.fused_softplus

# The operator itself, in place, and in place where the result determines the gradient (in float64,
# for thresholds above 37.5).
WAYS = {
    "functional": lambda x, beta, threshold: softplus(x, beta, threshold),
    "in place": lambda x, beta, threshold: softplus_(x.clone(), beta, threshold),
    "in place, from the result": lambda x, beta, threshold: softplus_(x.clone(), beta, 40),
}

in_every_way = pytest.mark.parametrize("way", WAYS)


def inputs(beta: float = 1.0, dtype: torch.dtype = torch.float64) -> Tensor:
    """Returns inputs on both sides of threshold 2, none so near that a difference crosses it."""
    x = torch.tensor([-30.0, -3.0, -1.0, -0.2, 0.0, 0.3, 1.0, 1.9, 2.1, 30.0], dtype=dtype) / beta
    return x.requires_grad_()


# ---- Against finite differences --------------------------------------------------------------


@in_every_way
@pytest.mark.parametrize("beta", [1.0, 0.5, 3.0, -1.5])
@pytest.mark.parametrize("threshold", [2.0, 20.0])
def test_gradients(way: str, beta: float, threshold: float) -> None:
    arguments = (inputs(beta), beta, threshold)
    assert gradcheck(WAYS[way], arguments, check_forward_ad=True)
    assert gradgradcheck(WAYS[way], arguments, check_fwd_over_rev=True, check_rev_over_rev=True)


@pytest.mark.parametrize("beta", [1.0, 0.5, -1.5])
@pytest.mark.parametrize("bias_dim", [None, 0, 1])
def test_gradients_with_bias(bias_dim: int | None, beta: float) -> None:
    x = torch.cat([inputs(beta).detach()[1:7], inputs(beta).detach()[3:9]]).view(3, 4)
    bias = torch.linspace(-0.3, 0.4, 5, dtype=torch.float64) / beta
    bias = bias[0] if bias_dim is None else bias[: x.shape[bias_dim]]

    def function(x: Tensor, bias: Tensor) -> Tensor:
        return softplus(x, beta, 2.05, bias=bias, bias_dim=-1 if bias_dim is None else bias_dim)

    arguments = (x.requires_grad_(), bias.clone().requires_grad_())
    assert gradcheck(function, arguments, check_forward_ad=True)
    assert gradgradcheck(function, arguments, check_fwd_over_rev=True, check_rev_over_rev=True)


@pytest.mark.parametrize("beta", [1.0, 0.5, 3.0, -1.5])
@pytest.mark.parametrize("threshold", [2.0, 20.0])
def test_gradients_of_the_inverse(beta: float, threshold: float) -> None:
    y = torch.tensor([0.05, 0.3, 0.69, 0.7, 1.0, 1.9, 2.1, 30.0], dtype=torch.float64) / beta
    arguments = (y.requires_grad_(), beta, threshold)
    assert gradcheck(inverse_softplus, arguments, check_forward_ad=True)
    assert gradgradcheck(
        inverse_softplus, arguments, check_fwd_over_rev=True, check_rev_over_rev=True
    )


@pytest.mark.parametrize(
    ("op", "scalars", "tensors"),
    [
        (ops.softplus_backward, (0.7, 2), 2),
        (ops.softplus_backward_from_result, (0.7,), 2),
        (ops.softplus_double_backward, (0.7, 2), 3),
        (ops.softplus_double_backward_from_result, (0.7,), 3),
        (ops.softplus_bias_backward, (0.7, 2), 3),
        (ops.softplus_bias_double_backward, (0.7, 2), 4),
    ],
    ids=str,
)
def test_gradients_of_the_gradients(
    op: Callable[..., Tensor], scalars: tuple[float, ...], tensors: int
) -> None:
    """Second derivatives of the backward operators, which are higher derivatives of softplus."""
    x = inputs(0.7)
    if "result" in str(op):
        # Results are positive, so the finite differences must not reach 0.
        x = softplus(x.detach(), 0.7, 2).clamp_(min=1e-3).requires_grad_()
    if "bias" in str(op):  # the sum must not cross the threshold
        x = (x.detach() / 2).requires_grad_()
    grads = torch.randn(tensors - 1, len(x), dtype=torch.float64)
    if "bias" in str(op):
        grads[-1] = x.detach()
    arguments = (*(grad.clone().requires_grad_() for grad in grads.unbind()), x, *scalars)
    assert gradcheck(op, arguments, check_forward_ad=True)
    assert gradgradcheck(op, arguments)


# Not the 16-bit types: there each of those operators rounds, and there is no error bound.
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_differentiable_double_backward(dtype: torch.dtype, beta: float) -> None:
    """If third derivatives are recorded, other operators compute the second, as accurately."""
    x = reference.points(dtype, beta)
    x = x[(x * beta).abs() < 10]
    x = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:5000]]
    one = torch.ones_like(x)
    linear = torch.from_numpy(reference.is_linear(x, beta, 1))
    actual = ops.softplus_double_backward(one, one, x.clone().requires_grad_(), beta, 1)[1]
    assert torch.equal(actual[linear], torch.zeros_like(x)[linear])
    x, actual = x[~linear], actual[~linear]
    reference.check(actual, reference.curvature(x, beta), "curvature", beta, x)
    y = softplus(x, beta)
    one = torch.ones_like(y)
    actual = ops.softplus_double_backward_from_result(one, one, y.clone().requires_grad_(), beta)
    exact = reference.curvature_from_result(y, beta)
    reference.check(actual[1], exact, "curvature_from_result", beta, y)


# ---- Against the kernels ---------------------------------------------------------------------


def test_differentiable_double_backward_of_operands_that_broadcast() -> None:
    """Both gradients have the shape of all operands, though the first does not need grad_output."""
    grad_grad_input = torch.randn(5, requires_grad=True)
    x = torch.randn(5, requires_grad=True)
    grad_output = torch.randn(3, 5)
    expected = ops.softplus_double_backward(
        grad_grad_input.detach(), grad_output, x.detach(), 2, 20
    )
    actual = ops.softplus_double_backward(grad_grad_input, grad_output, x, 2, 20)
    for differentiable, gradient in zip(actual, expected, strict=True):
        assert differentiable.requires_grad and differentiable.shape == (3, 5)
        torch.testing.assert_close(differentiable.detach(), gradient)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
@pytest.mark.parametrize("threshold", [2.0, 20.0])
def test_backward_runs_the_operator(dtype: torch.dtype, threshold: float) -> None:
    x = inputs(dtype=dtype)
    grad = torch.randn(len(x)).to(dtype)
    (actual,) = torch.autograd.grad(softplus(x, 0.5, threshold), x, grad)
    assert torch.equal(actual, ops.softplus_backward(grad, x.detach(), 0.5, threshold))


def test_in_place_gradient_across_the_linear_band() -> None:
    """Between 20 and 37.5 the float64 slope is 1, which the result alone does not determine."""
    x = torch.linspace(15, 45, 1001, dtype=torch.float64, requires_grad=True)
    one = torch.ones_like(x)
    (functional,) = torch.autograd.grad(softplus(x), x, one)
    (in_place,) = torch.autograd.grad(softplus_(x.clone()), x, one)
    assert torch.equal(in_place, functional)
    assert torch.equal(functional[x > 20], one[x > 20])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("beta", [1.0, 0.25])
def test_in_place_gradient_is_as_exact(dtype: torch.dtype, beta: float) -> None:
    """The rounding of the result adds at most its own relative error to that of the gradient."""
    x = reference.points(dtype, beta)
    one = torch.ones_like(x)
    leaf = x.clone().requires_grad_()
    (grad,) = torch.autograd.grad(softplus_(leaf.clone(), beta), leaf, one)
    exact = reference.slope(x, beta)
    linear = reference.is_linear(x, beta)
    exact[linear] = 1
    # d(1 - exp(-b y)) / (1 - exp(-b y)) = (b y / (exp(b y) - 1)) dy / y, and the factor is below 1.
    # An error of n ULP of one number may be up to 2 n ULP of another.
    error = reference.bound("slope_from_result", dtype, beta, exact, x)
    error = error + 2 * reference.bound("softplus", dtype, beta, reference.softplus(x, beta), x)
    assert (reference.ulp_error(grad, exact) <= error).all()


def test_bias_gradient_is_the_sum() -> None:
    """The gradient of the bias is the input's gradient summed over the broadcast dimensions."""
    x = torch.randn(4, 5, 6, requires_grad=True)
    grad = torch.randn(4, 5, 6)
    for bias_dim, others in ((0, (1, 2)), (1, (0, 2)), (-1, (0, 1))):
        bias = torch.randn(x.shape[bias_dim], requires_grad=True)
        y = softplus(x, 2, bias=bias, bias_dim=bias_dim)
        grad_x, grad_bias = torch.autograd.grad(y, (x, bias), grad)
        assert torch.equal(grad_bias, grad_x.sum(others))
    bias = torch.randn((), requires_grad=True)
    grad_x, grad_bias = torch.autograd.grad(softplus(x, 2, bias=bias), (x, bias), grad)
    assert torch.equal(grad_bias, grad_x.sum())


@pytest.mark.parametrize("wanted", ["x", "bias"])
def test_only_one_of_input_and_bias(wanted: str) -> None:
    x, bias = torch.randn(3, 4), torch.randn(4)
    leaf = x if wanted == "x" else bias
    leaf.requires_grad_()
    (grad,) = torch.autograd.grad(softplus(x, bias=bias).sum(), leaf)
    expected = ops.softplus_backward(torch.ones(3, 4), (x + bias).detach(), 1, 20)
    assert torch.equal(grad, expected if wanted == "x" else expected.sum(0))


@in_every_way
def test_any_incoming_gradient(way: str) -> None:
    """The incoming gradient is expanded (as that of sum()), transposed or undefined."""
    x = torch.randn(4, 5, requires_grad=True)
    one = torch.ones(4, 5)
    (expected,) = torch.autograd.grad(WAYS[way](x, 1, 20), x, one)
    (from_sum,) = torch.autograd.grad(WAYS[way](x, 1, 20).sum(), x)
    assert torch.equal(from_sum, expected)
    (from_transposed,) = torch.autograd.grad(WAYS[way](x, 1, 20).t(), x, one.t())
    assert torch.equal(from_transposed, expected)

    class NoGradient(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, tensor: Tensor) -> Tensor:
            return tensor.clone()

        @staticmethod
        def backward(ctx: object, grad: Tensor) -> None:
            return None

    NoGradient.apply(WAYS[way](x, 1, 20)).sum().backward()
    assert x.grad is None or torch.equal(x.grad, torch.zeros_like(x))


def test_only_the_gradients_asked_for() -> None:
    grad, x = torch.randn(2, 4, requires_grad=True).unbind()
    grad, x = grad.detach().requires_grad_(), x.detach().requires_grad_()
    both = torch.autograd.grad(ops.softplus_backward(grad, x, 1, 20).sum(), (grad, x))
    for i, wanted in enumerate((grad, x)):
        (one,) = torch.autograd.grad(ops.softplus_backward(grad, x, 1, 20).sum(), wanted)
        assert torch.equal(one, both[i])
    assert torch.equal(
        torch.autograd.grad(ops.softplus_backward(grad, x.detach(), 1, 20).sum(), grad)[0], both[0]
    )


@in_every_way
def test_second_backward_needs_the_graph(way: str) -> None:
    x = torch.randn(4, requires_grad=True)
    y = WAYS[way](x, 1, 20)
    y.sum().backward(retain_graph=True)
    first = x.grad.clone()
    y.sum().backward()
    assert torch.equal(x.grad, 2 * first)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.sum().backward()


def test_forward_mode_in_place_on_a_view() -> None:
    with forward_ad.dual_level():
        tangent = torch.tensor([1.0, 2.0, 3.0])
        base = forward_ad.make_dual(torch.tensor([0.5, 1.0, 1.5]), tangent.clone())
        softplus_(base[1:])
        expected = tangent.clone()
        result = softplus(torch.tensor([1.0, 1.5]))
        expected[1:] = ops.softplus_backward_from_result(tangent[1:], result, 1)
        assert torch.equal(forward_ad.unpack_dual(base).tangent, expected)


# ---- What is saved ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "beta", "threshold", "saved"),
    [
        (torch.float32, 1, 20, "result"),
        (torch.float32, 100, 17.5, "result"),
        (torch.float32, -1, math.inf, "result"),
        (torch.float32, 1, 17.3, "clone"),
        (torch.float64, 1, 20, "clone"),
        (torch.float64, 1, 37.6, "result"),
        (torch.float64, 1, 37.4, "clone"),
        (torch.float16, 1, 20, "result"),
        (torch.float16, 1, 8.4, "result"),
        (torch.float16, 1, 8.2, "clone"),
        (torch.float16, 1.5, 20, "clone"),
        (torch.float16, 1e-4, 20, "clone"),  # the largest result, 65504, has a slope below 1
        (torch.bfloat16, 1, 20, "result"),
        (torch.bfloat16, 1, 6.2, "clone"),
    ],
)
def test_what_is_saved(dtype: torch.dtype, beta: float, threshold: float, saved: str) -> None:
    kept: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    leaf = torch.randn(10, dtype=dtype, requires_grad=True)
    x = leaf.clone()
    with saved_tensors_hooks(pack, lambda tensor: tensor):
        softplus(x, beta, threshold)
        assert [tensor.data_ptr() for tensor in kept] == [x.data_ptr()]
        kept.clear()
        y = softplus_(x, beta, threshold)
    assert len(kept) == 1
    assert (kept[0].data_ptr() == y.data_ptr()) == (saved == "result")
    assert torch.equal(kept[0], y if saved == "result" else leaf)


def test_the_sum_with_a_bias_is_not_saved() -> None:
    kept: list[Tensor] = []
    x, bias = torch.randn(3, 4, requires_grad=True), torch.randn(4, requires_grad=True)
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t)
    with hooks:
        softplus(x, bias=bias)
    assert [tensor.data_ptr() for tensor in kept] == [x.data_ptr(), bias.data_ptr()]


def test_nothing_is_saved_without_gradients() -> None:
    def refuse(tensor: Tensor) -> None:
        raise AssertionError("saved a tensor")

    x = torch.randn(4, requires_grad=True)
    with saved_tensors_hooks(refuse, lambda tensor: tensor):
        softplus(x.detach())
        softplus_(x.detach().clone())
        softplus(x.detach(), bias=x.detach())
        inverse_softplus(x.detach())
        with torch.no_grad():
            softplus(x)
            softplus_(x.clone())


def test_functional_result_may_be_changed() -> None:
    x = torch.randn(4, requires_grad=True)
    y = softplus(x)
    y += 1e-4
    y.sum().backward()
    assert torch.equal(x.grad, ops.softplus_backward(torch.ones(4), x.detach(), 1, 20))


def test_changed_input_is_noticed() -> None:
    x = torch.randn(4, requires_grad=True).clone()
    y = softplus(x)
    x += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_changed_in_place_result_is_noticed() -> None:
    x = torch.randn(4, requires_grad=True)
    y = softplus_(x.clone())
    y += 1e-4
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_in_place_clone_may_be_changed() -> None:
    x = torch.randn(4, dtype=torch.float64, requires_grad=True)
    y = softplus_(x.clone())
    y += 1e-4
    y.sum().backward()
    one = torch.ones(4, dtype=torch.float64)
    assert torch.equal(x.grad, ops.softplus_backward(one, x.detach(), 1, 20))


# ---- The rules of in-place operators and out= --------------------------------------------------


def test_leaf_in_place_is_refused() -> None:
    x = torch.randn(4, requires_grad=True)
    before = x.detach().clone()
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        softplus_(x)
    with pytest.raises(RuntimeError, match="view of a leaf Variable that requires grad"):
        softplus_(x[1:])
    assert torch.equal(x, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)  # result, clone saved
def test_in_place_on_a_view_changes_its_base(dtype: torch.dtype) -> None:
    leaf = torch.randn(5, dtype=dtype, requires_grad=True)
    base = leaf * 1
    other_view = base[:2]
    softplus_(base[1:4])
    weights = torch.arange(1.0, 8.0, dtype=dtype)
    (torch.cat([base, other_view]) * weights).sum().backward()
    expected = weights[:5].clone()
    expected[:2] += weights[5:]
    expected[1:4] = ops.softplus_backward(expected[1:4], leaf.detach()[1:4], 1, 20)
    # One gradient is from the result, one from the input. An ULP is at most eps times the value.
    error = 5 * torch.finfo(dtype).eps
    torch.testing.assert_close(leaf.grad, expected, rtol=error, atol=0)


def test_in_place_on_a_base_changes_its_views() -> None:
    leaf = torch.randn(5, dtype=torch.float64, requires_grad=True)
    base = leaf * 1
    view = base[1:3]
    softplus_(base)
    view.sum().backward()
    weights = torch.tensor([0.0, 1, 1, 0, 0]).double()
    assert torch.equal(leaf.grad, ops.softplus_backward(weights, leaf.detach(), 1, 20))


def test_written_tensors_count_versions() -> None:
    x, out = torch.randn(2, 4).unbind()
    x, out = x.clone(), out.clone()
    with torch.no_grad():
        softplus_(x)
    assert x._version == 1
    softplus(x, out=out)
    assert (x._version, out._version) == (1, 1)
    with torch.inference_mode():
        assert softplus_(torch.zeros(1)).is_inference()


@pytest.mark.parametrize("which", ["input", "out"])
def test_out_with_gradients_is_refused(which: str) -> None:
    x = torch.randn(4, requires_grad=which == "input")
    out = torch.empty(4, requires_grad=which == "out")
    with pytest.raises(RuntimeError, match=r"functions with out=... arguments don't support"):
        softplus(x, out=out)
    with torch.no_grad():
        assert torch.equal(softplus(x, out=out), softplus(x))


def test_out_with_a_tangent_is_refused() -> None:
    with forward_ad.dual_level():
        x = forward_ad.make_dual(torch.randn(4), torch.randn(4))
        with pytest.raises(NotImplementedError, match="forward mode"):
            softplus(x, out=torch.empty(4))


def test_graph_names() -> None:
    """The names that users see in grad_fn and in the messages of anomaly mode."""
    x = torch.randn(4, requires_grad=True)
    node = fused_softplus.softplus(x).grad_fn
    assert node.name() == type(node).__name__ == "FusedSoftplusBackward"
    assert node.next_functions[0][0].variable is x
    node = softplus_(x.clone()).grad_fn
    assert node.name() == type(node).__name__ == "FusedSoftplusFromResultBackward"
    node = fused_softplus.softplus(x, bias=x).grad_fn
    assert node.name() == type(node).__name__ == "FusedSoftplusBiasBackward"
    node = inverse_softplus(x).grad_fn
    assert node.name() == type(node).__name__ == "FusedInverseSoftplusBackward"


def test_nodes_are_nodes_with_attributes() -> None:
    """Nodes have the attributes of PyTorch's, which tools that draw or change the graph use."""
    x, bias = torch.randn(4, requires_grad=True), torch.randn(4, requires_grad=True)
    grad = torch.randn(4, requires_grad=True)
    torchs = F.softplus(x, 2, 3.5).grad_fn
    y = fused_softplus.softplus(x, 2, 3.5)
    y_in_place = softplus_(x.clone(), 2)
    nodes = {
        y.grad_fn: {"self": x},
        y_in_place.grad_fn: {"result": y_in_place},
        fused_softplus.softplus(x, 2, 3.5, bias=bias).grad_fn: {"self": x, "bias": bias},
        inverse_softplus(x, 2, 3.5).grad_fn: {"self": x},
        ops.softplus_backward(grad, x, 2, 3.5).grad_fn: {"grad_output": grad, "self": x},
        ops.softplus_bias_backward(grad, x, bias, 2, 3.5).grad_fn: {
            **{"grad_output": grad, "self": x, "bias": bias},
        },
        ops.softplus_backward_from_result(grad, x, 2).grad_fn: {"grad_output": grad, "result": x},
    }
    for node, saved in nodes.items():
        assert isinstance(node, torch.autograd.graph.Node)
        names = {name for name in dir(node) if "saved" in name}
        tensors = {f"_saved_{name}": tensor for name, tensor in saved.items()}
        raw = {f"_raw{name}" for name in tensors}
        assert names == {*tensors, *raw, "_saved_beta", "_saved_threshold"}
        assert node._saved_beta == 2 and type(node._saved_beta) is int
        for name, tensor in tensors.items():
            assert torch.equal(getattr(node, name), tensor)
        assert all(type(getattr(node, name)).__name__ == "SavedTensor" for name in raw)
    attributes = {name for name in dir(torchs) if not name.startswith("__")}
    assert attributes <= set(dir(y.grad_fn))
    assert (y.grad_fn._saved_beta, y.grad_fn._saved_threshold) == (2, 3.5)
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t * 2, lambda t: t / 2)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="after they have already been freed"):
        _ = y.grad_fn._saved_self


# ---- Around backward -----------------------------------------------------------------------------


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("inplace", [False, True])
def test_checkpoint(inplace: bool, reentrant: bool) -> None:
    model = nn.Sequential(nn.Linear(3, 3), Softplus(2, inplace=inplace), nn.Linear(3, 3))
    x = torch.randn(4, 3, requires_grad=True)
    (expected,) = torch.autograd.grad(model(x).sum(), x)
    checkpoint(model, x, use_reentrant=reentrant).sum().backward()
    assert torch.equal(x.grad, expected)


PACKED_AWAY = {
    "hooks": lambda: saved_tensors_hooks(lambda t: t.numpy().copy(), torch.from_numpy),
    "save_on_cpu": torch.autograd.graph.save_on_cpu,
}


@pytest.mark.parametrize("hooks", PACKED_AWAY.values(), ids=PACKED_AWAY)
@in_every_way
def test_saved_tensors_packed_away(way: str, hooks: Callable[[], Any]) -> None:
    x = torch.randn(4, requires_grad=True)
    (expected,) = torch.autograd.grad(WAYS[way](x, 1, 20).sum(), x)
    with hooks():
        y = WAYS[way](x, 1, 20)
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], expected)


def test_anomaly_mode_names_the_operator() -> None:
    x = torch.ones(1, requires_grad=True)
    with (
        pytest.warns(UserWarning, match=r"in FusedSoftplusBackward[\s\S]*anomaly_mode_names_the"),
        pytest.raises(RuntimeError, match="'FusedSoftplusBackward' returned nan"),
        torch.autograd.set_detect_anomaly(True),
    ):
        softplus(x).backward(torch.tensor([math.nan]))
