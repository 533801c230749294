"""Times the operators against their peers on the CPU.

    make bench                                  # or: python -m benchmarks.operators --help

Each case is timed in several fresh processes, because memory layout and page faults are fixed for
a process. Each peer is reported from the process in which its median was lowest, together with the
ratio of that process's rounds; ours is reported from all of them. The table has nanoseconds an
element and, in brackets, how many times as fast as that implementation ours is.
"""

import json
import subprocess
from argparse import Namespace
from functools import cache
from pathlib import Path
from statistics import median

import torch
import torch._inductor.config as inductor
from tqdm import tqdm

from benchmarks import figure, kit, peers

SAMPLE = 0.005  # seconds that one implementation is timed for in a round
IN_CACHE, IN_MEMORY = (2**14, 2**18), 2**24  # elements
FORWARD = {"float32": [2**n for n in range(4, 27, 2)]}
FORWARD_FEW = [2**4, 2**8, *IN_CACHE, IN_MEMORY]

Case = tuple[str, str, int, int]  # operation, dtype, elements, threads


def plan(threads: int) -> list[Case]:
    """Only forward is timed in memory. The others allocate, and would measure how fast the system
    gives out pages."""
    cases = [
        ("forward", dtype, size, threads if size >= IN_MEMORY else 1)
        for dtype in kit.DTYPES
        for size in FORWARD.get(dtype, FORWARD_FEW)
    ]
    cases += [
        (operation, dtype, size, 1)
        for operation in ("backward", "both", "double_backward")
        for dtype in kit.DTYPES
        for size in IN_CACHE
    ]
    return cases + [(operation, "float32", 2**4, 1) for operation in ("call", "both")]


@cache
def implementations() -> list[peers.Peer]:
    return [peers.Ours(), peers.Aten(), peers.Compiled(), peers.Relu(), peers.Copy()]


def measure(case: Case, rounds: int) -> kit.Samples:
    operation, dtype, elements, threads = case
    torch.set_num_threads(threads)  # upon which torch.compile compiles again,
    inductor.cpp.threads = threads  # and does not take what Inductor's cache has for another number
    torch.manual_seed(0)
    x, grad = torch.randn(2, elements).to(getattr(torch, dtype))
    runs = peers.runs(implementations(), operation, 3 * x, grad)
    timers = {name: kit.timer(run, SAMPLE, threads) for name, run in runs.items()}
    return kit.in_turns(timers, rounds)


def time_cases(cases: list[Case], options: Namespace) -> list[kit.Row]:
    samples: dict[Case, list[kit.Samples]] = {case: [] for case in cases}
    with tqdm(total=options.processes * len(cases), unit="case", disable=None) as progress:
        for _ in range(options.processes):
            with kit.fresh_process() as process:
                for case in cases:
                    samples[case].append(process.submit(measure, case, options.rounds).result())
                    progress.update()
    return [summarize(case, found) for case, found in samples.items()]


def summarize(case: Case, processes: list[kit.Samples]) -> kit.Row:
    operation, dtype, elements, threads = case
    best = {name: min(processes, key=lambda one: median(one[name])) for name in processes[0]}
    times = {name: one[name] for name, one in best.items()}
    times["ours"] = [seconds for one in processes for seconds in one["ours"]]
    return {
        **{"operation": operation, "dtype": dtype, "elements": elements, "threads": threads},
        "ns an element": {
            name: kit.spread([1e9 / elements * time for time in own]) for name, own in times.items()
        },
        "times as fast as it": {
            name: kit.ratio(one[name], one["ours"]) for name, one in best.items() if name != "ours"
        },
    }


def time_loops(program: Path) -> list[kit.Row]:
    """The CPU's loops without torch, as Google Benchmark times them, by instruction set."""
    done = subprocess.run(
        [program, "--benchmark_format=json"], check=True, stdout=subprocess.PIPE, text=True
    )
    rows: dict[tuple[str, str, str], kit.Row] = {}
    for one in json.loads(done.stdout)["benchmarks"]:
        kernel, dtype, instruction_set, elements, *_ = one["name"].split("/")
        case = {"kernel": kernel, "dtype": dtype, "elements": int(elements)}
        row = rows.setdefault((kernel, dtype, elements), {**case, "ns an element": {}, "GB/s": {}})
        row["ns an element"][instruction_set] = 1e9 / one["items_per_second"]
        row["GB/s"][instruction_set] = one["bytes_per_second"] / 1e9
    return list(rows.values())


def main() -> None:
    parser = kit.parser(__doc__, rounds=15, processes=3)
    parser.add_argument("--only", default="", help="only operations whose name contains this")
    parser.add_argument("--quick", action="store_true", help="2^18 elements only, in one process")
    parser.add_argument("--loops", type=Path, help="the program loop_benchmarks, to be run as well")
    options = parser.parse_args()
    cases = [case for case in plan(kit.describe()["cores"]) if options.only in case[0]]
    if options.quick:
        cases, options.processes = [case for case in cases if case[2] == 2**18], 1
    figure.draw(kit.publish("operators", time_cases(cases, options), options))
    if options.loops:
        kit.publish("loops", time_loops(options.loops), options)


if __name__ == "__main__":
    main()
