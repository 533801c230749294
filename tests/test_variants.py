"""Are shifted softplus, the floor, and a tensor as beta right in every order and every mode?"""

import copy
import io
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd import forward_ad, gradcheck, gradgradcheck

import fused_softplus
from fused_softplus import (
    ShiftedSoftplus,
    Softplus,
    inverse_softplus,
    shifted_softplus,
    shifted_softplus_,
    softplus,
    softplus_,
)
from fused_softplus.distributions import SoftplusTransform
from tests.tools.reference import DTYPES

ops = torch.ops.fused_softplus

LEARNABLE = torch.tensor([0.5, 1.0, 2.5], dtype=torch.float64)  # a beta for each of three columns

VARIANTS: dict[str, Callable[[Tensor], Tensor]] = {
    "shifted": lambda x: shifted_softplus(x, 2),
    "shifted, in place": lambda x: shifted_softplus_(x * 1, 2, 40),
    "floor": lambda x: softplus(x, 2, floor=0.25),
    "floor and bias": lambda x: softplus(x, 2, bias=0.5, floor=0.25),
    "floor of the inverse": lambda x: inverse_softplus(x.square() + 0.5, 2, floor=0.25),
    "tensor as beta": lambda x: softplus(x, LEARNABLE.to(x.dtype)),
    "tensor as beta, inverse": lambda x: inverse_softplus(x.square() + 0.1, LEARNABLE.to(x.dtype)),
}
FORMULAS: dict[str, Callable[[Tensor], Tensor]] = {
    "shifted": lambda x: F.softplus(x, 2) - math.log(2) / 2,
    "shifted, in place": lambda x: F.softplus(x, 2) - math.log(2) / 2,
    "floor": lambda x: F.softplus(x, 2) + 0.25,
    "floor and bias": lambda x: F.softplus(x + 0.5, 2) + 0.25,
    "floor of the inverse": lambda x: torch.expm1(2 * (x.square() + 0.25)).log() / 2,
    "tensor as beta": lambda x: F.softplus(x * LEARNABLE) / LEARNABLE,
    "tensor as beta, inverse": lambda x: (
        torch.expm1((x.square() + 0.1) * LEARNABLE).log() / LEARNABLE
    ),
}
every_variant = pytest.mark.parametrize("name", VARIANTS)
ignore_warning_of_export = pytest.mark.filterwarnings(
    "ignore:.*LeafSpec.*is deprecated:FutureWarning"
)


def inputs(dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.linspace(-3, 3, 24, dtype=dtype).view(8, 3)


# ---- Values and derivatives --------------------------------------------------------------------


@every_variant
def test_the_formula(name: str) -> None:
    torch.testing.assert_close(VARIANTS[name](inputs()), FORMULAS[name](inputs()))


@every_variant
def test_gradients(name: str) -> None:
    x = inputs().requires_grad_()
    assert gradcheck(VARIANTS[name], x, check_forward_ad=True)
    assert gradgradcheck(VARIANTS[name], x, check_fwd_over_rev=True, check_rev_over_rev=True)


@pytest.mark.parametrize("function", [softplus, inverse_softplus], ids=lambda f: f.__name__)
def test_gradients_towards_beta(function: Callable[..., Tensor]) -> None:
    """Of both arguments at once, on both sides of the threshold."""
    x, beta = inputs().abs().add(0.05).requires_grad_(), LEARNABLE.clone().requires_grad_()
    calls = lambda x, beta: function(x, beta, 2.0)  # noqa: E731
    assert gradcheck(calls, (x, beta), check_forward_ad=True)
    assert gradgradcheck(calls, (x, beta), check_fwd_over_rev=True, check_rev_over_rev=True)
    assert gradcheck(  # the third order
        lambda x, beta: torch.autograd.functional.hvp(
            lambda b: calls(x, b).sum(), beta, torch.ones_like(beta), create_graph=True
        )[1],
        (x, beta),
    )


def test_gradient_towards_floor_and_bias() -> None:
    x, floor = inputs().requires_grad_(), torch.tensor([0.1, 0.2, 0.3]).double().requires_grad_()
    calls = lambda x, floor: ops.softplus_floor(x, floor, 2, 3.3)  # noqa: E731
    assert gradcheck(calls, (x, floor), check_forward_ad=True)
    assert gradgradcheck(calls, (x, floor), check_fwd_over_rev=True, check_rev_over_rev=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("beta", [1.0, 100.0, -0.7])
def test_gradient_of_shifted_softplus_in_place(dtype: torch.dtype, beta: float) -> None:
    """Computed from a copy of the input in the 16-bit types, and else within 3 epsilons."""
    x = (torch.linspace(-25, 25, 2001) / beta).to(dtype).requires_grad_()
    y, expected = shifted_softplus_(x * 1, beta), shifted_softplus(x, beta)
    assert torch.equal(y, expected)
    is_16_bit = dtype.itemsize == 2
    saves_input = is_16_bit or dtype == torch.float64  # whose threshold is too low
    assert "FromResult" in y.grad_fn.name() or saves_input
    (actual,) = torch.autograd.grad(y, x, torch.ones_like(y))
    (exact,) = torch.autograd.grad(expected, x, torch.ones_like(y))
    bound = 0 if saves_input else 3 * torch.finfo(dtype).eps
    torch.testing.assert_close(actual, exact, rtol=0, atol=bound)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_special_values(dtype: torch.dtype) -> None:
    inf, nan = math.inf, math.nan
    x = torch.tensor([-inf, -0.0, 0.0, inf, nan], dtype=dtype)
    ln2 = torch.tensor(math.log(2), dtype=dtype)
    y = shifted_softplus(x)
    assert torch.equal(y[:4], torch.tensor([-ln2, -0.0, 0.0, inf], dtype=dtype))
    assert y[4].isnan() and y[:3].signbit().tolist() == [True, True, False]
    assert softplus(x, floor=0.5)[[0, 3]].tolist() == [0.5, inf]
    assert softplus(x, floor=0.5)[4].isnan()
    beta = torch.tensor([1.0], dtype=dtype, requires_grad=True)
    assert softplus(x, beta)[4].isnan()
    leaf = x[:4].clone().requires_grad_()
    y = softplus(leaf, beta)
    assert y[[0, 3]].tolist() == [0, inf]
    for_x, for_beta = torch.autograd.grad(y.sum(), (leaf, beta))
    assert for_x.tolist() == [0, 0.5, 0.5, 1] and for_beta.isfinite()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_linear_part_of_a_tensor_as_beta(dtype: torch.dtype) -> None:
    """There the result is the input itself, and the gradient towards beta is exactly 0."""
    x, beta = torch.linspace(10.5, 900, 99, dtype=dtype), torch.tensor(2.0, dtype=dtype)
    y = softplus(x, beta.requires_grad_())
    assert torch.equal(y, x)
    assert torch.autograd.grad(y.sum(), beta) == (torch.zeros_like(beta),)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_a_16_bit_tensor_as_beta(dtype: torch.dtype) -> None:
    """Computed in float32, and rounded once."""
    x, beta = inputs(dtype) * 4, LEARNABLE.to(dtype)
    assert torch.equal(softplus(x, beta), softplus(x.float(), beta.float()).to(dtype))


# ---- Modes -------------------------------------------------------------------------------------


@every_variant
def test_func(name: str) -> None:
    function, x = VARIANTS[name], inputs()
    assert torch.equal(torch.func.vmap(function)(x), function(x)) or "tensor" in name
    torch.testing.assert_close(torch.func.vmap(function)(x), function(x), rtol=1e-15, atol=0)
    gradient = torch.func.grad(lambda x: function(x).sum())
    leaf = x.clone().requires_grad_()
    assert torch.equal(gradient(x), torch.autograd.grad(function(leaf).sum(), leaf)[0])
    tangent = torch.func.jvp(function, (x,), (torch.ones_like(x),))[1]
    torch.testing.assert_close(tangent, gradient(x), rtol=1e-14, atol=0)
    torch.func.jacfwd(torch.func.jacrev(function))(x[:2])


def test_vmap_over_beta() -> None:
    x, betas = inputs()[0], torch.linspace(0.5, 2, 4, dtype=torch.float64)
    expected = torch.stack([softplus(x, beta) for beta in betas])
    torch.testing.assert_close(
        torch.func.vmap(softplus, (None, 0))(x, betas), expected, rtol=1e-15, atol=0
    )
    slopes = torch.func.vmap(torch.func.grad(lambda b, x: softplus(x, b).sum()), (0, None))
    leaf = betas.clone().requires_grad_()
    (grad,) = torch.autograd.grad(softplus(x, leaf[:, None]).sum(), leaf)
    torch.testing.assert_close(slopes(betas, x), grad)


@every_variant
def test_compile(name: str) -> None:
    function = VARIANTS[name]
    compiled = torch.compile(function, fullgraph=True, dynamic=True)
    x, leaf = inputs().requires_grad_(), inputs().requires_grad_()
    y, expected = compiled(x), function(leaf)
    torch.testing.assert_close(y, expected, rtol=1e-15, atol=1e-15)
    y.sum().backward(), expected.sum().backward()
    torch.testing.assert_close(x.grad, leaf.grad, rtol=1e-15, atol=1e-15)


class Variant(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: Tensor) -> Tensor:
        return VARIANTS[self.name](x)


@every_variant
@ignore_warning_of_export
def test_export(name: str) -> None:
    x = inputs()
    program = torch.export.export(Variant(name), (x,))
    assert "fused_softplus" in program.graph_module.code
    torch.testing.assert_close(program.module()(x), VARIANTS[name](x), rtol=1e-15, atol=0)
    decomposed = program.run_decompositions()
    assert "fused_softplus" not in decomposed.graph_module.code
    torch.testing.assert_close(decomposed.module()(x), VARIANTS[name](x), rtol=1e-14, atol=1e-15)


@every_variant
@ignore_warning_of_export
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export")
@pytest.mark.filterwarnings("ignore:.*feature will be removed:DeprecationWarning")
@pytest.mark.parametrize("dynamo", [True, False], ids=["export", "TorchScript"])
def test_onnx(dynamo: bool, name: str) -> None:
    """Close to eager: ONNX has no expm1 and no log1p."""
    if "inverse" in name and not dynamo:
        pytest.skip("the TorchScript exporter has no expm1")
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    file = io.BytesIO()
    x = inputs(torch.float32)
    options: dict[str, Any] = {"dynamo": dynamo, "verbose": False, "input_names": ["x"]}
    program = torch.onnx.export(Variant(name).eval(), (x,), None if dynamo else file, **options)
    model = program.model_proto.SerializeToString() if program else file.getvalue()
    session = runtime.InferenceSession(model)
    (y,) = session.run(None, {"x": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(y), VARIANTS[name](x))


def test_torchscript() -> None:
    @torch.jit.script
    def function(x: Tensor, beta: Tensor) -> list[Tensor]:
        return [
            shifted_softplus(x, 2.0),
            shifted_softplus_(x * 1, 2.0),
            softplus(x, 2.0, floor=0.25),
            inverse_softplus(x.abs() + 1, 2.0, floor=0.25),
            softplus(x, beta),
        ]

    x, beta = inputs().requires_grad_(), LEARNABLE
    eager = [
        shifted_softplus(x, 2.0),
        shifted_softplus_(x * 1, 2.0),
        softplus(x, 2.0, floor=0.25),
        inverse_softplus(x.abs() + 1, 2.0, floor=0.25),
        softplus(x, beta),
    ]
    for _ in range(3):
        assert all(map(torch.equal, function(x, beta), eager))


# ---- Modules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("inplace", "shown"), [(False, ""), (True, ", inplace=True")])
def test_module(inplace: bool, shown: str) -> None:
    module = ShiftedSoftplus(2, inplace=inplace)
    x = inputs()
    assert torch.equal(copy.deepcopy(module)(x.clone()), shifted_softplus(x, 2))
    assert torch.equal(torch.jit.script(module)(x.clone()), shifted_softplus(x, 2))
    assert repr(module) == f"ShiftedSoftplus(beta=2, threshold=20.0{shown})"


def test_module_with_a_learnable_beta() -> None:
    """One beta for each channel is a parameter, and an optimizer finds it."""
    torch.manual_seed(0)
    module = Softplus(nn.Parameter(torch.ones(3)))
    assert [name for name, _ in module.named_parameters()] == ["beta"]
    optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(300):
        x = torch.randn(64, 3)
        optimizer.zero_grad()
        (
            module(x) - F.softplus(x * LEARNABLE.float()) / LEARNABLE.float()
        ).square().mean().backward()
        optimizer.step()
    torch.testing.assert_close(module.beta.detach(), LEARNABLE.float(), rtol=0.02, atol=0)
    assert torch.equal(torch.jit.script(module)(x), module(x))


def test_transform_with_a_floor() -> None:
    transform = SoftplusTransform(2.0, floor=0.1)
    x = inputs()
    y = transform(x)
    assert torch.equal(y, softplus(x, 2.0, floor=0.1)) and transform.codomain.check(y).all()
    torch.testing.assert_close(transform.inv(y), x)
    assert transform != SoftplusTransform(2.0)
    assert transform == transform.with_cache() and "floor=0.1" in repr(transform)
    slope = torch.autograd.functional.jacobian(lambda x: transform(x).sum(), x)
    torch.testing.assert_close(transform.log_abs_det_jacobian(x, y), slope.log())


# ---- Errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, t: softplus_(x, t), r"softplus_\(\): argument 'beta' must be Number"),
        (lambda x, t: shifted_softplus(x, t), r"shifted_softplus\(\): argument 'beta' must be"),
        (lambda x, t: softplus(x, 2, t), "argument 'threshold' must be Number"),
        (lambda x, t: softplus(x, 2, floor=t), "argument 'floor' must be Number"),
        (lambda x, t: softplus(x, t, floor=0.1), "argument 'beta' must be Number"),
        (lambda x, t: inverse_softplus(x, 2, floor=t), "argument 'floor' must be Number"),
        (lambda x, t: softplus(x, floor=0.1, out=x), "'out' cannot be combined with 'floor'"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_refused(compiled: bool, call: Callable[..., Tensor], message: str) -> None:
    learnable = torch.tensor(2.0, requires_grad=True)
    call = torch.compile(call) if compiled else call
    with pytest.raises(Exception, match=message):
        call(torch.ones(3), learnable)


def test_a_parameter_is_not_overwritten() -> None:
    with pytest.raises(RuntimeError, match=r"shifted_softplus_\(\).*use shifted_softplus\(\)"):
        shifted_softplus_(nn.Parameter(torch.ones(3)))


def test_tangents() -> None:
    """In place, in forward mode."""
    x, tangent = inputs(), torch.ones_like(inputs())
    with forward_ad.dual_level():
        y = forward_ad.make_dual(x.clone(), tangent.clone())
        shifted_softplus_(y, 2)
        expected = shifted_softplus(forward_ad.make_dual(x, tangent), 2)
        assert torch.equal(forward_ad.unpack_dual(y)[1], forward_ad.unpack_dual(expected)[1])


def test_listed() -> None:
    assert {"ShiftedSoftplus", "shifted_softplus", "shifted_softplus_"} <= {*fused_softplus.__all__}
