"""Are other kinds of tensors accepted or rejected as PyTorch's operators accept or reject them?"""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.testing._internal.two_tensor import TwoTensor

from fused_softplus import Softplus, inverse_softplus, softplus, softplus_

ops = torch.ops.fused_softplus

# PyTorch's tracing reads .grad of tensors that are not leaves.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


# ---- Nested tensors ----------------------------------------------------------------------------


def jagged() -> Tensor:
    torch.manual_seed(0)
    rows = [torch.randn(length, 3) for length in (2, 4, 1)]
    return torch.nested.nested_tensor(rows, layout=torch.jagged, requires_grad=True)


@pytest.mark.parametrize(
    "function",
    [softplus, lambda x: softplus_(x * 1), Softplus(), Softplus(inplace=True)],
    ids=["functional", "in place", "module", "module in place"],
)
@pytest.mark.parametrize("compiled", [False, True])
def test_jagged(function: Callable[[Tensor], Tensor], compiled: bool) -> None:
    torch._dynamo.reset()
    run = torch.compile(function, fullgraph=True, backend="aot_eager") if compiled else function
    x = jagged()
    y = run(x * 1)
    assert y.is_nested and y.layout == torch.jagged and y.shape == x.shape
    values = x.values().detach()
    assert torch.equal(y.values(), softplus(values))
    y.values().sum().backward()
    slope = ops.softplus_backward(torch.ones_like(values), values, 1, 20)
    # In eager mode, the in-place gradient is computed from the rounded result.
    torch.testing.assert_close(x.grad.values(), slope, rtol=5 * 2**-23, atol=0)


@pytest.mark.parametrize("inplace", [False, True])
def test_second_gradient_of_jagged(inplace: bool) -> None:
    activation = Softplus(2, inplace=inplace)
    x = jagged()
    (grad,) = torch.autograd.grad(activation(x * 1).values().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(grad.values().sum(), x)
    values = x.values().detach()
    one = torch.ones_like(values)
    expected = ops.softplus_double_backward(one, one, values, 2, 20)[1]
    torch.testing.assert_close(second.values(), expected, rtol=8 * 2**-23, atol=8 * 2**-23)


def test_bias_of_jagged() -> None:
    x, bias = jagged(), torch.randn(3, requires_grad=True)
    y = softplus(x, 2, bias=bias)
    values = x.values().detach() + bias.detach()
    assert y.is_nested and torch.equal(y.values(), softplus(values, 2))
    y.values().sum().backward()
    slope = ops.softplus_backward(torch.ones_like(values), values, 2, 20)
    assert torch.equal(x.grad.values(), slope)
    torch.testing.assert_close(bias.grad, slope.sum(0))


# ---- Lazy and immutable tensors ----------------------------------------------------------------


def test_negative_view() -> None:
    """The imaginary part of a conjugate is a view whose negative bit is set."""
    numbers = torch.randn(5, dtype=torch.complex64)
    view = numbers.conj().imag
    assert view.is_neg()
    expected = softplus(view.resolve_neg())
    assert torch.equal(softplus(view), expected)
    softplus_(view)
    assert torch.equal(view, expected)
    assert torch.equal(numbers.imag, -expected)


def test_zero_tensor() -> None:
    """Forward mode uses these tensors for tangents that are known to be zero."""
    zero = torch._efficientzerotensor(3)
    assert torch.equal(softplus(zero), softplus(torch.zeros(3)))
    with pytest.raises(RuntimeError, match="ZeroTensors are immutable"):
        softplus_(zero)


def test_inference_tensor() -> None:
    with torch.inference_mode():
        x = softplus(torch.ones(3))
        assert x.is_inference()
        assert softplus_(x) is x
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        softplus_(x)
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        ops.softplus_backward(torch.ones(3, requires_grad=True), x, 1, 20)


# ---- Subclasses --------------------------------------------------------------------------------


def test_parameter_gives_a_plain_tensor() -> None:
    y = softplus(torch.nn.Parameter(torch.randn(4)))
    assert type(y) is Tensor and y.requires_grad


@pytest.mark.parametrize(
    ("function", "public"),
    [
        (softplus, softplus),
        (softplus_, softplus_),
        (lambda x: softplus(x, out=torch.empty_like(x)), softplus),
        (lambda x: softplus(x, bias=torch.ones(4)), softplus),
        (inverse_softplus, inverse_softplus),
        (Softplus(), softplus),
        (Softplus(inplace=True), softplus_),
    ],
    ids=["functional", "in place", "out", "bias", "inverse", "module", "module in place"],
)
def test_torch_function_subclass(function: Callable[[Tensor], Tensor], public: object) -> None:
    """__torch_function__ gets the public function, as with torch.nn.functional."""

    class Subclass(Tensor):
        functions: list[object] = []  # noqa: RUF012 (shared on purpose)

        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            cls.functions.append(function)
            return super().__torch_function__(function, types, args, kwargs or {})

    x = torch.randn(4).as_subclass(Subclass)
    Subclass.functions.clear()
    assert type(function(x)) is Subclass
    assert public in Subclass.functions


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("inplace", [False, True])
def test_torch_dispatch_subclass(inplace: bool, compiled: bool) -> None:
    """Forward and backward reach both tensors of a subclass that wraps two."""
    torch._dynamo.reset()

    def function(x: Tensor) -> Tensor:
        return softplus_(x * 1, 2) if inplace else softplus(x * 1, 2)

    run = torch.compile(function, fullgraph=True, backend="aot_eager") if compiled else function
    inner = torch.randn(2, 5)
    x = TwoTensor(inner[0].clone(), inner[1].clone()).requires_grad_()
    y = run(x)
    y.sum().backward()
    slope = ops.softplus_backward(torch.ones(2, 5), inner, 2, 20)
    assert type(y) is type(x.grad) is TwoTensor
    for i, name in enumerate("ab"):
        assert torch.equal(getattr(y, name), softplus(inner[i], 2))
        torch.testing.assert_close(getattr(x.grad, name), slope[i], rtol=5 * 2**-23, atol=0)


# ---- Modes ---------------------------------------------------------------------------------------


def test_deterministic_mode() -> None:
    """Results are the same. This mode fills new memory with NaN, which must not be visible."""
    x = torch.randn(3, 50, 70).transpose(0, 2)  # not contiguous, not small

    def outcome() -> list[Tensor]:
        leaf = x.detach().requires_grad_()
        y = softplus(leaf, 2, 3)
        (grad,) = torch.autograd.grad(y.sum(), leaf, create_graph=True)
        (second,) = torch.autograd.grad(grad.sum(), leaf)
        return [y, grad, second, softplus_(x.clone()), softplus(x, out=torch.empty(0))]

    expected = outcome()
    torch.use_deterministic_algorithms(True)
    try:
        assert all(map(torch.equal, outcome(), expected))
    finally:
        torch.use_deterministic_algorithms(False)


# ---- Refused, as by F.softplus -----------------------------------------------------------------


REFUSED = {
    "sparse": lambda: torch.eye(3).to_sparse(),
    "sparse rows": lambda: torch.eye(3).to_sparse_csr(),
    "mkldnn": lambda: torch.randn(3, 3).to_mkldnn(),
    "quantized": lambda: torch.quantize_per_tensor(torch.randn(3), 0.1, 0, torch.quint8),
    "nested without layout": lambda: torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
}


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype stage")
@pytest.mark.parametrize("kind", REFUSED)
def test_refused(kind: str) -> None:
    x = REFUSED[kind]()
    with pytest.raises(RuntimeError):  # or NotImplementedError, its subclass
        F.softplus(x)
    for function, name in ((softplus, "softplus"), (softplus_, "softplus_")):
        with pytest.raises(NotImplementedError, match=f"Could not run 'fused_softplus::{name}'"):
            function(x)
