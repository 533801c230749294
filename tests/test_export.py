"""Do exported programs keep the operators, survive a file, compute and train as the models do?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

import conftest
import fused_softplus
from fused_softplus import Softplus

ops = torch.ops.fused_softplus

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),
    # Torch's own tracing looks at .grad of tensors that are no leaves.
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf"),
]

strict_or_not = pytest.mark.parametrize("strict", [True, False], ids=["strict", "not strict"])


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Linear(3, 4), Softplus(2, 15), nn.Linear(4, 4), Softplus(inplace=True)
        ).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def rows(count: int) -> Tensor:
    return torch.linspace(-3, 3, 3 * count, dtype=torch.float64).view(count, 3)


def export(model: nn.Module, strict: bool) -> ExportedProgram:
    """For any number of rows."""
    dynamic = ({0: torch.export.Dim.DYNAMIC},)
    return torch.export.export(model, (rows(4),), dynamic_shapes=dynamic, strict=strict)


def operators(program: ExportedProgram) -> list[object]:
    """Ours in the graph, in order."""
    targets = [node.target for node in program.graph.nodes if node.op == "call_function"]
    return [target for target in targets if "softplus" in str(target)]


@strict_or_not
def test_a_program_has_the_operators(strict: bool) -> None:
    model = Model()
    program = export(model, strict)
    assert operators(program) == [ops.softplus.default, ops.softplus_.default]
    for count in (2, 7):
        assert torch.equal(program.module()(rows(count)), model(rows(count)))


@strict_or_not
def test_a_program_of_a_replaced_model(strict: bool) -> None:
    plain = nn.Sequential(
        nn.Linear(3, 4), nn.Softplus(2, 15), nn.Linear(4, 4), nn.Softplus()
    ).double()
    before = [str(node) for node in export(plain, strict).graph.nodes]
    fused_softplus.replace_softplus(plain)
    program = export(plain, strict)
    assert operators(program) == [ops.softplus.default] * 2
    assert [str(node) for node in program.graph.nodes] == before
    assert torch.equal(program.module()(rows(7)), plain(rows(7)))


@strict_or_not
def test_decompositions_keep_the_operator(strict: bool) -> None:
    """It is no composition of others; in place becomes functional, as all of ATen's do."""
    model = Model()
    empty: dict[torch._ops.OperatorBase, Callable[..., Any]] = {}
    for table in (None, empty):
        program = export(model, strict).run_decompositions(table)
        assert operators(program) == [ops.softplus.default] * 2
        for count in (2, 7):
            assert torch.equal(program.module()(rows(count)), model(rows(count)))


@strict_or_not
@pytest.mark.parametrize("decomposed", [False, True])
def test_a_program_trains(strict: bool, decomposed: bool) -> None:
    model = Model().train()
    program = export(model, strict)
    if decomposed:
        program = program.run_decompositions()
    exported = program.module()
    for count in (2, 7):
        for run in (model, exported):
            run.zero_grad()
            run(rows(count)).square().mean().backward()
        expected = dict(model.named_parameters())
        assert {name for name, _ in exported.named_parameters()} == set(expected)
        for name, parameter in exported.named_parameters():
            assert torch.equal(parameter.grad, expected[name].grad)


# torch 2.11's own, of what it has just read.
@pytest.mark.filterwarnings("ignore:The given buffer is not writable")
def test_saved_and_loaded_without_the_package(tmp_path: Path, python: conftest.Python) -> None:
    model = Model()
    torch.export.save(export(model, strict=False), tmp_path / "program.pt2")
    assert operators(torch.export.load(tmp_path / "program.pt2")) == [
        *(ops.softplus.default, ops.softplus_.default)
    ]
    torch.save({"x": rows(5), "y": model(rows(5)).detach()}, tmp_path / "data.pt")
    code = f"""
import sys, torch
torch.ops.load_library({fused_softplus.library_path()!r})
model = torch.export.load({str(tmp_path / "program.pt2")!r}).module()
data = torch.load({str(tmp_path / "data.pt")!r})
assert torch.equal(model(data["x"]), data["y"])
assert "fused_softplus" not in sys.modules
print("equal")
"""
    assert python("-c", code).stdout == "equal\n"
