"""Does any combination of layout, dtype, arguments and autograd break the operators?

Each test runs a few hundred cases, always the same. `make fuzz` runs 25,000 new cases of each test,
or FUZZ_CASES. Hypothesis prints a minimal failing case and the line that reproduces it.

Values are checked twice. A few numbers, contiguous in one array, must be within the bounds of
reference.py. The same numbers in any layout, size, number of threads and way of calling must then
give the same bits. Shapes, strides, errors and version counters must be those of PyTorch's
operators.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from tests.tools import reference
from tests.tools.reference import DTYPES, Exact

ops = torch.ops.fused_softplus
inf, nan = math.inf, math.nan

# The widths of vectors and buffers, the grain size of threads, and numbers next to them.
LENGTHS = [width + more for width in (16, 32, 64, 256, 512, 2**15) for more in (-1, 0, 1)]


# ---- Cases -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """The shape, strides and offset of a tensor."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int

    def of(self, memory: Tensor) -> Tensor:
        return memory.as_strided(self.shape, self.stride, self.offset)

    @property
    def size(self) -> int:
        """The number of elements to allocate, some of which must not be written."""
        last = sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True) if n)
        return self.offset + last + 4

    @property
    def places(self) -> Tensor:
        return self.of(torch.arange(self.size))

    @property
    def shares_memory(self) -> bool:
        """Whether two elements share memory."""
        return self.places.unique().numel() < self.places.numel()


@st.composite
def layouts(draw: st.DrawFn, shape: tuple[int, ...] | None = None) -> Layout:
    """Generates dense layouts in any order of dimensions, and layouts with gaps or overlaps."""
    if shape is None:
        if draw(st.integers(0, 9)) == 9:
            shape = (draw(st.sampled_from(LENGTHS)),)
        else:
            shape = tuple(draw(st.lists(st.sampled_from([3, 2, 1, 4, 0]), max_size=4)))
    kind = draw(st.sampled_from(["dense", "permuted", "gaps", "expanded", "overlapping"]))
    order: Any = range(len(shape))[::-1]
    if kind in ("permuted", "gaps"):
        order = draw(st.permutations(order))
    stride, extent = [0] * len(shape), 1
    for dim in order:
        if kind == "gaps":
            extent *= draw(st.integers(1, 2))
        stride[dim] = extent
        extent *= max(shape[dim], 1)
    if kind in ("expanded", "overlapping"):
        most = 0 if kind == "expanded" else 5
        stride = [draw(st.sampled_from([step, draw(st.integers(0, most))])) for step in stride]
    return Layout(shape, tuple(stride), draw(st.integers(0, 3)))


dtypes = st.sampled_from(DTYPES)


@st.composite
def scalars(draw: st.DrawFn, dtype: torch.dtype) -> tuple[float, float]:
    """Generates beta and threshold."""
    decades = 300 if dtype == torch.float64 else 30
    beta = draw(
        st.sampled_from([1.0, 0.5, 2.0, 100.0, 0.1, -1.0])
        | st.floats(-decades, decades).map(lambda exponent: 10**exponent)
        | st.floats(-decades, decades).map(lambda exponent: -(10**exponent))
    )
    threshold = draw(st.sampled_from([20.0, inf, 1.0, 0.0, -inf, 1e38]) | st.floats(-50, 100))
    return beta, threshold


@st.composite
def numbers(draw: st.DrawFn, dtype: torch.dtype, beta: float, most: int = 8) -> Tensor:
    """Generates numbers where softplus bends or its results become subnormal, and any others."""
    deepest = 760.0 if dtype == torch.float64 else 120.0
    bent = st.floats(-deepest, 60).map(lambda u: u / beta)
    anywhere = st.floats(width=64 if dtype == torch.float64 else 32)
    special = st.sampled_from([0.0, -0.0, inf, -inf, nan])
    values = draw(st.lists(bent | bent | anywhere | special, min_size=1, max_size=most))
    return torch.tensor(values, dtype=torch.float64).to(dtype)


def spread(values: Tensor, size: int) -> Tensor:
    """Returns a tensor with this many elements, each one of the values."""
    return values.repeat(size // len(values) + 1)[:size]


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# ---- What is asserted --------------------------------------------------------------------------


def assert_same(actual: Tensor, expected: Tensor) -> None:
    """Asserts that the bits are the same, except those of NaN."""
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}[actual.dtype.itemsize]
    actual, expected = actual.detach(), expected.detach()
    same = (actual.view(bits) == expected.view(bits)) | (actual.isnan() & expected.isnan())
    assert same.all(), (actual, expected)


def assert_exact(
    actual: Tensor, formula: Callable[[Tensor, float], Exact], beta: float, x: Tensor
) -> None:
    """Asserts the bounds of reference.py where x is not NaN."""
    finite = x.isfinite()
    if finite.any():
        exact = formula(x[finite], beta)
        reference.check(actual[finite], exact, formula.__name__, beta, x[finite])


def derivatives(
    function: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor, grad_grad: Tensor
) -> list[Tensor]:
    """Returns function(x), its gradient, and the gradients of that with respect to x and grad."""
    x, grad = x.detach().requires_grad_(), grad.detach().requires_grad_()
    y = function(x)
    (slope,) = torch.autograd.grad(y, x, grad, create_graph=True)
    return [y, slope, *torch.autograd.grad(slope, (x, grad), grad_grad)]


def outcome(call: Callable[[], object]) -> type[Exception] | None:
    """Returns the type of the exception that the call raises, if any."""
    try:
        call()
    except Exception as error:
        return type(error)
    return None


# ---- Tests -------------------------------------------------------------------------------------


@given(st.data())
def test_softplus(data: st.DataObject) -> None:
    """Forward, backward and double backward for any input and incoming gradients."""
    dtype = data.draw(dtypes)
    beta, threshold = data.draw(scalars(dtype))
    x = data.draw(numbers(dtype, beta))
    one = torch.ones_like(x)

    linear = torch.from_numpy(reference.is_linear(x, beta, threshold))
    y = ops.softplus(x, beta, threshold)
    slope, curvature = ops.softplus_double_backward(one, one, x, beta, threshold)
    assert_same(y[linear], x[linear])
    assert_same(slope[linear], one[linear])
    assert (curvature[linear] == 0).all()
    smooth = ~linear
    assert_exact(y[smooth], reference.softplus, beta, x[smooth])
    assert_exact(slope[smooth], reference.slope, beta, x[smooth])
    assert_exact(curvature[smooth], reference.curvature, beta, x[smooth])
    assert torch.equal(y.isnan(), x.isnan())

    layout = data.draw(layouts())
    incoming = [data.draw(layouts(layout.shape)) for _ in range(2)]
    spread_x = layout.of(spread(x, layout.size))
    grads = [other.of(spread(x.roll(1) / 7, other.size)) for other in incoming]
    operators = [spread_x, *grads]
    flat = [tensor.flatten() for tensor in operators]
    expected = derivatives(lambda t: ops.softplus(t, beta, threshold), *flat)
    with threads(data.draw(st.integers(1, 3))):
        actual = derivatives(lambda t: softplus(t, beta, threshold), *operators)
        twins = derivatives(lambda t: F.softplus(t, beta, threshold), *operators)
    for mine, its, same in zip(actual, twins, expected, strict=True):
        assert_same(mine.flatten(), same)
        assert mine.requires_grad == its.requires_grad
    for mine, its in zip(actual[:2], twins[:2], strict=True):
        assert mine.stride() == its.stride()
    assert not softplus(spread_x, beta, threshold).requires_grad


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
@given(st.data())
def test_writing(data: st.DataObject) -> None:
    """In place and out=, into tensors of any layout, including those that PyTorch rejects."""
    dtype = data.draw(dtypes)
    beta, threshold = data.draw(scalars(dtype))
    source = data.draw(layouts())
    in_place = data.draw(st.booleans())
    target = source
    if not in_place:
        same_shape = data.draw(st.integers(0, 4)) > 0
        target = data.draw(layouts(source.shape if same_shape else None))
    x = data.draw(numbers(dtype, beta))
    aliased = in_place or data.draw(st.booleans())
    out_dtype = dtype if aliased else data.draw(st.sampled_from([dtype, dtype, *DTYPES]))
    leaf, derived, recording = (data.draw(st.booleans()) for _ in range(3))

    before = spread(x, max(source.size, target.size))

    def written_by(in_place_twin: Callable[[Tensor], Tensor], with_out: Any) -> list[Any]:
        """Returns the exception, and the memory, version and strides of the written tensor."""
        memory = before.clone()
        memory.requires_grad_(leaf)
        if derived:
            memory = memory * 1
        other = memory if aliased else torch.zeros_like(before, dtype=out_dtype)
        written, read = target.of(other), source.of(memory)
        if in_place:
            written = read
        with torch.set_grad_enabled(recording):
            if in_place:
                error = outcome(lambda: in_place_twin(written))
            else:
                error = outcome(lambda: with_out(read, beta, threshold, out=written))
        facts = (error, written._version, written.shape, written.stride(), written.requires_grad)
        return [facts, written, other]

    with threads(data.draw(st.integers(1, 3))):
        facts, written, memory = written_by(lambda t: softplus_(t, beta, threshold), softplus)
        its_facts, _, _ = written_by(torch.sigmoid_, F.softplus)
    assert facts == its_facts
    if facts[0] is not None:
        assert_same(memory, before if aliased else torch.zeros_like(memory))
        return
    if target.shares_memory or (aliased and not in_place and read_is_overwritten(source, target)):
        return  # undefined
    result = softplus(source.of(before), beta, threshold)
    assert_same(written, result)
    if target.shape == source.shape:  # written there and nowhere else
        around = before.clone() if aliased else torch.zeros_like(memory)
        target.of(around).copy_(result)
        assert_same(memory, around)


def read_is_overwritten(source: Layout, target: Layout) -> bool:
    """Returns whether writing one element of the target overwrites the input of another."""
    if source.shape != target.shape:
        return True
    read, written = source.places.flatten(), target.places.flatten()
    readers = read.bincount(minlength=target.size)[written]
    return bool((readers > (read == written)).any())


@given(st.data())
def test_gradient_in_place(data: st.DataObject) -> None:
    """The gradient is computed from the result or from a copy of the input, within their bounds."""
    dtype = data.draw(dtypes)
    beta, threshold = data.draw(scalars(dtype))
    layout = data.draw(layouts().filter(lambda layout: not layout.shares_memory))
    x = data.draw(numbers(dtype, beta))
    leaf = layout.of(spread(x, layout.size)).detach().requires_grad_()
    grad = layout.of(spread(x.roll(1) / 7, layout.size))
    y = leaf * 1
    assert softplus_(y, beta, threshold) is y
    assert_same(y, softplus(leaf.detach(), beta, threshold))
    (actual,) = torch.autograd.grad(y, leaf, grad)
    assert y.grad_fn is not None
    if y.grad_fn.name() == "FusedSoftplusFromResultBackward":
        assert_same(actual, ops.softplus_backward_from_result(grad, y.detach(), beta))
    else:
        assert_same(actual, ops.softplus_backward(grad, leaf.detach(), beta, threshold))


@given(st.data())
def test_bias(data: st.DataObject) -> None:
    """A bias along any dimension gives softplus of the sum."""
    dtype = data.draw(dtypes)
    beta, threshold = data.draw(scalars(dtype))
    layout = data.draw(layouts())
    x = layout.of(spread(data.draw(numbers(dtype, beta)), layout.size))
    dim = data.draw(st.integers(-x.dim(), x.dim() - 1)) if x.dim() else -1
    along = data.draw(st.booleans()) and x.dim() > 0
    size = (x.shape[dim],) if along else ()
    own = data.draw(layouts(size))
    bias = own.of(spread(data.draw(numbers(dtype, beta)), own.size))
    aligned = bias.view(-1, *[1] * (x.dim() - 1 - dim % x.dim())) if along else bias

    x, bias = x.detach().requires_grad_(), bias.detach().requires_grad_()
    with threads(data.draw(st.integers(1, 3))):
        y = softplus(x, beta, threshold, bias=bias, bias_dim=dim)
        slopes = torch.autograd.grad(y, (x, bias), torch.ones_like(y))
    twin = x.detach() + aligned.detach()
    assert (y.shape, y.dtype) == (twin.shape, twin.dtype)
    assert y.stride() == twin.stride() or not y.numel()
    assert all(slope.shape == leaf.shape for slope, leaf in zip(slopes, (x, bias), strict=True))

    dense = aligned.detach().expand(x.shape).flatten()
    flat_x, flat_y = x.detach().flatten(), y.detach().flatten()
    assert_same(flat_y, ops.softplus_bias(flat_x, dense, beta, threshold))
    one = torch.ones_like(flat_x)
    slope = ops.softplus_bias_backward(one, flat_x, dense, beta, threshold)
    assert_same(slopes[0].flatten(), slope)
    if dtype.itemsize > 2:
        total = flat_x + dense
        assert_same(flat_y, ops.softplus(total, beta, threshold))
        assert_same(slope, ops.softplus_backward(one, total, beta, threshold))
        return
    total, flat_y, slope = (t[:64] for t in (flat_x.float() + dense.float(), flat_y, slope))
    smooth = ~torch.from_numpy(reference.is_linear(total, beta, threshold))
    assert_exact(flat_y[smooth], reference.softplus, beta, total[smooth])
    assert_exact(slope[smooth], reference.slope, beta, total[smooth])


@given(st.data())
def test_inverse(data: st.DataObject) -> None:
    """Tests inverse_softplus, and its gradient where beta y is a normal number."""
    dtype = data.draw(dtypes)
    beta, threshold = data.draw(scalars(dtype))
    y = data.draw(numbers(dtype, beta))
    linear = torch.from_numpy(reference.is_linear(y, beta, threshold))
    x = ops.inverse_softplus(y, beta, threshold)
    assert_same(x[linear], y[linear])
    side = (y.double() * beta).sign()
    assert x[~linear & (side < 0)].isnan().all()
    assert (x[~linear & (y == 0)] == -math.copysign(inf, beta)).all()
    opmath = torch.float64 if dtype == torch.float64 else torch.float32
    normal = (y.to(opmath) * beta).abs() >= torch.finfo(opmath).tiny
    inside = ~linear & (side > 0) & (normal if dtype == torch.float64 else side.bool())
    assert_exact(x[inside], reference.inverse_softplus, beta, y[inside])
    leaf = y[inside & normal].requires_grad_()
    (slope,) = torch.autograd.grad(
        inverse_softplus(leaf, beta, threshold), leaf, torch.ones_like(leaf)
    )
    assert_exact(slope, reference.inverse_slope, beta, leaf.detach())

    layout = data.draw(layouts())
    spread_y = layout.of(spread(y, layout.size))
    grads = [
        other.of(spread(y.roll(1) / 7, other.size))
        for other in (data.draw(layouts(layout.shape)) for _ in range(2))
    ]
    flat = [tensor.flatten() for tensor in (spread_y, *grads)]
    inverse = lambda t: inverse_softplus(t, beta, threshold)  # noqa: E731
    with threads(data.draw(st.integers(1, 3))):
        actual = derivatives(inverse, spread_y, *grads)
    for mine, same in zip(actual, derivatives(inverse, *flat), strict=True):
        assert_same(mine.flatten(), same)
    assert actual[0].stride() == spread_y.neg().stride()


WAYS: dict[str, Callable[..., Tensor]] = {
    "softplus": softplus,
    "softplus_": softplus_,
    "inverse_softplus": inverse_softplus,
    "module": lambda x, *scalars, **tensors: Softplus(*scalars)(x, **tensors),
    "operator": ops.softplus,
    "operator in place": ops.softplus_,
}
ALL_DTYPES = [*DTYPES, torch.int64, torch.bool, torch.complex64, torch.uint8, torch.float8_e5m2]
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(1.0, 2, True, -0.5, 0, -0.0, nan, inf, -inf, 1e31, -1e-31, 1e301, 5e-324),
        *(10**400, None, "1", 1j, [1.0]),
    ]
)


def is_real(value: Any) -> bool:
    return isinstance(value, (int, float)) and abs(value) < 2**1024


@given(st.data())
def test_arguments(data: st.DataObject) -> None:
    """Invalid arguments raise an error that names one of them; valid arguments give a result."""
    way = data.draw(st.sampled_from(sorted(WAYS)))
    beta, threshold = (data.draw(SCALARS) for _ in range(2))
    layout = data.draw(layouts().filter(lambda layout: not layout.shares_memory))
    dtype = data.draw(st.sampled_from(ALL_DTYPES))
    x = layout.of(torch.ones(layout.size).to(dtype))
    more: dict[str, Any] = {}
    bad = set()
    if 10**400 in (beta, threshold):
        bad.add("int too big")  # Python's message, where PyTorch converts them
    if dtype not in DTYPES:
        bad.add("not implemented for")
    largest = 1e300 if dtype == torch.float64 else 1e30
    if not (is_real(beta) and 1 / largest <= abs(beta) <= largest):
        bad.add("beta")
    if not (is_real(threshold) or threshold in (inf, -inf)):
        bad.add("threshold")
    if way in ("softplus", "operator") and data.draw(st.booleans()):
        bias_dim = data.draw(st.integers(-5, 5) | st.sampled_from([2**31, -(2**63), 2**63]))
        bias_shape = tuple(data.draw(st.lists(st.integers(0, 3), max_size=2)))
        bias_dtype = data.draw(st.sampled_from([dtype, *ALL_DTYPES]))
        more = {"bias": torch.ones(bias_shape).to(bias_dtype), "bias_dim": bias_dim}
        within = -max(x.dim(), 1) <= bias_dim < max(x.dim(), 1)
        if not within:
            bad |= {"Dimension out of range", "bias_dim", "Overflow when unpacking long long"}
        elif len(bias_shape) > 0 and (
            len(bias_shape) > 1 or x.dim() == 0 or bias_shape[0] != x.shape[bias_dim]
        ):
            bad.add("bias")
        bad.discard("not implemented for")
        float8_alone = torch.float8_e5m2 in (dtype, bias_dtype) and dtype != bias_dtype
        if float8_alone:
            bad.add("Promotion for Float8 Types is not supported")
        elif torch.result_type(x, more["bias"]) not in DTYPES:
            bad.add("not implemented for")
    try:
        y = WAYS[way](x, beta, threshold, **more)
    except (TypeError, ValueError, RuntimeError, IndexError, OverflowError) as error:
        message = str(error)
        assert bad, message
        assert any(name in message for name in bad), (bad, message)
        assert "INTERNAL ASSERT" not in message
    else:
        assert not bad
        assert_same(y, WAYS[way](torch.ones_like(x), float(beta), float(threshold), **more))
