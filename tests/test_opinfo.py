"""Does softplus pass PyTorch's own checks, on the samples that PyTorch generates for them?"""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.func import jvp, vjp, vmap
from torch.testing._internal import composite_compliance
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.opinfo.core import SampleInput

from fused_softplus import inverse_softplus, softplus, softplus_
from tests.tools import reference

(OP,) = (op for op in op_db if op.name == "nn.functional.softplus")

of_every_dtype = pytest.mark.parametrize("dtype", sorted(OP.dtypes, key=str), ids=str)


def samples(dtype: torch.dtype) -> list[SampleInput]:
    made = list(OP.sample_inputs("cpu", dtype, requires_grad=True))
    return made + list(OP.reference_inputs("cpu", dtype, requires_grad=True))


def exact(x: Tensor, quantity: str, beta: float, threshold: float) -> reference.Exact:
    linear = reference.is_linear(x, beta, threshold)
    beyond = x if quantity == "softplus" else torch.ones_like(x)
    return np.where(linear, reference.numbers(beyond), getattr(reference, quantity)(x, beta))


def test_dtypes() -> None:
    assert set(OP.dtypes) == set(reference.DTYPES)


@of_every_dtype
def test_samples(dtype: torch.dtype) -> None:
    compared = 0
    for sample in samples(dtype):
        # Uses leaves: some samples are views, for which PyTorch does not compute gradients either.
        x = sample.input.detach().requires_grad_()
        scalars = (sample.kwargs.get("beta", 1), sample.kwargs.get("threshold", 20))
        ours, torchs = softplus(x, *scalars), OP(x, **sample.kwargs)
        assert (ours.dtype, ours.shape, ours.stride()) == (dtype, torchs.shape, torchs.stride())
        compared += compare(ours, torchs, "softplus", x, *scalars)
        gradients = (torch.autograd.grad(y.sum(), x)[0] for y in (ours, torchs))
        compared += compare(*gradients, "slope", x, *scalars)
    assert compared > 1000


def compare(
    ours: Tensor, torchs: Tensor, quantity: str, x: Tensor, beta: float, threshold: float
) -> int:
    """Compares two outcomes with each other and with exact values; returns the count of numbers."""
    x, ours, torchs = (tensor.detach().flatten() for tensor in (x, ours, torchs))
    infinite = ~x.isfinite()
    torch.testing.assert_close(ours[infinite], torchs[infinite], rtol=0, atol=0, equal_nan=True)
    x, ours, torchs = (tensor[~infinite] for tensor in (x, ours, torchs))
    step = len(x) // 1000 + 1  # some samples are large, and mpmath slow
    x, ours, torchs = (tensor[::step] for tensor in (x, ours, torchs))
    if len(x) == 0:
        return 0
    values = exact(x, quantity, beta, threshold)
    reference.check(ours, values, quantity, beta, x)
    # The error of PyTorch is measured. Two numbers within a and b ULP of a third are within a + b
    # ULP of each other; the ULP of the three differ by at most a factor of 2.
    torchs_error = reference.ulp_error(torchs, values).max()
    bound = reference.bound(quantity, x.dtype, beta, values, x).max() + torchs_error
    assert reference.ulp_error(ours, reference.numbers(torchs)).max() <= 2 * bound
    return len(x)


# ---- What torch's own tests ask of every operator, on the CPU -----------------------------------

Function = Callable[..., Tensor]

FUNCTIONS: dict[str, Function] = {
    "softplus": softplus,
    "in place": lambda x, *scalars: softplus_(x.clone(), *scalars),
    "in place, from the result": lambda x, *scalars: softplus_(x.clone(), *scalars[:1], 40),
    "bias": lambda x, *scalars: softplus(x, *scalars, bias=x.detach().sum()),
    "inverse": lambda x, *scalars: inverse_softplus(x.exp(), *scalars),
}


def functions(name: str) -> list[tuple[Function, Tensor]]:
    """Returns function and x for each sample of at most two dimensions."""
    made = []
    for sample in OP.sample_inputs("cpu", torch.float64, requires_grad=False):
        scalars = (sample.kwargs.get("beta", 1), sample.kwargs.get("threshold", 20))
        if sample.input.dim() <= 2 and sample.input.numel():
            x = sample.input.reshape(-1)[:3].reshape(-1 if sample.input.dim() else ()).clone()
            made.append((lambda x, s=scalars: FUNCTIONS[name](x, *s), x))
    return made


def vjp_of(function: Function) -> Function:
    return lambda x, cotangent: vjp(function, x)[1](cotangent)[0]


def vjp_vjp(function: Function) -> Function:
    """Computes both gradients, one after the other."""
    return lambda x, cotangent, again: torch.stack(vjp(vjp_of(function), x, cotangent)[1](again))


def jvp_vjp(function: Function) -> Function:
    def compute(x: Tensor, cotangent: Tensor, *tangents: Tensor) -> Tensor:
        return jvp(vjp_of(function), (x, cotangent), tangents)[1]

    return compute


# An in-place operator can only overwrite a tangent by one of the same size and class. PyTorch's
# in-place operators, such as elu_, raise here too.
FORWARD_MODE = [name for name in FUNCTIONS if not name.startswith("in place")]

TRANSFORMS: dict[str, tuple[Callable[[Function], Function], int]] = {  # and the number of arguments
    "vmap": (lambda f: f, 1),
    "vmapvjp": (vjp_of, 2),
    "vmapvjpvjp": (vjp_vjp, 3),
    "vmapjvpvjp": (jvp_vjp, 4),
}


@pytest.mark.parametrize(
    ("transform", "name"),
    [
        (transform, name)
        for transform in TRANSFORMS
        for name in (FORWARD_MODE if "jvp" in transform else FUNCTIONS)
    ],
)
def test_every_way_of_batching(transform: str, name: str) -> None:
    """Functorch's tests of these names: compares with a loop, whichever arguments are batched."""
    transformer, count = TRANSFORMS[transform]
    compared = 0
    for function, x in functions(name):
        transformed = transformer(function)
        for dims in list(itertools.product((None, 0, -1), repeat=count))[1:]:
            arguments = [
                torch.randn(x.shape if dim is None else (3, *x.shape), dtype=x.dtype)
                for dim in dims
            ]
            moved = [
                argument if dim is None else argument.movedim(0, dim)
                for argument, dim in zip(arguments, dims, strict=True)
            ]
            loop = [
                transformed(
                    *(a if d is None else a[i] for a, d in zip(arguments, dims, strict=True))
                )
                for i in range(3)
            ]
            batched = vmap(transformed, in_dims=dims)(*moved)
            torch.testing.assert_close(batched, torch.stack(loop))
            compared += 1
    assert compared > 3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_composite_compliance(name: str) -> None:
    """Runs PyTorch's test of this name: the formulas work for every tensor subclass."""
    close = torch.testing.assert_close
    for function, x in functions(name):
        composite_compliance.check_with_mode(function, (x,), {}, close)
        composite_compliance.check_all_permutations(function, (x,), {}, close)
        leaf = x.requires_grad_()
        composite_compliance.check_backward_formula(function, (leaf,), {}, None, None, close)
        if name in FORWARD_MODE:
            composite_compliance.check_forward_ad_formula(function, (leaf,), {}, None, close)
