"""Times the CUDA kernels against their peers on the current device.

    make bench-cuda                             # or: python -m benchmarks.cuda_operators --help

Each question has its own way of timing:

    memory  How fast is the kernel? Timed by events, with the L2 cache flushed before each run.
    graph   How fast is a small kernel without its launch? Replayed in a CUDA graph.
    call    What does a small call cost a program? Python calls, timed by the clock.

The table has microseconds and, in brackets, how many times as fast as that implementation ours is.
"""

import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from tqdm import tqdm
from triton.language.extra import libdevice
from triton.testing import do_bench, do_bench_cudagraph

from benchmarks import kit, peers

DEVICE = "cuda"
OPERATORS = ("forward", "backward")
BLOCK = 1024

Case = tuple[str, str, int, str]  # operation, dtype, elements, way


@triton.jit  # type: ignore[untyped-decorator]
def forward_kernel(x_ptr, y_ptr, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n).to(tl.float32)
    y = tl.where(x > 20, x, libdevice.log1p(tl.exp(x)))
    tl.store(y_ptr + i, y.to(y_ptr.dtype.element_ty), mask=i < n)


@triton.jit  # type: ignore[untyped-decorator]
def backward_kernel(grad_ptr, x_ptr, out_ptr, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n).to(tl.float32)
    grad = tl.load(grad_ptr + i, mask=i < n).to(tl.float32)
    out = tl.where(x > 20, grad, grad * tl.sigmoid(x))
    tl.store(out_ptr + i, out.to(out_ptr.dtype.element_ty), mask=i < n)


def launch(kernel: Any, *tensors: Tensor) -> Tensor:
    """The last tensor, which is the output."""
    n = tensors[0].numel()
    kernel[(triton.cdiv(n, BLOCK),)](*tensors, n, BLOCK=BLOCK)
    return tensors[-1]


class Triton(peers.Peer):
    """The kernels as one writes them in Triton."""

    name = "Triton"
    dtypes = ("float32", "bfloat16", "float16")

    def forward(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(launch, forward_kernel, x, torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> kit.Run:
        return lambda: launch(backward_kernel, grad, x, torch.empty_like(x))


PEERS = (
    *(peers.Ours(), peers.Aten(), peers.Compiled()),
    *(Triton(), peers.Relu(), peers.Copy()),
)


def plan() -> list[Case]:
    cases = [
        (operation, dtype, 2**n, "memory")
        for operation in ("forward", "backward", "both", "double_backward")
        for dtype in kit.DTYPES
        for n in (16, 20, 24, 27)
    ]
    # Autograd's backward runs on a thread and stream of its own, which one graph does not hold.
    cases += [(name, dtype, 2**12, "graph") for name in OPERATORS for dtype in kit.DTYPES]
    return cases + [(name, "float32", 2**10, "call") for name in (*OPERATORS, "call", "both")]


def timer(way: str, run: kit.Run) -> Callable[[], float]:
    if way == "memory":
        return lambda: do_bench(run, warmup=10, rep=40, return_mode="median") / 1e3
    if way == "graph":
        return lambda: do_bench_cudagraph(run, rep=20, return_mode="median") / 1e3
    return kit.timer(run, seconds=0.02, threads=1)


def measure(case: Case, rounds: int) -> kit.Row:
    operation, dtype, elements, way = case
    torch.manual_seed(0)
    x, grad = torch.randn(2, elements, device=DEVICE).to(getattr(torch, dtype))
    runs = peers.runs(PEERS, operation, x * 3, grad)
    samples = kit.in_turns({name: timer(way, run) for name, run in runs.items()}, rounds)
    own = samples["ours"]
    moved = peers.OPERANDS[operation] * x.element_size() * elements
    return {
        **{"operation": operation, "dtype": dtype, "elements": elements, "way": way},
        "GB/s": moved / median(own) / 1e9,
        "us": {name: 1e6 * median(times) for name, times in samples.items()},
        "times as fast as it": {
            name: kit.ratio(times, own) for name, times in samples.items() if name != "ours"
        },
    }


def main() -> None:
    options = kit.parser(__doc__, rounds=5).parse_args()
    if not torch.cuda.is_available():
        sys.exit("bench-cuda needs a CUDA device, and torch finds none here")
    rows = [measure(case, options.rounds) for case in tqdm(plan(), unit="case")]
    kit.publish("operators", rows, options, kit.gpu())


if __name__ == "__main__":
    main()
