"""Does ONNX Runtime compute an exported model as PyTorch does, beta and threshold included?"""

import itertools
import math
from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

import reference
from fused_softplus import Softplus, softplus, softplus_
from fused_softplus.onnx import custom_translation_table

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
    """One export for all, since that is what takes the time."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(softplus(x, beta, threshold) for beta, threshold in CASES)


def inputs(beta: float, threshold: float, dtype: torch.dtype) -> Tensor:
    """Down to where exp is denormal, and each number for a while on either side of a threshold."""
    x = torch.linspace(-87, 120, 2001, dtype=torch.float64) / beta
    if math.isfinite(threshold):
        band = torch.arange(-50, 51, dtype=torch.float64) * torch.finfo(dtype).eps
        x = torch.cat([x, threshold / beta * (1 + band / 2)])
    return x.to(dtype)


@pytest.mark.parametrize("dtype", reference.DTYPES, ids=str)
def test_values(dtype: torch.dtype) -> None:
    program = export(EveryCase(), torch.randn(3).to(dtype))
    for i, (beta, threshold) in enumerate(CASES):
        x = inputs(beta, threshold, dtype)
        actual, expected = program(x)[i], softplus(x, beta, threshold)
        # In units of eps, which no ULP exceeds: 2.5 are ours, 2 each ONNX Runtime's exp and log,
        # and 1/2 each what rounds after them; beta x rounds as well, and exp magnifies that by it.
        opmath = torch.promote_types(dtype, torch.float32)
        error = (8 + (beta * x.to(opmath)).abs() / 2) * torch.finfo(opmath).eps
        absolute = torch.finfo(opmath).tiny / abs(beta)
        if dtype != opmath:  # and two numbers so near to each other may round to neighbours
            error = error + torch.finfo(dtype).eps
            absolute = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
        difference = (actual.to(opmath) - expected.to(opmath)).abs()
        wrong = ~(difference <= error * expected.to(opmath).abs() + absolute)
        assert not wrong.any(), (beta, threshold, x[wrong], actual[wrong], expected[wrong])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_where_others_overflow(dtype: torch.dtype) -> None:
    """beta x beyond the largest number, with no linear part that would keep it from exp."""
    program = export(EveryCase(), torch.randn(3, dtype=dtype))
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
    """In place, too, and with another batch than it was exported with."""
    torch.manual_seed(0)
    model, file = Model().eval(), tmp_path / "model.onnx"
    export(model, torch.randn(5, 3)).save(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    x = torch.randn(7, 3)
    (actual,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        expected = model(x)
    # Sums of at most four products, each of a rounding or two, and a softplus's few.
    torch.testing.assert_close(torch.from_numpy(actual), expected, rtol=32 * 2**-23, atol=0)


def test_nodes() -> None:
    """beta and threshold are there, as numbers that a reader of the graph finds."""
    program = export(Softplus(2, 15), torch.randn(5))
    assert [node.op_type for node in program.model.graph] == [
        *("Mul", "Softplus", "Greater", "Div", "Where")
    ]
    constants = program.model.graph.initializers.values()
    assert {float(value.const_value.numpy()) for value in constants} == {2, 15}


def test_without_the_table() -> None:
    with pytest.raises(torch.onnx.OnnxExporterError, match=r"fused_softplus\.softplus\.default"):
        torch.onnx.export(Softplus().eval(), (torch.randn(5),), dynamo=True, verbose=False)
