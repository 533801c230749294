"""What a compiled training step of a small network on the CPU takes with ours and nn.Softplus.

    python benchmarks/compiled_step.py [--threads N] [--rounds N]

torch.compile keeps our operator whole and fuses nn.Softplus with what stands around it, so that the
question is whether the faster kernel is worth the pass over memory. Prints medians, and the ratio
within a round as its median and its range.
"""

import argparse
import statistics
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer

import fused_softplus

SAMPLE = 0.02  # seconds that one network is timed for in a round
WIDTHS, BATCHES = (64, 256, 1024), (256, 4096)


def network(width: int, activation: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Linear(16, width), activation(), nn.Linear(width, width), activation()),
        nn.Linear(width, 1),
    )


def training_step(model: nn.Module, x: Tensor) -> Callable[[], Tensor]:
    compiled = torch.compile(model, fullgraph=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss = compiled(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def measure(width: int, batch: int, threads: int, rounds: int) -> str:
    torch._dynamo.reset()
    x = torch.randn(batch, 16)
    kinds: list[Callable[[], nn.Module]] = [nn.Softplus, fused_softplus.Softplus]
    steps = [training_step(network(width, kind), x) for kind in kinds]
    theirs, ours = (torch.stack([step() for _ in range(3)]) for step in steps)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=0)  # the same network, at least
    timers = [Timer("step()", globals={"step": step}, num_threads=threads) for step in steps]
    loops = max(1, round(SAMPLE / timers[0].timeit(1).mean))
    seconds = [[timer.timeit(loops).mean for timer in timers] for _ in range(rounds)]
    ratios = [theirs / ours for theirs, ours in seconds]
    theirs, ours = (1e6 * statistics.median(column) for column in zip(*seconds, strict=True))
    return (
        f"{width:6}{batch:8}{theirs:13.0f} us{ours:10.0f} us{statistics.median(ratios):9.2f}x"
        f" ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=31)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.log1p(torch.full((64,), -0.0))  # timing.warm says why
    print(f"{' width':6}{'batch':>8}{'nn.Softplus':>16}{'ours':>13}{'times as fast':>16}")
    for width in WIDTHS:
        for batch in BATCHES:
            print(measure(width, batch, arguments.threads, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
