"""Prints a record as Markdown: the README's tables, and all that was measured.

python benchmarks/report.py benchmarks/results/<name>.json
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from goals import Verdict, verdicts
from plan import ITEM_BYTES, OPERANDS
from results import Accuracy, Record, Result, Spread, load

FLUSHED = 10  # ULP: a denormal result that is further off was not computed, but taken for zero


def main() -> None:
    print(report(load(Path(sys.argv[1]))))


def report(record: Record) -> str:
    parts = [
        "; ".join(f"{name} {value}" for name, value in record.machine.items()),
        *(f"skipped: {peer}" for peer in record.skipped),
        "## Goals",
        goal_table({"measured, in the worst case": record}),
        "## Largest errors",
        accuracy_table(record.accuracy),
        "## Times",
        "Nanoseconds an element, p20 to p80 in brackets; GB/s of what has to be read and written, "
        "and its share of what copy_ moves. For each peer: how many times as fast ours is.",
        time_table(record.results),
        *(["## Bare loops", loop_table(record)] if record.loops else []),
    ]
    return "\n\n".join(parts)


def goal_table(records: dict[str, Record]) -> str:
    """A column for each record: the case furthest from the goal, and whether that reaches it."""
    rows = []
    for row in zip(*map(verdicts, records.values()), strict=True):
        goal = row[0].goal
        kind = "{:g}x the time, at most" if goal.at_most else "{:g}x as fast"
        rows.append(
            [
                f"{goal.name}, against {goal.peer}",
                kind.format(goal.must),
                f"{goal.moonshot:g}x",
                *map(_verdict, row),
            ]
        )
    return table(["", "must", "moonshot", *records], rows)


def _verdict(verdict: Verdict) -> str:
    if not verdict.where:
        return f"**{verdict.word}**"
    case = verdict.where.case
    where = f"{case.dtype}, {power(case.size)}"
    return f"**{verdict.word}**: {ratio(verdict.measured)}; {where}"


def accuracy_table(measured: list[Accuracy]) -> str:
    """The halves by how many results are not the nearest number, the others by ULP."""
    columns = [(dtype, operation) for dtype in ITEM_BYTES for operation in ("forward", "backward")]
    cells = {(one.implementation, one.dtype, one.operation): one for one in measured}

    def cell(name: str, column: tuple[str, str]) -> str:
        one = cells.get((name, *column))
        if not one:
            return ""
        zero = "*" if one.worst_denormal > FLUSHED else ""
        if ITEM_BYTES[one.dtype] == 2:
            return f"{one.misrounded:,}{zero}"
        return f"{one.worst:.3g}{zero}"

    def heading(column: tuple[str, str]) -> str:
        unit = "misrounded" if ITEM_BYTES[column[0]] == 2 else "ULP"
        return f"{column[0]} {column[1]}, {unit}"

    rows = [
        [name, *(cell(name, column) for column in columns)]
        for name in dict.fromkeys(one.implementation for one in measured)
    ]
    errors = table(["", *map(heading, columns)], rows)
    return f"{errors}\n\n\\* and takes results in the denormal range for zero"


def time_table(results: list[Result]) -> str:
    peers = list(dict.fromkeys(name for result in results for name in result.times_as_fast))

    def row(result: Result) -> list[str]:
        case, own = result.case, result.nanoseconds["ours"]
        speed = case.bytes / case.size / own[1]
        share = ""
        if copy := result.times_as_fast.get("copy_"):
            share = f"{100 * copy[1] * OPERANDS[case.operation] / OPERANDS['forward']:.0f} %"
        return [
            f"{case.operation}, {case.dtype}",
            power(case.size),
            str(case.threads),
            case.instruction_set or "",
            _spread(own),
            f"{speed:.3g}",
            share,
            *(_peer(result, name) for name in peers),
        ]

    headings = ["", "elements", "threads", "forced", "ours", "GB/s", "of copy_", *peers]
    return table(headings, map(row, results))


def loop_table(record: Record) -> str:
    sets = list(dict.fromkeys(loop.instruction_set for loop in record.loops))
    times = {
        (loop.kernel, loop.dtype, loop.size, loop.instruction_set): (
            f"{loop.nanoseconds:.3g} ({loop.gigabytes_per_second:.3g} GB/s)"
        )
        for loop in record.loops
    }
    rows = [
        [kernel, dtype, power(size), *(times[kernel, dtype, size, name] for name in sets)]
        for kernel, dtype, size in dict.fromkeys(key[:3] for key in times)
    ]
    return table(["", "", "elements", *sets], rows)


def _peer(result: Result, name: str) -> str:
    if name not in result.times_as_fast:
        return ""
    return f"{result.nanoseconds[name][1]:.3g}: {ratio(result.times_as_fast[name])}"


def ratio(spread: Spread) -> str:
    low, middle, high = spread
    return f"{middle:.2f}x ({low:.2f} to {high:.2f})"


def _spread(spread: Spread) -> str:
    low, middle, high = spread
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def power(size: int) -> str:
    return f"2^{size.bit_length() - 1}"


def table(headings: list[str], rows: Iterable[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
