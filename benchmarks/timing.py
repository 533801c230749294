"""Times one case in the process that it is called in; results are checked before.

Every round times each implementation once, one after the other, so that a machine whose speed
drifts slows all alike, and ratios are taken within a round.
"""

import time
from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from torch import Tensor

import reference
from peers import ALL, Peer, Prepare, tensors
from plan import Case
from timer import Timer

SAMPLE = 0.005  # seconds that one implementation is timed for in a round
LEAST_ROUNDS, MOST_ROUNDS = 3, 31

Samples = dict[str, list[float]]  # by implementation, its seconds a call in each round


@cache
def peers(threads: int, forced: bool = False) -> list[Peer]:
    return [
        kind(threads)
        for kind in ALL
        if not kind.absent() and threads <= kind.most_threads and (kind.can_force or not forced)
    ]


def measure(case: Case, seconds: float) -> Samples:
    torch.set_num_threads(case.threads)
    torch.manual_seed(0)
    dtype = getattr(torch, case.dtype)
    x, grad = (torch.randn(case.size) * 3).to(dtype), torch.randn(case.size).to(dtype)
    timers = {}
    for peer in peers(case.threads, forced=bool(case.instruction_set)):
        if case.dtype in peer.dtypes and (prepare := getattr(peer, case.operation, None)):
            warm(prepare, dtype)
            run = prepare(x, grad)
            if peer.is_softplus:
                check(peer.name, case.operation, tensors(run()), x, grad)
            timers[peer.name] = Timer("run()", globals={"run": run}, num_threads=case.threads)

    loops = {name: max(1, int(SAMPLE / timer.timeit(1).mean)) for name, timer in timers.items()}
    samples: Samples = {name: [] for name in timers}
    end = time.monotonic() + seconds
    for number in range(MOST_ROUNDS):
        if number >= LEAST_ROUNDS and time.monotonic() > end:
            break
        for name, timer in timers.items():
            samples[name].append(timer.timeit(loops[name]).mean)
    return samples


def warm(prepare: Prepare, dtype: torch.dtype) -> None:
    """Lets a peer touch all it will need. ATen's AVX-512 log1p, which torch.compile calls as well,
    takes up to ten times longer until an input of -0.0 has brought in one page of its constants,
    and softplus itself never gives it one."""
    special = torch.tensor([-0.0, float("inf"), -float("inf"), float("nan"), 1.0] * 64, dtype=dtype)
    torch.log1p(special)
    with np.errstate(invalid="ignore"):
        prepare(special, torch.ones_like(special))()


def check(name: str, operation: str, results: list[Tensor], x: Tensor, grad: Tensor) -> None:
    """Against the tests' reference on a part of the elements: ours closely, a peer only for being
    the same function. How exact each one is, accuracy.py measures."""
    some = slice(None, None, max(1, len(x) >> (9 if x.dtype == torch.float64 else 14)))
    x, grad = x[some], grad[some]
    slope = reference.slope(x, 1.0)
    exact: dict[str, Callable[[], list[reference.Exact]]] = {
        "forward": lambda: [reference.softplus(x, 1.0)],
        "call": lambda: [reference.softplus(x, 1.0)],
        "backward": lambda: [slope * reference.numbers(grad)],
        "both": lambda: [slope * reference.numbers(grad)],
        "double_backward": lambda: [slope, reference.curvature(x, 1.0) * reference.numbers(grad)],
    }
    expected = exact[operation]()
    eps = torch.finfo(x.dtype).eps
    relative, absolute = (2 * eps, 0) if name == "ours" else (32 * eps, 4 * eps)
    for result, right in zip(results[-len(expected) :], expected, strict=True):
        error = abs(reference.numbers(result.flatten()[some]) - right)
        limit = relative * abs(right) + absolute + 2 * torch.finfo(x.dtype).smallest_normal * eps
        assert (error <= limit).all(), f"{name} gets {operation} wrong in {x.dtype}"
