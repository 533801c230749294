"""Do the benchmarks run, write their records and print them as tables?"""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import fused_softplus
from benchmarks import kit, training
from tests.conftest import Python

ROOT = Path(__file__).parents[1]

Benchmark = Callable[[str, str], list[dict[str, Any]]]


@pytest.fixture
def module(python: Python) -> Callable[..., str]:
    """Runs a module of this tree, and gives what it prints."""

    def run(name: str, *options: str) -> str:
        path = f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"
        return python("-m", f"benchmarks.{name}", *options, PYTHONPATH=path).stdout

    return run


@pytest.fixture
def benchmark(module: Callable[..., str], tmp_path: Path) -> Benchmark:
    """Runs one, and gives the rows of the record that it wrote and printed."""

    def run(name: str, options: str) -> list[dict[str, Any]]:
        said = module(name, *options.split(), "--output", str(tmp_path))
        (path,) = tmp_path.glob("*.json")
        assert path.name.endswith(f"-{name.replace('_', '-')}.json")
        rows = json.loads(path.read_text())["rows"]
        assert kit.table(rows) in said
        return rows

    return run


def test_operators(benchmark: Benchmark) -> None:
    """A call of 16 elements, ours and PyTorch's, and the figure beside the record."""
    (row,) = benchmark("operators", "--only call --rounds 2 --processes 1")
    assert (row["operation"], row["elements"]) == ("call", 16)
    times, ratios = row["ns an element"], row["times as fast as it"]
    assert times.keys() == {"ours", "F.softplus"}
    assert ratios.keys() == {"F.softplus"}
    for low, middle, high in (*times.values(), *ratios.values()):
        assert 0 < low <= middle <= high


def test_two_libraries(module: Callable[..., str]) -> None:
    said = module("ab", *[fused_softplus.library_path()] * 2, "--rounds", "2", "--processes", "1")
    assert said.count("| softplus_double_backward | bfloat16 |") == 3  # kinds of inputs


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sdf_step", "--widths 8 --batch 8 --backend aot_eager"),  # Inductor takes a minute
        ("schnet_step", "--widths 8 --molecules 4"),
    ],
)
def test_training_steps(name: str, options: str, benchmark: Benchmark) -> None:
    first, *others = benchmark(name, f"{options} --rounds 2")
    assert "ours" in [row["variant"] for row in others]
    assert all(row["step, ms"] > 0 for row in (first, *others))
    for row in others:
        low, middle, high = row["step, times as fast"]
        assert 0 < low <= middle <= high


def test_memory(benchmark: Benchmark) -> None:
    """In place, each activation holds one buffer less, and the peak falls by as many."""
    rows = benchmark("memory", "--depths 2 --widths 256 --batch 4096")
    cpu = {row["variant"]: row for row in rows if row["device"] == "cpu"}
    buffers, buffer = 2, 4096 * 256 * 4 / 2**20
    for what in ("kept, MiB", "peak, MiB"):
        saved = cpu["nn.Softplus"][what] - cpu["ours, in place"][what]
        assert saved == pytest.approx(buffers * buffer, abs=buffer / 2), what


def test_error_figures(module: Callable[..., str], tmp_path: Path) -> None:
    """Our largest error is within our bound, and the polynomials have a small share in it."""
    said = module("error_figures", "--points", "50", "--output", str(tmp_path))
    largest = dict(re.findall(r"^(\S+): largest error (\S+) ULP", said, re.MULTILINE))
    assert 0.5 < float(largest["ours"]) < 1
    assert 0 < float(largest["table"]) < 2.0 ** (24 - 28.2)  # the relative error in constants.h
    for name in ("errors.svg", "table.svg"):
        assert "</svg>" in (tmp_path / name).read_text()


@pytest.mark.parametrize(("inplace", "buffers"), [(False, 3), (True, 2)])
def test_kept_bytes(inplace: bool, buffers: int) -> None:
    """Input, what goes into softplus and what comes out, or the latter two as one."""
    model = nn.Sequential(
        nn.Linear(8, 8), fused_softplus.Softplus(inplace=inplace), nn.Linear(8, 8)
    )
    assert training.kept_bytes(model, torch.randn(16, 8)) == buffers * 16 * 8 * 4


@pytest.mark.parametrize("beta", [1.01, 2.0])
def test_variants_that_learn_differently_are_found(beta: float) -> None:
    def step_of(activation: nn.Module) -> training.Step:
        x = torch.linspace(-3, 3, 64, requires_grad=True)

        def step() -> Tensor:
            loss: Tensor = activation(x).square().mean()
            (grad,) = torch.autograd.grad(loss, x)
            x.data -= grad
            return loss.detach()

        return step

    same, other = fused_softplus.Softplus(), fused_softplus.Softplus(beta)
    training.check_same({"nn.Softplus": step_of(nn.Softplus()), "ours": step_of(same)})
    with pytest.raises(AssertionError, match="ours learns something else"):
        training.check_same({"nn.Softplus": step_of(nn.Softplus()), "ours": step_of(other)})
