"""Times the operators against their peers, and says which goals they reach.

    make bench                                      # or: python benchmarks/operators.py --help

Everything is timed in several fresh processes, since some of a peer's speed is decided once in a
process: how its memory lies, which pages its library has touched. A baseline is the peer at its
best, so each one counts with the process that was its fastest (results.py). Each number of threads
has processes of its own: JAX fixes its threads when it starts. An AVX-512 machine also times AVX2
against AVX2.

Writes benchmarks/results/<cpu>-<instruction set>.json and .png and prints the JSON as tables.
"""

import argparse
import datetime
import json
import subprocess
import sys
from itertools import groupby
from pathlib import Path

# timing.py and accuracy.py use the tests' reference.
sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from tqdm import tqdm

import accuracy
import machine
import peers
import timing
from figure import draw
from plan import ITEM_BYTES, Case, full_plan, quick_plan
from processes import fresh_process
from report import report
from results import Loop, Record, Result, load, summarize

FORCE = ("FUSED_SOFTPLUS_CPU_CAPABILITY", "ATEN_CPU_CAPABILITY")  # an instruction set


def time_cases(cases: list[Case], processes: int, seconds: float) -> list[Result]:
    def kind(case: Case) -> tuple[int, str]:
        return case.threads, case.instruction_set or ""

    samples: dict[Case, list[timing.Samples]] = {case: [] for case in cases}
    with tqdm(total=processes * len(cases), unit="case") as progress:
        for _ in range(processes):
            for (_, instruction_set), group in groupby(sorted(cases, key=kind), kind):
                forced = dict.fromkeys(FORCE, instruction_set) if instruction_set else {}
                with fresh_process(**forced) as process:
                    for case in group:
                        progress.set_postfix_str(f"{case.operation} {case.dtype} {case.size}")
                        found = process.submit(timing.measure, case, seconds).result()
                        samples[case].append(found)
                        progress.update()
    return [summarize(case, found) for case, found in samples.items()]


def time_loops(program: Path) -> list[Loop]:
    done = subprocess.run(
        [program, "--benchmark_format=json"], check=True, stdout=subprocess.PIPE, text=True
    )
    loops = []
    for one in json.loads(done.stdout)["benchmarks"]:
        kernel, dtype, instruction_set, size, *_ = one["name"].split("/")
        nanoseconds = 1e9 / one["items_per_second"]
        speed = one["bytes_per_second"] / 1e9
        loops.append(Loop(kernel, dtype, instruction_set, int(size), nanoseconds, speed))
    return loops


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="only what the goals speak of, once")
    parser.add_argument("--processes", type=int, help="fresh processes for each case")
    parser.add_argument("--seconds", type=float, help="time for a case in each process")
    parser.add_argument("--only", default="", help="only operations whose name contains this")
    parser.add_argument("--loops", type=Path, help="the program loop_benchmarks, to be run as well")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()

    about = machine.describe()
    threads, best = about["cores"], about["instruction set"]
    plan = quick_plan if arguments.quick else full_plan
    cases = plan(threads, forced="avx2" if best == "avx512" else None)
    cases = [case for case in cases if arguments.only in case.operation]
    processes = arguments.processes or (1 if arguments.quick else 3)
    seconds = arguments.seconds or (0.3 if arguments.quick else 0.8)
    for peer in peers.skipped():
        print("skipped:", peer)

    with fresh_process() as process:
        errors = [
            one for dtype in ITEM_BYTES for one in process.submit(accuracy.measure, dtype).result()
        ]
    record = Record(
        machine={**about, "processes": processes, "date": str(datetime.date.today())},
        skipped=peers.skipped(),
        results=time_cases(cases, processes, seconds),
        accuracy=errors,
        loops=time_loops(arguments.loops) if arguments.loops else [],
    )
    path = arguments.output / f"{machine.label(about)}.json"
    path.write_text(json.dumps(record.to_json(), indent=1) + "\n")
    record = load(path)  # what is printed is what the file says
    draw(record, path.with_suffix(".png"))
    print(f"{report(record)}\n\nWritten to {path} and {path.with_suffix('.png').name}")


if __name__ == "__main__":
    main()
