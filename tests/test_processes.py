"""Do modules and tensors arrive intact in other processes and torch.package files?"""

import copy
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp
from torch import Tensor, fx, nn
from torch.package import PackageExporter, PackageImporter

from fused_softplus import Softplus, inverse_softplus, replace_softplus, softplus, softplus_
from tests.conftest import Python


def network() -> nn.Module:
    torch.manual_seed(0)
    replaced = nn.Softplus(0.5)
    replace_softplus(replaced)
    return nn.Sequential(
        nn.Linear(3, 4), Softplus(2, 10), nn.Linear(4, 2), Softplus(inplace=True), replaced
    )


def in_a_process(
    _: int, model: nn.Module, duplicate: nn.Module, x: Tensor, changed: Tensor, results: Tensor
) -> None:
    softplus_(changed)
    with torch.no_grad():
        results[0], results[1] = model(x), duplicate(x)


def test_another_process() -> None:
    """Modules are pickled. Tensors are shared, so writes in the other process are visible here."""
    model = network()
    x, changed, results = torch.randn(5, 3), torch.randn(7), torch.empty(2, 5, 2)
    expected = softplus(changed)
    changed.share_memory_()
    results.share_memory_()
    model.share_memory()
    mp.spawn(in_a_process, (model, copy.deepcopy(model), x, changed, results), nprocs=1)
    assert torch.equal(changed, expected)
    assert torch.equal(results, model(x).detach().expand(2, 5, 2))


def test_pickled_fx_graph(tmp_path: Path, python: Python) -> None:
    """The graph refers to our functions, so unpickling it imports the package."""

    class Functional(nn.Module):
        def forward(self, x: Tensor, bias: Tensor) -> Tensor:
            y = softplus(x, 2, bias=bias) + softplus(x, out=torch.empty(3))
            return softplus_(y + inverse_softplus(y))

    graph = fx.symbolic_trace(Functional())
    x, bias = torch.randn(3), torch.randn(3)
    torch.save({"graph": graph, "x": x, "bias": bias, "y": graph(x, bias)}, tmp_path / "graph.pt")
    code = f"""
import torch
data = torch.load({str(tmp_path / "graph.pt")!r}, weights_only=False)
print(torch.equal(data["graph"](data["x"], data["bias"]), data["y"]))
"""
    assert python("-c", code).stdout == "True\n"


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")  # used by torch.package
def test_package(tmp_path: Path) -> None:
    """The code of this package is external, like torch, because it has to load a library."""
    model = network()
    with PackageExporter(tmp_path / "model.pt") as exporter:
        exporter.extern(["torch.**", "fused_softplus.**"])
        exporter.save_pickle("model", "model.pkl", model)
    loaded = PackageImporter(tmp_path / "model.pt").load_pickle("model", "model.pkl")
    x = torch.randn(5, 3)
    assert type(loaded[1]) is Softplus and loaded[3].inplace
    assert type(loaded[4]) is nn.Softplus and repr(loaded) == repr(model)
    assert torch.equal(loaded(x), model(x))
    loaded[4].beta = 2.0
    assert torch.equal(loaded[4](x), softplus(x, 2))
