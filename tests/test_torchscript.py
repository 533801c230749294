"""Do scripted and traced models keep the operator, and run without importing this package?"""

import runpy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import fused_softplus
from fused_softplus import Softplus, replace_softplus, softplus, softplus_
from tests.conftest import Python


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(3, 4), Softplus(2, 15), nn.Linear(4, 2), Softplus(inplace=True)
        )

    def forward(self, input: Tensor) -> Tensor:
        return softplus(self.layers(input), 0.5)


def script(model: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.script(model)


def trace(model: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.trace(model, torch.randn(5, 3))


def freeze(model: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.freeze(torch.jit.script(model.eval()))


def optimize(model: nn.Module) -> torch.jit.ScriptModule:
    return torch.jit.optimize_for_inference(torch.jit.script(model.eval()))


of_every_kind = pytest.mark.parametrize("convert", [script, trace, freeze, optimize])


def operators(module: torch.jit.ScriptModule) -> list[str]:
    graph = module.inlined_graph
    kinds = [node.kind() for node in graph.findAllNodes("fused_softplus::softplus")]
    return kinds + [node.kind() for node in graph.findAllNodes("fused_softplus::softplus_")]


@of_every_kind
def test_graph_and_values(convert) -> None:
    model = Model()
    converted = convert(model)
    # One in each Softplus and one in forward. A module that is not frozen branches on inplace.
    found = operators(converted)
    assert set(found) == {"fused_softplus::softplus", "fused_softplus::softplus_"}
    if convert is not script:
        assert sorted(found) == ["fused_softplus::softplus"] * 2 + ["fused_softplus::softplus_"]
    for _ in range(3):  # the first runs profile, later ones are optimized
        x = torch.randn(5, 3)
        if convert is optimize:  # its nn.Linear is a product and a sum, which may round differently
            torch.testing.assert_close(converted(x), model(x))
        else:
            assert torch.equal(converted(x), model(x))


@pytest.mark.parametrize("convert", [script, trace])
def test_gradients(convert) -> None:
    model = Model()
    converted = convert(model)
    for _ in range(3):
        x = torch.randn(5, 3, requires_grad=True)
        gradients = [torch.autograd.grad(run(x).sum(), x)[0] for run in (model, converted)]
        assert torch.equal(*gradients)


@pytest.mark.parametrize("convert", [script, trace])
def test_whatever_requires_grad_when(convert) -> None:
    """The executor specializes on which tensors require grad; then others do."""
    model = Model()
    converted = convert(model)
    for wanted in (False, False, False, True, True, False, True, False):
        x = torch.randn(5, 3, requires_grad=wanted)
        for parameter in model.parameters():
            parameter.requires_grad_(wanted)
        actual, expected = converted(x), model(x)
        assert torch.equal(actual, expected)
        assert actual.requires_grad == expected.requires_grad == wanted
        if wanted:
            leaves = [x, *model.parameters()]
            gradients = [torch.autograd.grad(y.sum(), leaves) for y in (actual, expected)]
            assert all(map(torch.equal, *gradients))


def test_scripted_functions() -> None:
    @torch.jit.script
    def function(x: Tensor, out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fused_softplus.softplus(x, beta=2.0, threshold=10.0, out=out)
        y = softplus(x, 0.5)
        return y, softplus_(x), out

    x, out = torch.randn(4), torch.empty(4)
    before = x.clone()
    y, in_place, filled = function(x, out)
    assert torch.equal(y, softplus(before, 0.5))
    assert torch.equal(in_place, softplus(before))
    assert in_place.data_ptr() == x.data_ptr()
    assert torch.equal(filled, softplus(before, 2, 10))
    assert filled.data_ptr() == out.data_ptr()


def test_scripted_bias_and_inverse() -> None:
    @torch.jit.script
    def function(x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        y = softplus(x, 2.0, bias=bias, bias_dim=0)
        return y, fused_softplus.inverse_softplus(y, beta=2.0)

    x, bias = torch.randn(4, 3), torch.randn(4)
    y, inverse = function(x, bias)
    assert torch.equal(y, softplus(x, 2, bias=bias, bias_dim=0))
    assert torch.equal(inverse, fused_softplus.inverse_softplus(y, 2))


def test_scripted_bias_of_every_type() -> None:
    @torch.jit.script
    def optional(x: Tensor, bias: Tensor | None) -> Tensor:
        return softplus(x, 2.0, bias=bias)

    @torch.jit.script
    def number(x: Tensor, bias: float) -> Tensor:
        return softplus(x, 2, 20.0, bias=bias)

    x, bias = torch.randn(4, 3), torch.randn(3)
    assert torch.equal(optional(x, None), softplus(x, 2))
    assert torch.equal(optional(x, bias), softplus(x, 2, bias=bias))
    assert torch.equal(number(x, 0.5), softplus(x + 0.5, 2))


@of_every_kind
def test_replaced_beside_plain(convert) -> None:
    """TorchScript shares code between modules with equal class, constants and attributes."""
    parts = [nn.Softplus(2), nn.Softplus(2), nn.Softplus(2)]
    replace_softplus(parts[1])
    replace_softplus(parts[2], inplace=True)
    model = nn.Sequential(nn.Linear(3, 3), *parts).eval()
    converted, x = convert(model), torch.randn(5, 3)
    called = {
        kind
        for kind in ("aten::softplus", "fused_softplus::softplus", "fused_softplus::softplus_")
        if converted.inlined_graph.findAllNodes(kind)
    }
    assert len(called) == 3
    if convert is optimize:  # its nn.Linear is a product and a sum, which may round differently
        torch.testing.assert_close(converted(x), model(x))
    else:
        assert torch.equal(converted(x), model(x))


NUMBERS = [
    *("2", "2.0", "True", "x.size(0)", "x.size(0) / 1", "two.item()", "int(two)", "float(two)"),
    *("two", "None", "'2'", "[2.0]"),
]

CALLS = {  # functions of a number: ours, and PyTorch's
    "softplus": ("softplus(x, {})", "F.softplus(x, {})"),
    "threshold": ("softplus(x, 1, {})", "F.softplus(x, 1, {})"),
    "in place": ("softplus_(x.clone(), {})", "F.softplus(x, {})"),
    "inverse": ("inverse_softplus(x, {})", "F.softplus(x, {})"),
    "bias": ("softplus(x, {}, bias=x[0])", "F.softplus(x + x[0], {})"),
    "out": ("softplus(x, {}, out=torch.empty_like(x))", "F.softplus(x, {})"),
}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("call", CALLS)
def test_scripted_numbers(call: str, number: str, tmp_path: Path) -> None:
    """Accepted where F.softplus accepts them, with the bits of eager mode."""
    ours, torchs = (expression.format(number) for expression in CALLS[call])
    path = tmp_path / "scripted.py"  # TorchScript reads a function's source
    path.write_text(f"""
import torch, torch.nn.functional as F
from fused_softplus import inverse_softplus, softplus, softplus_
def ours(x: torch.Tensor, two: torch.Tensor) -> torch.Tensor: return {ours}
def torchs(x: torch.Tensor, two: torch.Tensor) -> torch.Tensor: return {torchs}
""")
    module = runpy.run_path(str(path))
    x, two = torch.tensor([[0.5, 1.5], [2.0, 0.25]]), torch.tensor(2.0)
    try:
        torch.jit.script(module["torchs"])(x, two)
    except RuntimeError:
        with pytest.raises(RuntimeError):
            torch.jit.script(module["ours"])(x, two)
    else:
        assert torch.equal(torch.jit.script(module["ours"])(x, two), module["ours"](x, two))


@of_every_kind
def test_in_a_process_without_the_package(convert, tmp_path: Path, python: Python) -> None:
    model = Model()
    x = torch.randn(5, 3)
    converted = convert(model)
    converted.save(str(tmp_path / "model.pt"))
    torch.save({"x": x, "y": converted(x).detach()}, tmp_path / "data.pt")
    code = f"""
import sys, torch
torch.ops.load_library({fused_softplus.library_path()!r})
model = torch.jit.load({str(tmp_path / "model.pt")!r})
data = torch.load({str(tmp_path / "data.pt")!r})
assert torch.equal(model(data["x"]), data["y"])
assert "fused_softplus" not in sys.modules
print("equal")
"""
    assert python("-c", code).stdout == "equal\n"


def test_model_without_the_library_names_the_operator(tmp_path: Path, python: Python) -> None:
    script(Model()).save(str(tmp_path / "model.pt"))
    code = f"import torch; torch.jit.load({str(tmp_path / 'model.pt')!r})"
    done = python("-c", code, check=False)
    assert done.returncode != 0
    assert "Unknown builtin op: fused_softplus::softplus" in done.stderr
