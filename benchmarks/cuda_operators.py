"""Times the CUDA kernels against their peers on the current device.

    make bench-cuda                          # or: python benchmarks/cuda_operators.py --help

Each question has its own way of timing:

    memory  How fast is the kernel? From event to event, the L2 cache flushed before each run.
    graph   And a small one, without what launching it costs? Replayed in a CUDA graph.
    call    What does a small call cost a program? Python calls one after another, with the clock.

Every round times each implementation once, one after the other, and ratios are taken within a
round; results are checked before. Writes benchmarks/results/<device>.json and prints its tables.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

# timing.py uses the tests' reference.
sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

import torch
from tqdm import tqdm
from triton.testing import do_bench, do_bench_cudagraph

import fused_softplus
from cuda_peers import ALL
from peers import Peer, Run, tensors
from plan import ITEM_BYTES, OPERANDS
from report import power, ratio, table
from results import Spread, rounded, spread
from timer import Timer
from timing import check

LARGE = 2**26  # from here on the goal is copy_'s bandwidth


@dataclass(frozen=True)
class Case:
    operation: str
    dtype: str
    size: int
    way: str


@dataclass(frozen=True)
class Result:
    case: Case
    microseconds: dict[str, float]  # by implementation, the median
    times_as_fast: dict[str, Spread]  # ours against each peer

    def share_of_copy(self) -> float:
        """Of the bandwidth that copy_ reaches on as many elements, each by its own bytes."""
        share = OPERANDS[self.case.operation] / OPERANDS["forward"]
        return share * self.times_as_fast["copy_"][1]


def plan(quick: bool) -> list[Case]:
    exponents = (10, 16, 22, 26) if quick else range(10, 31, 2)
    cases = []
    for dtype, item_bytes in ITEM_BYTES.items():
        for operation in ("forward", "backward", "both"):
            for size in (2**exponent for exponent in exponents):
                if OPERANDS[operation] * item_bytes * size <= 24 * 2**30:
                    cases.append(Case(operation, dtype, size, "memory"))
                if size <= 2**20:
                    cases.append(Case(operation, dtype, size, "graph"))
                if size <= 2**16:
                    cases.append(Case(operation, dtype, size, "call"))
    # Autograd's backward runs on a thread and stream of its own, which one graph does not hold.
    return [case for case in cases if (case.operation, case.way) != ("both", "graph")]


def timer(way: str, run: Run) -> Callable[[], float]:
    """What measures once, in seconds."""
    if way == "memory":
        return lambda: do_bench(run, warmup=10, rep=40, return_mode="median") / 1e3
    if way == "graph":
        return lambda: do_bench_cudagraph(run, rep=20, return_mode="median") / 1e3
    calls = Timer("run()", globals={"run": run})
    return lambda: calls.timeit(2000).mean


def measure(case: Case, peers: list[Peer], rounds: int) -> Result:
    dtype = getattr(torch, case.dtype)
    torch.manual_seed(0)
    x = (torch.randn(case.size, device="cuda") * 3).to(dtype)
    grad = torch.randn(case.size, device="cuda").to(dtype)
    timers = {}
    for peer in peers:
        prepare = getattr(peer, case.operation, None)
        if prepare and case.dtype in peer.dtypes:
            run = prepare(x, grad)
            if peer.is_softplus:
                check(peer.name, case.operation, tensors(run()), x, grad)
            timers[peer.name] = timer(case.way, run)
    samples = [{name: once() for name, once in timers.items()} for _ in range(rounds)]
    return Result(
        case,
        {name: median(one[name] for one in samples) * 1e6 for name in timers},
        {
            name: spread([one[name] / one["ours"] for one in samples])
            for name in timers
            if name != "ours"
        },
    )


def report(record: dict[str, Any], results: list[Result]) -> str:
    peers = list(dict.fromkeys(name for result in results for name in result.times_as_fast))

    def row(result: Result) -> list[str]:
        case, own = result.case, result.microseconds["ours"]
        speed = OPERANDS[case.operation] * ITEM_BYTES[case.dtype] * case.size / own / 1e3
        return [
            f"{case.operation}, {case.dtype}",
            power(case.size),
            case.way,
            f"{own:.4g}",
            f"{speed:.4g}",
            f"{100 * result.share_of_copy():.0f} %",
            *(
                ratio(result.times_as_fast[name]) if name in result.times_as_fast else ""
                for name in peers
            ),
        ]

    large = [one for one in results if one.case.size >= LARGE and one.case.operation != "both"]
    goals = [
        f"Least share of copy_'s bandwidth at {power(LARGE)} and above, forward and backward: "
        + (f"{100 * min(one.share_of_copy() for one in large):.1f} %" if large else "not timed"),
        *(
            f"Least speed against {name}: "
            f"{min(one.times_as_fast[name][1] for one in results if name in one.times_as_fast):.2f}"
            " times as fast"
            for name in peers
            if name not in ("copy_", "ReLU")
        ),
    ]
    headings = ["", "elements", "way", "ours, us", "GB/s", "of copy_", *peers]
    about = "; ".join(f"{name} {value}" for name, value in record.items())
    return "\n\n".join([about, "\n".join(goals), table(headings, map(row, results))])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="four sizes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("bench-cuda needs a CUDA device, and torch finds none here")

    device = torch.cuda.get_device_name()
    about = {
        "device": device,
        "torch": torch.__version__,
        "fused_softplus": fused_softplus.__version__,
        "rounds": arguments.rounds,
        "date": str(datetime.date.today()),
    }
    peers = [kind(threads=1) for kind in ALL]
    results = [
        measure(case, peers, arguments.rounds) for case in tqdm(plan(arguments.quick), unit="case")
    ]
    path = arguments.output / f"{device.lower().replace(' ', '-')}.json"
    content = {"machine": about, "results": [asdict(one) for one in results]}
    path.write_text(json.dumps(rounded(content), indent=1) + "\n")
    print(f"{report(about, results)}\n\nWritten to {path}")


if __name__ == "__main__":
    main()
