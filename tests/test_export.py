"""Do exported programs keep the operators, reload from files, and run and train as the models?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

import fused_softplus
from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from tests.conftest import Python

ops = torch.ops.fused_softplus

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning"),
    # PyTorch's tracing reads .grad of tensors that are not leaves.
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
    """Exports with a dynamic number of rows."""
    dynamic = ({0: torch.export.Dim.DYNAMIC},)
    return torch.export.export(model, (rows(4),), dynamic_shapes=dynamic, strict=strict)


def operators(program: ExportedProgram) -> list[object]:
    """Returns our operators in the graph, in order."""
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
def test_no_decompositions(strict: bool) -> None:
    """An empty table keeps the operators. In-place operators become functional, as ATen's do."""
    model = Model()
    empty: dict[torch._ops.OperatorBase, Callable[..., Any]] = {}
    program = export(model, strict).run_decompositions(empty)
    assert operators(program) == [ops.softplus.default] * 2
    for count in (2, 7):
        assert torch.equal(program.module()(rows(count)), model(rows(count)))


class Everything(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        out = torch.empty_like(x)
        return (
            softplus(x, 2, 15),
            softplus_(x * 1),
            softplus(x, bias=x[0]),
            inverse_softplus(x.abs() + 0.1, 2),
            fused_softplus.softplus(x, out=out) + out,
            ops.softplus_backward(x, x, 2, 15),
        )


@strict_or_not
def test_decompositions(strict: bool) -> None:
    """The default table leaves only core ATen operators, for backends that know no others."""
    model = Everything()
    program = export(model, strict)
    kept = len(operators(program))
    decomposed = program.run_decompositions()
    assert operators(decomposed) == []
    for node in decomposed.graph.nodes:
        assert node.op != "call_function" or torch.Tag.core in node.target.tags
    for actual, expected in zip(decomposed.module()(rows(7)), model(rows(7)), strict=True):
        # exp magnifies the rounding of beta x, which is at most 6; a few roundings more.
        torch.testing.assert_close(actual, expected, rtol=(8 + 6) * 2**-52, atol=0)
    # PyTorch's way to keep a composite operator keeps all of ours.
    table = torch.export.default_decompositions()
    del table[ops.softplus.bias]
    assert len(operators(program.run_decompositions(table))) == kept
    # An entry of the table has priority.
    table = torch.export.default_decompositions()
    table[ops.softplus.default] = lambda x, beta, threshold: x.neg()
    replaced = program.run_decompositions(table).module()(rows(7))
    assert torch.equal(replaced[0], -rows(7))


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
            # The decomposed program uses ATen operators, whose results differ by a few roundings.
            # Each gradient is a sum of at most 28 products of them.
            error = 64 * 2**-52 if decomposed else 0
            scale = expected[name].grad.abs().max().item()
            torch.testing.assert_close(
                parameter.grad, expected[name].grad, rtol=error, atol=error * scale
            )


# torch 2.11 warns about the file that it has just read.
@pytest.mark.filterwarnings("ignore:The given buffer is not writable")
def test_saved_and_loaded_without_the_package(tmp_path: Path, python: Python) -> None:
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
