"""Writes what the records say into README.md, benchmarks/README.md and docs/*.md.

    make readme-tables

The function of that name in BLOCKS writes what is between <!-- name --> and <!-- /name -->.
tests/test_readme.py compares the files with the records.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import kit

ROOT = Path(__file__).parents[1]
FILES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted(ROOT.glob("docs/*.md")))
MACHINES = {"AMD EPYC": "amd-epyc-avx512"}
MACHINE = MACHINES["AMD EPYC"]  # whose records the tables show


def rows(name: str, machine: str = MACHINE) -> list[kit.Row]:
    found: list[kit.Row] = json.loads((kit.RESULTS / f"{machine}-{name}.json").read_text())["rows"]
    return found


def sdf_gain() -> str:
    """The sentence on the first screen of README.md."""

    def gains(machine: str) -> str:
        ours = (row for row in rows("sdf-step", machine) if row["variant"] == "ours, in place")
        medians = [row["step, times as fast"][1] for row in ours]
        return f"{min(medians):.1f} to {max(medians):.1f} times"

    first, *others = MACHINES.items()
    widths = [row["width"] for row in rows("sdf-step")]
    also = "".join(f"; {name}: {gains(machine)}" for name, machine in others)
    return (
        f"**Training this network is {gains(first[1])} as fast as with `nn.Softplus`**"
        f" ({first[0]}, layers of {max(widths)} to {min(widths)} units{also})."
    )


def operators() -> str:
    """2^18 elements, one thread."""
    order = ("forward", "backward", "both", "double_backward")
    found = (row for row in rows("operators") if row["elements"] == 2**18)
    hidden = ("elements", "threads")
    return kit.table(
        [
            {key: row[key] for key in row if key not in hidden}
            for row in sorted(found, key=lambda row: order.index(row["operation"]))
        ]
    )


def accuracy() -> str:
    """The largest errors, and how many results of the 16-bit types are not the nearest number."""
    errors = ("largest error, ULP", "subnormal results, ULP")

    def is_shown(row: kit.Row) -> bool:
        wide = row["dtype"] in ("float32", "float64")
        return row["measure"] in (errors if wide else ("misrounded",))

    return kit.table(list(filter(is_shown, rows("accuracy"))))


def loops() -> str:
    found = (row for row in rows("loops") if row["elements"] == 2**14)
    hidden = ("elements", "GB/s")
    return kit.table([{key: row[key] for key in row if key not in hidden} for row in found])


def whole(name: str, machine: str = MACHINE) -> str:
    return kit.table(rows(name, machine))


BLOCKS: dict[str, Callable[[], str]] = {
    "sdf-gain": sdf_gain,
    "operators": operators,
    "accuracy": accuracy,
    "loops": loops,
    **{name: partial(whole, name) for name in ("sdf-step", "schnet-step", "memory")},
    "on-paper": partial(whole, "on-paper", "nvidia-h100"),
}


def filled(text: str) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        return f"<!-- {name} -->\n{BLOCKS[name]()}\n<!-- /{name} -->"

    names = "|".join(BLOCKS)
    return re.sub(rf"<!-- ({names}) -->\n.*?<!-- /\1 -->", fill, text, flags=re.DOTALL)


def main() -> None:
    for path in FILES:
        path.write_text(filled(path.read_text()))


if __name__ == "__main__":
    main()
