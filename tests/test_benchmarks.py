"""The benchmarks of a training step run, write their records and print them as tables."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import fused_softplus
from tests.conftest import Python

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
import steps

BENCHMARKS = Path(steps.__file__).parent

Benchmark = Callable[[str, str], list[dict[str, Any]]]


@pytest.fixture
def benchmark(python: Python, tmp_path: Path) -> Benchmark:
    """Runs one, and gives the rows of the record that it wrote and printed."""

    def run(name: str, options: str) -> list[dict[str, Any]]:
        command = [f"{BENCHMARKS / name}.py", *options.split(), "--output", str(tmp_path)]
        said = python(*command).stdout
        (path,) = tmp_path.iterdir()
        assert path.name.endswith(f"-{name.replace('_', '-')}.json")
        record = json.loads(path.read_text())
        assert steps.table(record) in said
        return record["rows"]

    return run


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sdf_step", "--widths 8 --batch 8 --backend aot_eager"),
        ("schnet_step", "--widths 8 --molecules 4"),
        ("mamba_step", "--widths 4 --batch 2"),
        ("compiled_step", "--widths 8 --batches 8 --backend aot_eager"),  # Inductor takes a minute
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


@pytest.mark.parametrize(("inplace", "buffers"), [(False, 3), (True, 2)])
def test_kept_bytes(inplace: bool, buffers: int) -> None:
    """Input, what goes into softplus and what comes out, or the latter two as one."""
    model = nn.Sequential(
        nn.Linear(8, 8), fused_softplus.Softplus(inplace=inplace), nn.Linear(8, 8)
    )
    assert steps.kept_bytes(model, torch.randn(16, 8)) == buffers * 16 * 8 * 4


@pytest.mark.parametrize("beta", [1.01, 2.0])
def test_variants_that_learn_differently_are_found(beta: float) -> None:
    def training(activation: nn.Module) -> steps.Step:
        x = torch.linspace(-3, 3, 64, requires_grad=True)

        def step() -> Tensor:
            loss: Tensor = activation(x).square().mean()
            (grad,) = torch.autograd.grad(loss, x)
            x.data -= grad
            return loss.detach()

        return step

    same, other = fused_softplus.Softplus(), fused_softplus.Softplus(beta)
    steps.check_same({"nn.Softplus": training(nn.Softplus()), "ours": training(same)})
    with pytest.raises(AssertionError, match="ours learns something else"):
        steps.check_same({"nn.Softplus": training(nn.Softplus()), "ours": training(other)})
