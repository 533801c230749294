"""What a training step of Linear, activation, Linear, ... takes in memory with each activation.

    make bench-memory                           # or: python -m benchmarks.memory --help

"Kept" is what the forward pass saves for backward, without the parameters. "Peak" is by how much
the process grows in a step, gradients included; on CUDA, what torch allocates. Each measurement has
its own process.
"""

import itertools
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import kit, training

VARIANTS = training.softplus() | training.RELU
# glibc then maps every tensor by itself. Otherwise the holes left in its heap would decide how much
# a process grows.
MAPPED = {"MALLOC_MMAP_THRESHOLD_": "65536"}


def network(activation: training.Activation, depth: int, width: int) -> nn.Module:
    hidden = ((nn.Linear(width, width), activation()) for _ in range(depth))
    return nn.Sequential(*itertools.chain.from_iterable(hidden), nn.Linear(width, width))


def train(model: nn.Module, x: Tensor) -> None:
    """A step of SGD without torch.optim, whose import takes two seconds in each process."""
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(model(x).square().mean(), parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(gradient, alpha=1e-3)


def measure(device: str, depth: int, width: int, name: str, batch: int) -> kit.Row:
    model = network(VARIANTS[name], depth, width).to(device)
    x = torch.randn(batch, width, device=device)
    train(model, x[:8])  # loads libraries
    peak = (peak_on_cuda if device == "cuda" else peak_resident)(partial(train, model, x))
    return {
        **{"device": device, "depth": depth, "width": width, "variant": name},
        "kept, MiB": training.kept_bytes(model, x) / 2**20,
        "peak, MiB": peak / 2**20,
    }


def peak_resident(run: kit.Run) -> int:
    """By how many bytes this process grows, at most, while it runs."""

    def status(key: str) -> int:
        (line,) = (one for one in path.read_text().splitlines() if one.startswith(f"{key}:"))
        return int(line.split()[1]) * 2**10  # "VmRSS:  1024 kB"

    path = Path("/proc/self/status")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what it is now
    before = status("VmRSS")
    run()
    return status("VmHWM") - before


def peak_on_cuda(run: kit.Run) -> int:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    return torch.cuda.max_memory_allocated() - before


def main() -> None:
    parser = kit.parser(__doc__, batch=8192)
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 8], help="activations")
    parser.add_argument("--widths", type=int, nargs="+", default=[256, 1024])
    options = parser.parse_args()
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    rows = []
    for case in itertools.product(devices, options.depths, options.widths, VARIANTS):
        with kit.fresh_process(**MAPPED) as process:
            rows.append(process.submit(measure, *case, options.batch).result())
    kit.publish("memory", rows, options)


if __name__ == "__main__":
    main()
