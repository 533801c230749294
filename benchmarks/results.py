"""A run's record: what is written to benchmarks/results/ and what every table is made from."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from plan import Case

Spread = list[float]  # p20, median, p80


@dataclass(frozen=True)
class Result:
    """One case. Ours is from all processes; each peer is at its best, from the process in which its
    median was lowest, and the ratio to it is that of this process's rounds."""

    case: Case
    nanoseconds: dict[str, Spread]  # by implementation, for an element
    times_as_fast: dict[str, Spread]  # ours against each peer: its time divided by ours


@dataclass(frozen=True)
class Loop:
    """One of the CPU's loops by itself, in CPU time."""

    kernel: str
    dtype: str
    instruction_set: str
    size: int
    nanoseconds: float
    gigabytes_per_second: float


@dataclass(frozen=True)
class Accuracy:
    implementation: str
    operation: str
    dtype: str
    inputs: int
    worst: float  # ULP, where the exact value is a normal number
    at: float
    worst_denormal: float  # and where it is smaller: millions, if the peer gives zero there
    misrounded: int  # of the inputs


@dataclass(frozen=True)
class Record:
    machine: dict[str, Any]
    skipped: list[str]
    results: list[Result]
    accuracy: list[Accuracy]
    loops: list[Loop]

    def to_json(self) -> dict[str, Any]:
        """Numbers in four significant digits: no timing has more, and the files stay small."""
        return {name: rounded(value) for name, value in asdict(self).items()}


def load(path: Path) -> Record:
    data = json.loads(path.read_text())
    return Record(
        machine=data["machine"],
        skipped=data["skipped"],
        results=[Result(**{**one, "case": Case(**one["case"])}) for one in data["results"]],
        accuracy=[Accuracy(**one) for one in data["accuracy"]],
        loops=[Loop(**one) for one in data["loops"]],
    )


def summarize(case: Case, processes: list[dict[str, list[float]]]) -> Result:
    """From the seconds a call that each implementation took in every round of every process."""
    best = {
        name: min(processes, key=lambda samples: median(samples[name])) for name in processes[0]
    }
    own = [seconds for samples in processes for seconds in samples["ours"]]
    times = {name: own if name == "ours" else samples[name] for name, samples in best.items()}
    return Result(
        case,
        {name: spread([t / case.size * 1e9 for t in seconds]) for name, seconds in times.items()},
        {
            name: spread(
                [peer / ours for peer, ours in zip(samples[name], samples["ours"], strict=True)]
            )
            for name, samples in best.items()
            if name != "ours"
        },
    )


def spread(values: list[float]) -> Spread:
    low, *_, high = quantiles(values, n=5, method="inclusive")
    return [low, median(values), high]


def rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value
