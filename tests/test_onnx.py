"""Does ONNX Runtime compute an exported model as PyTorch does, beta and threshold included?"""

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from fused_softplus import Softplus, inverse_softplus, replace_softplus, softplus, softplus_
from fused_softplus.onnx import custom_translation_table
from tests.tools import reference

pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning")

CASES = list(itertools.product((0.1, 1.0, 100.0, -0.7), (20.0, 1.0, -2.0, math.inf)))


def export(model: nn.Module, x: Tensor) -> torch.onnx.ONNXProgram:
    program = torch.onnx.export(
        model.eval(),
        (x,),
        dynamo=True,
        verbose=False,
        dynamic_shapes=({0: "n"},),
        custom_translation_table=custom_translation_table,
    )
    assert program is not None
    return program


class EveryCase(nn.Module):
    """Computes all cases in one model, because each export takes seconds."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.function(x, beta, threshold) for beta, threshold in CASES)


def points(beta: float, threshold: float, dtype: torch.dtype) -> Tensor:
    """Returns inputs down to where exp is subnormal, and the numbers next to the threshold."""
    x = torch.linspace(-87, 120, 2001, dtype=torch.float64) / beta
    if math.isfinite(threshold):
        band = torch.arange(-50, 51, dtype=torch.float64) * torch.finfo(dtype).eps
        x = torch.cat([x, threshold / beta * (1 + band / 2)])
    return x.to(dtype)


def opmath(dtype: torch.dtype) -> torch.dtype:
    return torch.promote_types(dtype, torch.float32)


def check(actual: Tensor, expected: Tensor, error: Tensor, computed_in: torch.dtype) -> None:
    """Asserts the error before rounding, after which the results may be neighboring numbers."""
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    if actual.dtype != computed_in:
        format = torch.finfo(actual.dtype)
        error = error + (format.eps * expected.double().abs()).clamp(min=format.tiny * format.eps)
    near = (actual.double() - expected.double()).abs() <= error
    right = torch.where(expected.isfinite(), near, actual == expected)
    wrong = ~(right | (actual.isnan() & expected.isnan()))
    assert not wrong.any(), (wrong.nonzero().flatten(), actual[wrong], expected[wrong])


def softplus_error(x: Tensor, y: Tensor, beta: float) -> Tensor:
    """Bounds the difference between ONNX Runtime's softplus and ours, before rounding to y.dtype.

    In units of eps, which is at least 1 ULP: 2.5 for ours, 2 each for the exp and log of ONNX
    Runtime, and 1/2 for each rounding after them. The rounding of beta x is magnified by beta x.
    """
    format = torch.finfo(opmath(y.dtype))
    relative = (8 + (beta * x.double()).abs() / 2) * format.eps
    return relative * y.double().abs() + format.tiny / abs(beta)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
def test_values(dtype: torch.dtype) -> None:
    program = export(EveryCase(softplus), torch.randn(3).to(dtype))
    for i, case in enumerate(CASES):
        x = points(*case, dtype)
        y = softplus(x, *case)
        check(program(x)[i], y, softplus_error(x, y, case[0]), opmath(dtype))


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
def test_bias(dtype: torch.dtype) -> None:
    """The bound of softplus holds for the sum, which both round equally."""
    bias = torch.tensor([0.0, 1 / 3, -7.0], dtype=dtype)

    def along_each_dim(x: Tensor, beta: float, threshold: float) -> Tensor:
        last = softplus(x, beta, threshold, bias=bias)
        first = softplus(x.mT, beta, threshold, bias=bias, bias_dim=0)
        return torch.stack([last, first.mT])

    program = export(EveryCase(along_each_dim), torch.randn(2, 3).to(dtype))
    for i, case in enumerate(CASES):
        x = (points(*case, dtype)[:, None].double() - bias.double()).to(dtype)
        y, total = along_each_dim(x, *case), x.to(opmath(dtype)) + bias.to(opmath(dtype))
        check(program(x)[i], y, softplus_error(total, y, case[0]), opmath(dtype))


@pytest.mark.parametrize("table", [False, True])
def test_bias_of_another_dtype(table: bool) -> None:
    """The exported program gives the same bits for a bias and for the sum."""

    class Biased(nn.Module):
        def forward(self, x: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
            along = softplus(x, 2.0, bias=bias), softplus(x.mT, 2.0, bias=bias, bias_dim=0)
            return *along, softplus(x, 2.0, bias=bias[0]), softplus(x, 2.0, bias=0.5)

    class Summed(nn.Module):
        def forward(self, x: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
            sums = x + bias, x.mT + bias[:, None], x + bias[0], x + 0.5
            return tuple(softplus(sum, 2.0) for sum in sums)

    inputs = torch.randn(2, 3).half(), torch.randn(3)
    more = {"custom_translation_table": custom_translation_table} if table else {}
    biased, summed = (
        torch.onnx.export(model.eval(), inputs, dynamo=True, verbose=False, **more)
        for model in (Biased(), Summed())
    )
    for actual, expected in zip(biased(*inputs), summed(*inputs), strict=True):
        torch.testing.assert_close(actual, expected, rtol=0, atol=0)  # compares dtypes too


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
def test_inverse(dtype: torch.dtype) -> None:
    """The error is at most that of the translation plus ours. Negative inputs give NaN."""
    program = export(EveryCase(inverse_softplus), torch.randn(3).to(dtype))
    for i, case in enumerate(CASES):
        beta = case[0]
        smallest = math.log2(torch.finfo(dtype).tiny * max(1, 1 / abs(beta)))
        small = torch.logspace(smallest, 0, 500, base=2, dtype=torch.float64) / beta
        special = torch.tensor([0.0, -0.0, math.inf, -math.inf, math.nan]).to(dtype)
        y = torch.cat([points(*case, dtype), small.to(dtype), special])
        x = inverse_softplus(y, *case)
        error = (6 + (beta * y.double()).abs() / 2) / abs(beta) + 4.5 * x.double().abs()
        check(program(y)[i], x, error * torch.finfo(torch.float64).eps, torch.float64)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_where_others_overflow(dtype: torch.dtype) -> None:
    """beta x exceeds the largest number, and there is no linear part to keep it from exp."""
    program = export(EveryCase(softplus), torch.randn(3, dtype=dtype))
    huge = torch.finfo(dtype).max / 2
    x = torch.tensor([huge, 1e4, -huge, math.inf, -math.inf, math.nan], dtype=dtype)
    for actual, case in zip(program(x), CASES, strict=True):
        torch.testing.assert_close(actual, softplus(x, *case), rtol=0, atol=0, equal_nan=True)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 4), Softplus(2, 15), nn.Linear(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return softplus_(self.layers(x), 0.5)


def test_a_saved_model(tmp_path: Path) -> None:
    """The model has in-place operators, and runs with another batch size than the exported one."""
    model, file = Model().eval(), tmp_path / "model.onnx"
    export(model, torch.randn(5, 3)).save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    x = torch.randn(7, 3)
    (actual,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        expected = model(x)
    # Sums of at most four products with one or two roundings each, and a few roundings of softplus.
    torch.testing.assert_close(torch.from_numpy(actual), expected, rtol=32 * 2**-23, atol=0)


def test_nodes() -> None:
    """beta and threshold are constants in the graph."""
    program = export(Softplus(2, 15), torch.randn(5))
    assert [node.op_type for node in program.model.graph] == [
        *("Mul", "Greater", "Softplus", "Div", "Where")
    ]
    constants = program.model.graph.initializers.values()
    assert {float(value.const_value.numpy()) for value in constants} == {2, 15}


@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript-based ONNX export")
@pytest.mark.filterwarnings("ignore:.*feature will be removed:DeprecationWarning")
@pytest.mark.parametrize("dynamo", [True, False])
@pytest.mark.parametrize("inplace", [False, True])
def test_replaced_without_the_table(dynamo: bool, inplace: bool, tmp_path: Path) -> None:
    """Either exporter gives the same nodes as for the model with nn.Softplus."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Softplus(2, 15), nn.Linear(4, 4), nn.Softplus())
    model, x, nodes = model.eval(), torch.randn(5, 3), []
    for file in (tmp_path / "before.onnx", tmp_path / "after.onnx"):
        torch.onnx.export(model, (x,), file, dynamo=dynamo, verbose=False)
        nodes.append([node.op_type for node in onnx.load(file).graph.node])
        replace_softplus(model, inplace)
    # The TorchScript exporter writes the update in place as an expansion to the same shape.
    assert [node for node in nodes[1] if node not in ("Shape", "Expand")] == nodes[0]
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (actual,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        expected = model(x)
    # Sums of at most four products with one or two roundings each, and a few roundings of softplus.
    torch.testing.assert_close(torch.from_numpy(actual), expected, rtol=32 * 2**-23, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_everything_without_the_table(dtype: torch.dtype) -> None:
    """A bias and the inverse work too, if ONNX Runtime has the ATen operators."""

    class Everything(nn.Module):
        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            biased = softplus(x, 2, bias=x[:, 0], bias_dim=0)
            return biased, softplus_(x * 1, -0.5, math.inf), inverse_softplus(x.abs() + 1, 2)

    x = torch.randn(5, 3).to(dtype)
    program = torch.onnx.export(Everything().eval(), (x,), dynamo=True, verbose=False)
    assert program is not None
    # Some roundings of the type that is computed in, which may be float16.
    for actual, expected in zip(program(x), Everything()(x), strict=True):
        torch.testing.assert_close(actual, expected, rtol=16 * torch.finfo(dtype).eps, atol=0)
