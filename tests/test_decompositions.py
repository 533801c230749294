"""Are the decompositions into ATen's operators right, and their derivatives of every order?"""

import itertools
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from fused_softplus import _decompositions
from fused_softplus._decompositions import decompositions
from fused_softplus._sharding import OPERATORS
from tests.tools import reference

ops = torch.ops.fused_softplus

CASES = list(itertools.product((1.0, 0.1, 100.0, -0.7), (20.0, 1.0, -2.0, math.inf)))

of_every_case = pytest.mark.parametrize(("beta", "threshold"), CASES)
of_every_dtype = pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)


def points(beta: float, dtype: torch.dtype) -> Tensor:
    """Returns inputs whose exponentials are normal numbers, and others far into the linear part."""
    lowest = -700 if dtype == torch.float64 else -80
    x = torch.linspace(lowest, 120, 2001, dtype=torch.float64) / beta
    return torch.cat([x, torch.tensor([0.0, math.copysign(1e4, beta)])]).to(dtype)


def check(
    actual: Tensor, expected: Tensor, beta: float, x: Tensor, scale: Tensor | float = 0.0
) -> None:
    """Asserts that the error is a few roundings, and that of beta x, which exp magnifies by beta x.

    The error is relative to the result and to ``scale``. An exponential that is not a normal number
    may be flushed to 0, and beta multiplies it. If the results are rounded to a 16-bit type, they
    may be rounded in opposite directions.
    """
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    work = torch.finfo(torch.promote_types(actual.dtype, torch.float32))
    size = expected.double().abs() + scale
    bx = beta * x.double()
    error = (8 + bx.abs().clamp(max=800)) * work.eps * size + work.tiny * max(1, abs(beta))
    if actual.dtype.itemsize == 2:
        own = torch.finfo(actual.dtype)
        error = error + own.eps * expected.double().abs() + own.tiny * own.eps
    near = (actual.double() - expected.double()).abs() <= error
    wrong = ~(near | (actual == expected) | (actual.isnan() & expected.isnan()))
    assert not wrong.any(), (bx[wrong], actual[wrong], expected[wrong])


def test_every_operator_has_one() -> None:
    """Except operators that write, operators that are composed of others, and operators whose name
    starts with an underscore, which only torch.compile puts into graphs."""
    names = {
        name
        for name in torch._C._dispatch_get_all_op_names()
        if re.match("fused_softplus::[^_]", name)
        and not torch._C._dispatch_has_kernel_for_dispatch_key(name, "CompositeImplicitAutograd")
    }
    functional = {
        name for name in names if not torch._C._get_schema(*name.partition(".")[::2]).is_mutable
    }
    assert {op.name() for op in decompositions} == functional
    assert {op.name() for op in OPERATORS} == names


@of_every_dtype
@of_every_case
def test_values(beta: float, threshold: float, dtype: torch.dtype) -> None:
    x = points(beta, dtype)
    grad = torch.linspace(-2, 2, len(x)).to(dtype)
    other = grad.flip(0)
    y = ops.softplus(x, beta, math.inf)  # the operators from the result take only results
    bias = torch.tensor(0.5, dtype=dtype)
    total = x.double() + bias.double()
    calls: dict[Any, tuple[tuple[Any, ...], Tensor]] = {
        ops.softplus.default: ((x, beta, threshold), x),
        ops.softplus_backward.default: ((grad, x, beta, threshold), x),
        ops.softplus_backward_from_result.default: ((grad, y, beta), y),
        ops.softplus_double_backward.default: ((other, grad, x, beta, threshold), x),
        ops.softplus_double_backward_from_result.default: (
            (other, grad, y, beta),
            y,
        ),
        ops.softplus_bias.default: ((x, bias, beta, threshold), total),
        ops.softplus_bias_backward.default: ((grad, x, bias, beta, threshold), total),
        ops.softplus_bias_double_backward.default: (
            (other, grad, x, bias, beta, threshold),
            total,
        ),
        ops.shifted_softplus.default: ((x, beta, threshold), x),
        ops.softplus_floor.default: ((x, bias, beta, threshold), x),
    }
    # In the last two, terms cancel: on the linear part, and where beta is negative.
    terms = {ops.shifted_softplus.default: x.double().abs(), ops.softplus_floor.default: bias}
    for op, (arguments, determining) in calls.items():
        actual, expected = decompositions[op](*arguments), op(*arguments)
        for a, e in zip(*map(as_tuple, (actual, expected)), strict=True):
            check(a, e, beta, determining, terms.get(op, 0.0))


def as_tuple(results: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return results if isinstance(results, tuple) else (results,)


@of_every_dtype
@of_every_case
def test_inverse(beta: float, threshold: float, dtype: torch.dtype) -> None:
    """The error is relative to 1 / beta too: terms cancel near ln(2), where the result is 0."""
    small = torch.logspace(-10, 0, 200, base=2, dtype=torch.float64) / beta
    special = torch.tensor([0.0, math.inf, -math.inf, math.nan])
    y = torch.cat([points(beta, dtype), small.to(dtype), special.to(dtype)])
    actual = decompositions[ops.inverse_softplus.default](y, beta, threshold)
    check(actual, ops.inverse_softplus(y, beta, threshold), beta, y, 1 / abs(beta))


def test_exact_values() -> None:
    """Compares with mpmath; the tests above compare with the operators."""
    for beta in reference.BETAS:
        x = points(beta, torch.float64)
        linear = torch.from_numpy(reference.is_linear(x, beta))
        for name, actual in (
            ("softplus", decompositions[ops.softplus.default](x, beta)),
            ("slope", decompositions[ops.softplus_backward.default](torch.ones(()), x, beta, 20)),
        ):
            exact = torch.from_numpy(getattr(reference, name)(x, beta).astype(float))
            check(actual[~linear], exact[~linear], beta, x[~linear])


def derivatives(function: Callable[[Tensor], Tensor], x: Tensor, orders: int) -> list[Tensor]:
    leaf = x.clone().requires_grad_()
    results = [function(leaf)]
    for _ in range(orders):
        results += torch.autograd.grad(results[-1].sum(), leaf, create_graph=True)
    return [result.detach() for result in results[1:]]


@of_every_case
def test_derivatives(beta: float, threshold: float) -> None:
    """Derivatives of order 1 to 3.

    From the second on, ATen computes 1 - sigmoid, and from the first on expm1 + 1, which cancel.
    """
    x = points(beta, torch.float64)
    bias = torch.tensor(0.5, dtype=torch.float64)
    functions = {
        ops.softplus.default: (lambda op, x: op(x, beta, threshold), x, 2),
        ops.softplus_bias.default: (lambda op, x: op(x, bias, beta, threshold), x + bias, 2),
        ops.softplus_floor.default: (lambda op, x: op(x, bias, beta, threshold), x, 2),
        ops.shifted_softplus.default: (lambda op, x: op(x, beta, threshold), x, 1),
    }
    for op, (call, determining, cancels_from) in functions.items():
        actual = derivatives(lambda x, op=op, call=call: call(decompositions[op], x), x, 3)
        expected = derivatives(lambda x, op=op, call=call: call(op, x), x, 3)
        for order, (a, e) in enumerate(zip(actual, expected, strict=True), start=1):
            scale = abs(beta) ** (order - 1) if order >= cancels_from else 0.0
            check(a, e, beta, determining, scale)


@of_every_case
def test_derivatives_of_the_inverse(beta: float, threshold: float) -> None:
    y = torch.logspace(-8, 7, 500, base=2, dtype=torch.float64) / beta
    decomposed = decompositions[ops.inverse_softplus.default]
    actual = derivatives(lambda y: decomposed(y, beta, threshold), y, 2)
    expected = derivatives(lambda y: ops.inverse_softplus(y, beta, threshold), y, 2)
    for order, (a, e) in enumerate(zip(actual, expected, strict=True)):
        check(a, e, beta, y, abs(beta) ** order)


def test_in_place() -> None:
    x = torch.randn(4)
    before = x.clone()
    assert _decompositions.softplus_(x, 2, 10) is x
    check(x, ops.softplus(before, 2, 10), 2, before)


def test_broadcasting() -> None:
    """All results of a double backward have the broadcast shape of the arguments."""
    x, grad, row = torch.randn(4, 1), torch.randn(3), torch.randn(2, 1, 1)
    for op, arguments in (
        (ops.softplus_double_backward.default, (row, grad, x, 2, 20)),
        (ops.softplus_double_backward_from_result.default, (row, grad, x.abs(), 2)),
        (ops.softplus_bias_double_backward.default, (row, x, grad, x, 2, 20)),
    ):
        for a, e in zip(decompositions[op](*arguments), op(*arguments), strict=True):
            assert a.shape == e.shape == (2, 4, 3)


@pytest.mark.parametrize("op", [ops.softplus.default, ops.inverse_softplus.default], ids=str)
def test_symbolic_numbers(op: Any) -> None:
    """One graph serves every beta and threshold, which are computed from sizes here."""

    def function(x: Tensor) -> Tensor:
        return decompositions[op](x, x.shape[0] * 0.5, x.shape[1] * 2.0)

    traced = make_fx(function, tracing_mode="symbolic")(torch.rand(3, 5))
    for shape in ((3, 5), (7, 4), (2, 30)):
        x = torch.rand(shape) + 0.5
        assert torch.equal(traced(x), function(x))
