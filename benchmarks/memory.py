"""What a training step of Linear, activation, Linear, ... takes in memory with each activation.

    make bench-memory                           # or: python benchmarks/memory.py --help

"Kept" is what the forward pass saves for backward, without the parameters. "Peak" is by how much
a step makes the process grow, gradients included; on CUDA, what is allocated.
Each has a process of its own.
"""

import argparse
import itertools
from functools import partial

import torch
from torch import Tensor, nn

import steps
from processes import MAPPED, fresh_process, peak_resident

VARIANTS = steps.softplus() | steps.RELU


def network(activation: steps.Activation, depth: int, width: int) -> nn.Module:
    hidden = ((nn.Linear(width, width), activation()) for _ in range(depth))
    return nn.Sequential(*itertools.chain.from_iterable(hidden), nn.Linear(width, width))


def train(model: nn.Module, x: Tensor) -> None:
    """A step of SGD, by hand: torch.optim brings the compiler, two seconds in each process."""
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(model(x).square().mean(), parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(gradient, alpha=1e-3)


def measure_one(
    name: str, depth: int, width: int, device: str, batch: int, threads: int
) -> dict[str, steps.Cell]:
    torch.set_num_threads(threads)
    model = network(VARIANTS[name], depth, width).to(device)
    x = torch.randn(batch, width, device=device)
    train(model, x[:8])  # loads libraries
    peak = (peak_on_cuda if device == "cuda" else peak_resident)(partial(train, model, x))
    return {"kept, MiB": steps.kept_bytes(model, x) / 2**20, "peak, MiB": peak / 2**20}


def peak_on_cuda(run: steps.Run) -> int:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    return torch.cuda.max_memory_allocated() - before


def measure(case: tuple[str, int, int], options: argparse.Namespace) -> list[steps.Row]:
    device, depth, width = case
    found = {}
    for name in VARIANTS:
        with fresh_process(**MAPPED) as process:
            found[name] = process.submit(
                measure_one, name, depth, width, device, options.batch, options.threads
            ).result()
    return steps.rows({"device": device, "depth": depth, "width": width}, found)


def main() -> None:
    parser = steps.parser(__doc__)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 8], help="activations")
    parser.add_argument("--widths", type=int, nargs="+", default=[256, 1024])
    parser.add_argument("--batch", type=int, default=8192)
    options = parser.parse_args()
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    cases = list(itertools.product(devices, options.depths, options.widths))
    steps.run("memory", cases, partial(measure, options=options), options)


if __name__ == "__main__":
    main()
