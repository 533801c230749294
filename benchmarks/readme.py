"""Writes what the records say into README.md, benchmarks/README.md and docs/*.md.

    make readme-tables

The function of that name in BLOCKS writes what is between <!-- name --> and <!-- /name -->.
tests/test_readme.py compares the files with the records.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks import kit

ROOT = Path(__file__).parents[1]
FILES = (ROOT / "README.md", ROOT / "benchmarks" / "README.md", *sorted(ROOT.glob("docs/*.md")))
MACHINES = {"Intel Xeon": "intel-xeon-processor-avx512", "AMD EPYC": "amd-epyc-avx512"}
MACHINE = MACHINES["Intel Xeon"]  # whose records the tables show


def rows(name: str, machine: str = MACHINE) -> list[kit.Row]:
    found: list[kit.Row] = json.loads((kit.RESULTS / f"{machine}-{name}.json").read_text())["rows"]
    return found


def sdf_gain() -> str:
    """The first figure of README.md: from the widest network to the narrowest."""

    def gains(machine: str) -> list[float]:
        found = rows("sdf-step", machine)
        return [
            row["step, times as fast"][1] for row in found if row["variant"] == "ours, in place"
        ]

    widths = [row["width"] for row in rows("sdf-step")]
    intel, amd = map(gains, MACHINES.values())
    return (
        f"**Training this network is {min(intel):.1f} to {max(intel):.1f} times as fast as with"
        f" `nn.Softplus`** on an Intel Xeon\n(widths {max(widths)} to {min(widths)}), and"
        f" {min(amd):.1f} to {max(amd):.1f} times as fast on an AMD EPYC."
    )


def in_cache(*operations: str) -> Iterator[kit.Row]:
    """2^18 elements, one thread."""
    for row in rows("operators"):
        if row["elements"] == 2**18 and row["operation"] in operations:
            yield row


def speed() -> str:
    """README.md's short table."""
    return kit.table(
        [
            {
                "": f"{row['operation'].replace('_', ' ')}, {row['dtype']}",
                **{f"{name}, ns": row["ns an element"][name][1] for name in ("ours", "F.softplus")},
                "times as fast": f"{row['times as fast as it']['F.softplus'][1]:.2f}",
            }
            for row in in_cache("forward", "backward", "double_backward")
            if row["dtype"] in ("float32", "bfloat16")
        ]
    )


def operators() -> str:
    order = ("forward", "backward", "both", "double_backward")
    found = sorted(in_cache(*order), key=lambda row: order.index(row["operation"]))
    hidden = ("elements", "threads")
    return kit.table([{key: row[key] for key in row if key not in hidden} for row in found])


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
    "speed": speed,
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

    return re.sub(r"<!-- ([\w-]+) -->\n.*?<!-- /\1 -->", fill, text, flags=re.DOTALL)


def main() -> None:
    for path in FILES:
        path.write_text(filled(path.read_text()))


if __name__ == "__main__":
    main()
