"""What the benchmarks share: timing in turns, fresh processes, records and their tables.

Every round times each implementation once, one after the other, so that a machine whose speed
drifts slows all of them, and a ratio is taken within a round.

A record has rows, whose keys are the headings of its table. A spread is a list of three numbers:
the 20th percentile of the rounds, their median, and the 80th percentile.
"""

import argparse
import datetime
import json
import logging
import os
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import torch
from tqdm import tqdm

# The import would warn that this machine has no GPU.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Timer  # noqa: E402

RESULTS = Path(__file__).parent / "results"
DTYPES = ("float32", "float64", "bfloat16", "float16")
SPECIAL = torch.tensor([-0.0, float("inf"), -float("inf"), float("nan"), 1.0] * 64)

Run = Callable[[], Any]
Once = Callable[[], float]  # times one round, in seconds
Samples = dict[str, list[float]]  # by implementation, the seconds of each round
Spread = list[float]
Row = dict[str, Any]


# ---- Timing ------------------------------------------------------------------------------------


def timer(run: Run, seconds: float, threads: int) -> Once:
    """Times a run on the CPU: in each round as many as take about these seconds, at least one."""
    # torch's log1p for AVX-512, which nn.Softplus and torch.compile call, is up to ten times slower
    # until an input of -0.0 has brought one page of its constants into memory.
    torch.log1p(SPECIAL), torch.log1p(SPECIAL.double())
    clock = Timer("run()", globals={"run": run}, num_threads=threads)
    clock.timeit(1)
    number = max(1, round(seconds / clock.timeit(1).mean))
    return lambda: float(clock.timeit(number).mean)


def in_turns(timers: Mapping[str, Once], rounds: int) -> Samples:
    samples: Samples = {name: [] for name in timers}
    for _ in tqdm(range(rounds), unit="round", disable=None, leave=False):
        for name, once in timers.items():
            samples[name].append(once())
    return samples


def spread(values: Sequence[float]) -> Spread:
    low, *_, high = quantiles(values, n=5, method="inclusive")
    return [low, median(values), high]


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    return spread([a / b for a, b in zip(over, under, strict=True)])


@contextmanager
def fresh_process(**environment: str) -> Iterator[ProcessPoolExecutor]:
    """One new process, with these environment variables besides our own."""
    with (
        patch.dict(os.environ, environment),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
    ):
        yield process


# ---- Records -----------------------------------------------------------------------------------


def parser(about: str | None, **defaults: int) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in defaults.items():
        made.add_argument(f"--{name}", type=int, default=default)
    made.add_argument("--output", type=Path, default=RESULTS, help="the folder of the records")
    return made


def publish(
    name: str,
    rows: Sequence[Row],
    options: argparse.Namespace,
    machine: Mapping[str, Any] | None = None,
) -> Path:
    """Writes <output>/<machine>-<name>.json and prints its table."""
    about = dict(machine or describe())
    given = {key: value for key, value in vars(options).items() if not isinstance(value, Path)}
    heading = {"machine": {**about, "date": str(datetime.date.today())}, "options": given}
    path = options.output / f"{label(about)}-{name}.json"
    write(path, heading, rows)
    written = json.loads(path.read_text())["rows"]  # what is printed is what the file holds
    print(f"{table(written)}\n\nWritten to {path}")
    return path


def write(path: Path, heading: Row, rows: Sequence[Row]) -> None:
    """With a line for each row."""
    start = json.dumps(heading, indent=1).removesuffix("\n}")
    lines = ",\n  ".join(json.dumps(rounded(row)) for row in rows)
    path.write_text(f'{start},\n "rows": [\n  {lines}\n ]\n}}\n')


def rounded(value: Any) -> Any:
    """In four significant digits: no timing has more."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def describe() -> dict[str, Any]:
    """The CPU, and the versions of what ran."""
    from fused_softplus import _C  # here, since ab.py loads other copies of the library

    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "instruction set": _C.cpu_capability(),
        "ATen's": torch.backends.cpu.get_cpu_capability(),
        **versions(),
    }


def cpu_model() -> str:
    """What Linux calls it: on 64-bit ARM, by the numbers of its maker and of its model."""
    info = Path("/proc/cpuinfo").read_text()
    names = ("model name", "CPU implementer", "CPU part")
    found = (re.search(rf"^{name}\s*: (.*)", info, re.MULTILINE) for name in names)
    return " ".join(match[1] for match in found if match) or platform.machine()


def gpu() -> dict[str, Any]:
    """The GPU, and the versions of what ran."""
    return {"gpu": torch.cuda.get_device_name(), **versions()}


def versions() -> dict[str, str]:
    import fused_softplus

    return {
        "fused_softplus": fused_softplus.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def label(machine: Mapping[str, Any]) -> str:
    """What the files of a machine's records start with."""
    device = machine.get("gpu") or f"{machine['cpu']} {machine['instruction set']}"
    return "-".join(re.sub(r"\((r|tm)\)", "", device.lower()).split())


# ---- Tables ------------------------------------------------------------------------------------


def table(rows: Sequence[Row]) -> str:
    """In Markdown. A dict in a row holds a number for each implementation, which have columns."""
    flat = [cells(row) for row in rows]
    headings = list(dict.fromkeys(heading for row in flat for heading in row))
    lines = [headings, ["---"] * len(headings)]
    lines += [[row.get(heading, "") for heading in headings] for row in flat]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cells(row: Row) -> dict[str, str]:
    """By heading. Of two numbers for an implementation, the second is in brackets."""
    found: dict[str, str] = {}
    for heading, value in row.items():
        if heading == "elements":
            found[heading] = f"2^{value.bit_length() - 1}"
            continue
        if not isinstance(value, dict):
            found[heading] = text(value)
            continue
        for name, item in value.items():
            short = text(item[1] if isinstance(item, list) else item)
            found[name] = f"{found[name]} ({short})" if name in found else short
    return found


def text(value: Any) -> str:
    if isinstance(value, list):
        low, middle, high = value
        same = low == high  # of an implementation to itself
        return f"{middle:.2f}" if same else f"{middle:.2f} ({low:.2f} to {high:.2f})"
    if isinstance(value, float):
        return f"{value:.1f}" if 100 <= value < 1e5 else f"{value:.3g}"
    return "" if value is None else str(value)
