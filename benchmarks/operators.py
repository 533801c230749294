"""Times the operators against PyTorch's own, after checking that the results agree.

    make bench                                      # or: python benchmarks/operators.py --help

Every round times each implementation once, one after the other, and the ratio is the median over
the rounds of each round's own ratio: a machine whose speed drifts slows both alike. All write to
memory they are given (out=), except where a whole call with its allocation is what is timed.
Writes benchmarks/results/<cpu>-<instruction set>.json and prints it as a table.
"""

import argparse
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

import torch
import torch.nn.functional as F
from torch.utils.benchmark import Timer
from tqdm import tqdm

import fused_softplus
from fused_softplus import _C

ours, aten = torch.ops.fused_softplus, torch.ops.aten
Case = dict[str, Callable[[], object]]


@dataclass
class Result:
    operation: str
    dtype: str
    size: int
    threads: int
    nanoseconds: dict[str, list[float]]  # by implementation: p20, median, p80 an element
    times_as_fast: dict[str, list[float]]  # ours against each peer: p20, median, p80


def forward(x: torch.Tensor) -> Case:
    out, peer_out = torch.empty_like(x), torch.empty_like(x)
    return {
        "ours": lambda: ours.softplus.out(x, 1, 20, out=out),
        "ATen": lambda: aten.softplus.out(x, 1, 20, out=peer_out),
        "ReLU": lambda: torch.clamp_min(x, 0, out=peer_out),
        "copy_": lambda: peer_out.copy_(x),
    }


def backward(x: torch.Tensor) -> Case:
    grad, out, peer_out = torch.randn_like(x), torch.empty_like(x), torch.empty_like(x)
    return {
        "ours": lambda: ours.softplus_backward.grad_input(grad, x, 1, 20, grad_input=out),
        "ATen": lambda: aten.softplus_backward.grad_input(grad, x, 1, 20, grad_input=peer_out),
    }


def double_backward(x: torch.Tensor) -> Case:
    def through(softplus: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], object]:
        leaf = x.clone().requires_grad_()
        grad = torch.ones_like(x).requires_grad_()
        (first,) = torch.autograd.grad(softplus(leaf), leaf, grad, create_graph=True)
        grad_grad = torch.ones_like(x)
        return lambda: torch.autograd.grad(first, (grad, leaf), grad_grad, retain_graph=True)

    return {"ours": through(fused_softplus.softplus), "ATen": through(F.softplus)}


def call(x: torch.Tensor) -> Case:
    return {"ours": lambda: fused_softplus.softplus(x), "ATen": lambda: F.softplus(x)}


def call_and_backward(x: torch.Tensor) -> Case:
    leaf = x.clone().requires_grad_()
    grad = torch.ones_like(x)
    return {
        "ours": lambda: torch.autograd.grad(fused_softplus.softplus(leaf), leaf, grad),
        "ATen": lambda: torch.autograd.grad(F.softplus(leaf), leaf, grad),
    }


IN_CACHE, IN_MEMORY = (2**14, 2**18), (2**24, 2**26)
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
PLAN = [
    *((make, dtype, n, 1) for make in (forward, backward) for dtype in DTYPES for n in IN_CACHE),
    *((double_backward, torch.float32, n, 1) for n in IN_CACHE),
    *((forward, torch.float32, n, torch.get_num_threads()) for n in IN_MEMORY),
    *((make, torch.float32, 16, 1) for make in (call, call_and_backward)),
]


def check(case: Case) -> None:
    """Ours equals ATen's within the sum of both error bounds: 2 + 4 units in the last place. ATen
    computes 1 - sigmoid by subtraction, so its second derivative has that of 1 for an error."""

    def flat(result: object) -> list[torch.Tensor]:
        return [result] if isinstance(result, torch.Tensor) else list(result)

    for mine, theirs in zip(flat(case["ours"]()), flat(case["ATen"]()), strict=True):
        eps = torch.finfo(mine.dtype).eps
        second = case["ours"].__qualname__.startswith("double_backward")
        torch.testing.assert_close(mine, theirs, rtol=6 * eps, atol=eps if second else 1e-37)


def warm(dtype: torch.dtype) -> None:
    """Lets every peer touch all it will need: ATen's AVX-512 log1p is ten times slower until an
    input of -0.0 has brought in one page of its constants."""
    special = torch.tensor([-0.0, float("inf"), -float("inf"), float("nan"), 1.0] * 64, dtype=dtype)
    torch.log1p(special)
    F.softplus(special)


def spread(values: list[float]) -> list[float]:
    low, *_, high = quantiles(values, n=5, method="inclusive")
    return [low, median(values), high]


def measure(make: Callable[[torch.Tensor], Case], dtype: torch.dtype, n: int, threads: int,
            rounds: int) -> Result:  # fmt: skip
    torch.manual_seed(0)
    torch.set_num_threads(threads)
    warm(dtype)
    case = make((torch.randn(n) * 3).to(dtype))
    check(case)
    timers = {name: Timer("f()", globals={"f": f}, num_threads=threads) for name, f in case.items()}
    target = 0.01  # seconds a sample
    loops = {name: max(1, int(target / t.timeit(3).mean)) for name, t in timers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            seconds[name].append(timer.timeit(loops[name]).mean)
    return Result(
        operation=make.__name__,
        dtype=str(dtype).removeprefix("torch."),
        size=n,
        threads=threads,
        nanoseconds={name: spread([t / n * 1e9 for t in ts]) for name, ts in seconds.items()},
        times_as_fast={
            name: spread([peer / own for peer, own in zip(ts, seconds["ours"], strict=True)])
            for name, ts in seconds.items()
            if name != "ours"
        },
    )


def cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def table(results: list[Result]) -> str:
    lines = [
        "| operation | dtype | elements | threads | ours, ns an element | peer: its ns "
        "(ours is n times as fast; p20 to p80) |",
        "|---|---|---|---|---|---|",
    ]
    for r in results:
        peers = "; ".join(
            f"{name}: {r.nanoseconds[name][1]:.3g} ({mid:.2f}x; {low:.2f} to {high:.2f})"
            for name, (low, mid, high) in r.times_as_fast.items()
        )
        lines.append(
            f"| {r.operation} | {r.dtype} | 2^{r.size.bit_length() - 1} | {r.threads} "
            f"| {r.nanoseconds['ours'][1]:.3g} | {peers} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--only", help="only the operations whose name contains this")
    parser.add_argument("--output", type=Path, help="where to write the JSON file")
    arguments = parser.parse_args()

    plan = [item for item in PLAN if not arguments.only or arguments.only in item[0].__name__]
    results = [measure(*item, rounds=arguments.rounds) for item in tqdm(plan, unit="case")]
    capability = _C.cpu_capability()
    record = {
        "cpu": cpu_name(),
        "instruction set": capability,
        "ATen instruction set": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "fused_softplus": fused_softplus.__version__,
        "rounds": arguments.rounds,
        "results": [asdict(result) for result in results],
    }
    name = "-".join([*record["cpu"].lower().split(), capability]) + ".json"
    path = arguments.output or Path(__file__).parent / "results" / name
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(
        f"{record['cpu']}, {capability} (ATen: {record['ATen instruction set']}), "
        f"torch {record['torch']}\n"
    )
    print(table(results))
    print(f"\nWritten to {path}")


if __name__ == "__main__":
    main()
