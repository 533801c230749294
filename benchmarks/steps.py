"""What the benchmarks of a training step share: their variants, timing, checks and records.

A benchmark makes one model per variant, which is what stands in the place of softplus, the first of
them being what the others are compared with. Every variant takes its turn in every round, so that a
machine whose speed drifts slows all alike, and a ratio is taken within a round.

A record is a list of rows, whose keys are the headings of its table.
"""

import argparse
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

import fused_softplus
import machine
import report
from results import Spread, rounded, spread
from timer import Timer

SAMPLE = 0.05  # seconds that one variant is timed for in a round, or one run where that is longer

Activation = Callable[[], nn.Module]
Run = Callable[[], object]
Step = Callable[[], Tensor | float]  # gives its loss
Samples = dict[str, list[float]]  # by variant, its seconds a run in each round
Cell = str | int | float | Spread
Columns = Mapping[str, Mapping[str, Cell]]  # by variant, by heading
Row = dict[str, Cell]
Kind = TypeVar("Kind")

RELU: dict[str, Activation] = {"ReLU": nn.ReLU, "ReLU, in place": lambda: nn.ReLU(inplace=True)}


def softplus(beta: float = 1.0) -> dict[str, Activation]:
    return {
        "nn.Softplus": lambda: nn.Softplus(beta),
        "ours": lambda: fused_softplus.Softplus(beta),
        "ours, in place": lambda: fused_softplus.Softplus(beta, inplace=True),
    }


def parser(about: str | None, threads: int = 2, rounds: int = 0) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--threads", type=int, default=threads)
    if rounds:
        made.add_argument("--rounds", type=int, default=rounds, help="at least two")
    made.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    return made


def run(
    name: str,
    cases: Sequence[Kind],
    measure: Callable[[Kind], list[Row]],
    options: argparse.Namespace,
) -> None:
    """Writes <output>/<cpu>-<instruction set>-<name>.json and prints its table."""
    torch.set_num_threads(options.threads)
    torch.log1p(torch.full((64,), -0.0))  # timing.warm says why
    about = machine.describe()
    record = {
        "machine": {**about, "date": str(datetime.date.today())},
        "options": {key: value for key, value in vars(options).items() if key != "output"},
        "rows": [
            row
            for case in tqdm(cases, desc=name, unit="case", disable=None)
            for row in measure(case)
        ],
    }
    path = options.output / f"{machine.label(about)}-{name}.json"
    path.write_text(json.dumps(rounded(record), indent=1) + "\n")
    print(f"{table(json.loads(path.read_text()))}\n\nWritten to {path}")


def models(variants: Mapping[str, Kind], make: Callable[[Kind], nn.Module]) -> dict[str, nn.Module]:
    """One for each, and all with the same weights."""
    made = {}
    for name, variant in variants.items():
        torch.manual_seed(0)
        made[name] = make(variant)
    return made


def check_same(steps: Mapping[str, Step]) -> None:
    """The variants learn the same for three steps, as closely as timing.check wants a peer to be:
    a loss is a mean over much, and rounding leaves it within an epsilon or two."""
    losses = {name: torch.tensor([float(step()) for _ in range(3)]) for name, step in steps.items()}
    (first, expected), *others = losses.items()
    for name, found in others:
        torch.testing.assert_close(
            found,
            expected,
            rtol=32 * torch.finfo(torch.float32).eps,
            atol=0,
            msg=partial("{} learns something else than {}: {}".format, name, first),
        )


def seconds(runs: Mapping[str, Run], options: argparse.Namespace) -> Samples:
    timers = {
        name: Timer("run()", globals={"run": run}, num_threads=options.threads)
        for name, run in runs.items()
    }
    for timer in timers.values():
        timer.timeit(1)
    loops = {name: max(1, round(SAMPLE / timer.timeit(1).mean)) for name, timer in timers.items()}
    samples: Samples = {name: [] for name in timers}
    for _ in tqdm(range(options.rounds), unit="round", disable=None, leave=False):
        for name, timer in timers.items():
            samples[name].append(timer.timeit(loops[name]).mean)
    return samples


def ratio(over: list[float], under: list[float]) -> Spread:
    return spread([a / b for a, b in zip(over, under, strict=True)])


def times(what: str, samples: Samples) -> Columns:
    first, *_ = samples.values()
    return {
        name: {f"{what}, ms": 1e3 * median(own), f"{what}, times as fast": ratio(first, own)}
        for name, own in samples.items()
    }


def forward(
    models: Mapping[str, nn.Module], inputs: Sequence[object], options: argparse.Namespace
) -> Columns:
    runs = {name: partial(model, *inputs) for name, model in models.items()}
    with torch.no_grad():
        return times("forward", seconds(runs, options))


def kept(models: Mapping[str, nn.Module], inputs: Sequence[object]) -> Columns:
    return {
        name: {"kept, MiB": kept_bytes(model, *inputs) / 2**20} for name, model in models.items()
    }


def kept_bytes(model: nn.Module, *inputs: object) -> int:
    """What a forward pass saves for backward: each storage once, and none of the parameters'."""
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    storages = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = model(*inputs)  # held until all is counted, so that no address is used twice
    del result
    return sum(storages.values())


def rows(case: Row, *columns: Columns) -> list[Row]:
    """One for each variant that the first of the columns knows."""
    found: dict[str, Row] = {name: {**case, "variant": name} for name in columns[0]}
    for column in columns:
        for name, cells in column.items():
            found[name].update(cells)
    return list(found.values())


def table(record: dict[str, Any]) -> str:
    headings = list(dict.fromkeys(heading for row in record["rows"] for heading in row))
    return report.table(
        headings, ([text(row.get(heading, "")) for heading in headings] for row in record["rows"])
    )


def text(cell: Cell) -> str:
    if isinstance(cell, list):
        low, middle, high = cell
        if low == high:  # the variant itself
            return f"{middle:.2f}"
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"
    if isinstance(cell, float):
        return f"{cell:.1f}" if cell >= 100 else f"{cell:.3g}"
    return str(cell)
