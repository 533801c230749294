"""Compares two builds of the operator library on one core: how many times as fast the second is.

    python -m benchmarks.ab BEFORE/libfused_softplus.so AFTER/libfused_softplus.so

Each library has its own process, since a process can load only one. Both must give the same results
before the two are timed in turns. Where other programs disturb the rounds, compare the fastest.
"""

from functools import cache, partial
from pathlib import Path

import torch

from benchmarks import kit

INPUTS = {"randn * 3": (3, 1), "randn * 99": (99, 1), "randn * 3, beta = 100": (3, 100)}
OPERATIONS = ("softplus", "softplus_backward", "softplus_double_backward")
LARGE, SMALL = 2**16, 2**4
# glibc then reuses the memory of freed outputs, and no page faults are timed.
REUSE = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(2**25))

Case = tuple[str, str, str, int]  # operation, dtype, inputs, elements


def load(path: Path) -> None:
    torch.set_num_threads(1)
    torch.ops.load_library(path)


def run_of(case: Case) -> kit.Run:
    operation, dtype, inputs, elements = case
    scale, beta = INPUTS[inputs]
    torch.manual_seed(0)
    *grads, x = torch.randn(1 + OPERATIONS.index(operation), elements).to(getattr(torch, dtype))
    operator = getattr(torch.ops.fused_softplus, operation).default
    return partial(operator, *grads, x * scale, beta, 20)


def results(case: Case) -> object:
    return run_of(case)()


@cache
def timer(case: Case) -> kit.Once:
    return kit.timer(run_of(case), seconds=0.005, threads=1)


def once(case: Case) -> float:
    return timer(case)()


def main() -> None:
    parser = kit.parser(__doc__, rounds=15, processes=3)
    parser.add_argument("libraries", type=Path, nargs=2)
    options = parser.parse_args()
    cases = [(o, d, i, LARGE) for o in OPERATIONS for d in kit.DTYPES for i in INPUTS]
    cases.append(("softplus", "float32", "randn * 3", SMALL))
    seconds: dict[Case, list[list[float]]] = {case: [] for case in cases}
    for _ in range(options.processes):
        with kit.fresh_process(**REUSE) as before, kit.fresh_process(**REUSE) as after:
            both = before, after
            for process, path in zip(both, options.libraries, strict=True):
                process.submit(load, path.resolve()).result()
            for case in cases:
                expected, found = (process.submit(results, case).result() for process in both)
                torch.testing.assert_close(found, expected)
                for _ in range(options.rounds):
                    seconds[case].append([process.submit(once, case).result() for process in both])
    rows = []
    for case, rounds in seconds.items():
        old, new = zip(*rounds, strict=True)
        row = dict(zip(("operation", "dtype", "inputs", "elements"), case, strict=True))
        faster = {"times as fast": kit.ratio(old, new), "fastest rounds": min(old) / min(new)}
        rows.append(row | faster)
    print(kit.table(rows))


if __name__ == "__main__":
    main()
