"""Puts what the records say into README.md and benchmarks/README.md.

    make readme-tables              # or, to see whether that would change a file: --check

Each block stands between <!-- name --> and <!-- /name -->, and is made anew by the function of that
name; tests/test_readme.py holds the files to their records.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import report
import steps
from results import Record, Result, load

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
FILES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md")
MACHINES = {"Intel Xeon": "intel-xeon-processor-avx512", "AMD EPYC, Zen 4": "amd-epyc-avx512"}
MACHINE = MACHINES["Intel Xeon"]  # whose records the files show where they show one machine's
OPERATIONS = {
    "forward": "forward",
    "backward": "backward",
    "both": "forward and backward through autograd",
    "double_backward": "double backward through autograd",
}

Rows = dict[Any, dict[str, Any]]


def operators_record(machine: str = MACHINE) -> Record:
    return load(RESULTS / f"{machine}.json")


def training_record(name: str, machine: str = MACHINE) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((RESULTS / f"{machine}-{name}.json").read_text())
    return record


def by_width(name: str, variant: str, machine: str = MACHINE) -> Rows:
    rows = training_record(name, machine)["rows"]
    return {row["width"]: row for row in rows if row["variant"] == variant}


def sdf_gain() -> str:
    """The sentence on the first screen of README.md."""

    def gains(machine: str) -> str:
        rows = by_width("sdf-step", "ours, in place", machine).values()
        medians = [row["step, times as fast"][1] for row in rows]
        return f"{min(medians):.1f} to {max(medians):.1f} times"

    first, *others = MACHINES.items()
    widths = list(by_width("sdf-step", "ours, in place"))
    also = "".join(f"; {name}: {gains(machine)}" for name, machine in others)
    return (
        f"**Training this network is {gains(first[1])} as fast as with `nn.Softplus`**"
        f" ({first[0]}, layers of {max(widths)} to {min(widths)} units{also})."
    )


def sdf_table() -> str:
    theirs = by_width("sdf-step", "nn.Softplus")
    own = by_width("sdf-step", "ours, in place")
    rows = [
        [
            str(width),
            f"{theirs[width]['step, ms']:.3g}",
            f"{row['step, ms']:.3g}",
            steps.text(row["step, times as fast"]),
            steps.text(row["times the better ReLU's"]),
            *(
                f"{theirs[width][what]:.0f} → {row[what]:.0f}"
                for what in ("kept, MiB", "peak, MiB")
            ),
        ]
        for width, row in own.items()
    ]
    headings = ["units", "nn.Softplus, ms", "ours, ms", "times as fast", "times ReLU's time"]
    return report.table([*headings, "kept, MiB", "peak, MiB"], rows)


def speed() -> str:
    """2^18 elements, one thread."""

    def row(result: Result) -> list[str]:
        case = result.case
        forced = f", {case.instruction_set.upper()} forced on both" if case.instruction_set else ""
        return [
            f"{OPERATIONS[case.operation]}, {case.dtype}{forced}",
            *(f"{result.nanoseconds[name][1]:.3g}" for name in ("ours", "F.softplus")),
            f"{result.times_as_fast['F.softplus'][1]:.2f}",
        ]

    results = operators_record().results
    order = list(OPERATIONS)
    shown = sorted(
        (one for one in results if one.case.size == 2**18 and one.case.operation in order),
        key=lambda one: (one.case.instruction_set or "", order.index(one.case.operation)),
    )
    return report.table(["", "ours", "F.softplus", "times as fast"], map(row, shown))


def goals() -> str:
    return report.goal_table(
        {name: operators_record(machine) for name, machine in MACHINES.items()}
    )


def errors() -> str:
    return report.accuracy_table(operators_record().accuracy)


def training(name: str) -> str:
    return steps.table(training_record(name))


BLOCKS: dict[str, Callable[[], str]] = {
    "sdf-gain": sdf_gain,
    "sdf-table": sdf_table,
    "speed": speed,
    "goals": goals,
    "errors": errors,
    **{
        name: partial(training, name)
        for name in ("sdf-step", "schnet-step", "mamba-step", "compiled-step", "memory")
    },
}


def filled(text: str) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- {name} -->\n{BLOCKS[name]()}\n<!-- /{name} -->"

    names = "|".join(BLOCKS)
    return re.sub(rf"<!-- ({names}) -->\n.*?<!-- /\1 -->", fill, text, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it would")
    check = parser.parse_args().check
    stale = []
    for path in FILES:
        text = path.read_text()
        if (new := filled(text)) != text:
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(new)
    if check and stale:
        sys.exit(f"not what the records say: {', '.join(stale)}; make readme-tables")
    print(f"{'stale' if check else 'changed'}: {', '.join(stale) or 'nothing'}")


if __name__ == "__main__":
    main()
