"""Does every memory layout give the same values, and the strides that F.softplus gives?"""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import fused_softplus
from tests.tools.reference import DTYPES

ops = torch.ops.fused_softplus

SHAPE = (3, 5, 4, 6)
LAYOUTS = {
    "dense": lambda: torch.randn(SHAPE),
    "transposed": lambda: torch.randn(6, 5, 4, 3).transpose(0, 3),
    "permuted": lambda: torch.randn(5, 6, 3, 4).permute(2, 0, 3, 1),
    "channels_last": lambda: torch.randn(SHAPE).to(memory_format=torch.channels_last),
    "every second": lambda: torch.randn(3, 5, 4, 12)[..., ::2],
    "rows with gaps": lambda: torch.randn(3, 5, 9, 7)[:, :, 2:6, 1:],
    "flipped": lambda: torch.randn(SHAPE).flip(0, 3),
    "expanded": lambda: torch.randn(3, 1, 4, 1).expand(SHAPE),
    "one long row": lambda: torch.randn(3 * 5 * 4 * 6),
    "one long column": lambda: torch.randn(3 * 5 * 4 * 6, 7)[:, 3],
    "one element": lambda: torch.randn(1, 1),
    "0-dim": lambda: torch.randn(()),
    "empty": lambda: torch.randn(3, 0, 4),
    "empty, no dimension of use": lambda: torch.randn(0),
}

of_every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def make(layout: str, dtype: torch.dtype = torch.float32) -> Tensor:
    torch.manual_seed(0)
    x = LAYOUTS[layout]()
    # Converts like x.to(dtype), but keeps gaps and overlaps between elements.
    base = torch.empty(0).set_(x.untyped_storage()).to(dtype)
    return base.as_strided(x.shape, x.stride(), x.storage_offset())


@of_every_layout
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_functional(layout: str, dtype: torch.dtype) -> None:
    x = make(layout, dtype).requires_grad_()
    y = fused_softplus.softplus(x)
    assert torch.equal(y, fused_softplus.softplus(x.clone(memory_format=torch.contiguous_format)))
    assert y.stride() == F.softplus(x).stride()
    assert y.shape == x.shape and y.dtype == dtype

    for grad in (torch.ones_like(y), torch.ones(()).to(dtype).expand(y.shape)):
        (actual,) = torch.autograd.grad(y, x, grad, retain_graph=True)
        (other,) = torch.autograd.grad(F.softplus(x), x, grad)
        assert torch.equal(actual, ops.softplus_backward(grad.contiguous(), x.contiguous(), 1, 20))
        assert actual.stride() == other.stride()


@of_every_layout
def test_in_place(layout: str) -> None:
    x = make(layout)
    if layout == "expanded":
        with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
            fused_softplus.softplus_(x)
        return
    outside = x.new_zeros(0).set_(x.untyped_storage())  # all memory, including the gaps
    expected = outside.clone()
    expected.as_strided_(x.shape, x.stride(), x.storage_offset()).copy_(fused_softplus.softplus(x))
    expected = expected.as_strided(outside.shape, outside.stride(), 0)
    stride = x.stride()
    assert fused_softplus.softplus_(x) is x
    assert torch.equal(outside, expected)  # written there and nowhere else
    assert x.stride() == stride


@of_every_layout
def test_out_of_another_layout(layout: str) -> None:
    x = make(layout)
    out = torch.empty(*x.shape, 3)[..., 1]
    stride = out.stride()
    assert fused_softplus.softplus(x, out=out) is out
    assert torch.equal(out, fused_softplus.softplus(x))
    assert out.stride() == stride


@of_every_layout
def test_double_backward(layout: str) -> None:
    x = make(layout)
    grads = torch.randn(x.shape), torch.randn(x.shape)
    for actual, expected in zip(
        ops.softplus_double_backward(*grads, x, 2, 20),
        ops.softplus_double_backward(*grads, x.contiguous(), 2, 20),
        strict=True,
    ):
        assert torch.equal(actual, expected)


def test_out_is_resized() -> None:
    x = make("channels_last")
    out = torch.empty(0)
    fused_softplus.softplus(x, out=out)
    assert torch.equal(out, fused_softplus.softplus(x))
    assert out.stride() == F.softplus(x, out=torch.empty(0)).stride()


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_out_with_other_elements_is_resized() -> None:
    x, out = torch.randn(4), torch.empty(3)
    fused_softplus.softplus(x, out=out)
    assert torch.equal(out, fused_softplus.softplus(x))


def test_out_may_be_the_input() -> None:
    x = torch.randn(100)
    expected = fused_softplus.softplus(x)
    assert fused_softplus.softplus(x, out=x) is x
    assert torch.equal(x, expected)


@pytest.mark.parametrize(
    ("make_out", "message"),
    [
        (lambda buffer: torch.empty(3, dtype=torch.float64), "dtype Double but expected Float"),
        (lambda buffer: torch.empty(3, dtype=torch.float16), "dtype Half but expected Float"),
        (lambda buffer: torch.empty(3, device="meta"), "meta"),
        (lambda buffer: buffer[1:], "some elements of the input tensor and the written-to tensor"),
        (lambda buffer: torch.empty(1).expand(3), "more than one element of the written-to tensor"),
    ],
    ids=["float64", "float16", "device", "partial overlap", "expanded"],
)
def test_out_that_is_refused(make_out: Callable[[Tensor], Tensor], message: str) -> None:
    buffer = torch.randn(4)
    before = buffer.clone()
    with pytest.raises(RuntimeError, match=message):
        fused_softplus.softplus(buffer[:3], out=make_out(buffer))
    assert torch.equal(buffer, before)


@of_every_layout
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_bias(layout: str, dtype: torch.dtype) -> None:
    """A bias along any dimension, or a number, equals a bias with the shape of the input."""
    x = make(layout, dtype)
    for bias_dim in [None, *range(x.dim())]:
        size = () if bias_dim is None else x.shape[bias_dim]
        bias = torch.randn(size).to(dtype)
        along = -1 if bias_dim is None else bias_dim
        y = fused_softplus.softplus(x, 2, bias=bias, bias_dim=along)
        aligned = bias if bias_dim is None else bias.view(-1, *[1] * (x.dim() - 1 - bias_dim))
        dense = aligned.expand(x.shape).contiguous()
        assert torch.equal(y, ops.softplus_bias(x.contiguous(), dense, 2))
        assert y.stride() == (x + aligned).stride()
        grad = torch.ones_like(y)
        assert torch.equal(
            ops.softplus_bias_backward(grad, x, aligned, 2, 20),
            ops.softplus_bias_backward(grad.contiguous(), x.contiguous(), dense, 2, 20),
        )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("columns", [1, 2, 3, 15, 16, 17, 100, 171, 256, 257, 300])
def test_short_rows(columns: int, dtype: torch.dtype) -> None:
    """Several short rows are gathered and computed at once. The results do not depend on it, either
    for few elements, which do not use TensorIterator, or for many, which threads share."""
    for rows in (1, 2, 7, 64, 65_536 // columns):
        x = torch.randn(rows, columns).to(dtype)
        bias_row, bias_column = torch.randn(columns).to(dtype), torch.randn(rows).to(dtype)
        strided = torch.empty(rows, 2 * columns, dtype=dtype)[:, ::2].copy_(x)
        part = torch.empty(rows, columns + 1, dtype=dtype)[:, :-1].copy_(x)
        transposed = x.t().contiguous().t()
        dense_row = bias_row.expand(x.shape).contiguous()
        dense_column = bias_column[:, None].expand(x.shape).contiguous()
        with_row, with_column = (
            ops.softplus_bias(x.flatten(), dense.flatten(), 2).view(x.shape)
            for dense in (dense_row, dense_column)
        )
        plain = ops.softplus(x.flatten(), 2).view(x.shape)
        for same in (x, strided, part, transposed):
            assert torch.equal(ops.softplus(same, 2), plain)
            assert torch.equal(fused_softplus.softplus(same, 2, bias=bias_row), with_row)
            y = fused_softplus.softplus(same, 2, bias=bias_column, bias_dim=0)
            assert torch.equal(y, with_column)
            out = torch.empty(rows, columns + 2, dtype=dtype)[:, :-2]
            assert torch.equal(fused_softplus.softplus(same, 2, out=out), plain)
        for same in (strided, part, transposed):
            assert torch.equal(fused_softplus.softplus_(same, 2), plain)


@of_every_layout
def test_inverse(layout: str) -> None:
    y = make(layout).abs()
    assert torch.equal(ops.inverse_softplus(y), ops.inverse_softplus(y.contiguous()))
    assert ops.inverse_softplus(y).stride() == y.neg().stride()
