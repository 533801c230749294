"""What a compiled training step of a small network on the CPU takes with ours and nn.Softplus.

    make bench-compiled                         # or: python benchmarks/compiled_step.py --help

torch.compile keeps our operator whole and fuses nn.Softplus with what stands around it, so that the
question is whether the faster kernel is worth the pass over memory.
"""

import argparse
import itertools
from functools import partial

import torch
from torch import Tensor, nn

import steps

VARIANTS = {name: steps.softplus()[name] for name in ("nn.Softplus", "ours")}


def network(activation: steps.Activation, width: int) -> nn.Module:
    return nn.Sequential(
        *(nn.Linear(16, width), activation(), nn.Linear(width, width), activation()),
        nn.Linear(width, 1),
    )


def training_step(model: nn.Module, x: Tensor, backend: str) -> steps.Step:
    compiled = torch.compile(model, fullgraph=True, backend=backend)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)

    def step() -> Tensor:
        optimizer.zero_grad()
        loss: Tensor = compiled(x).square().mean()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def measure(case: tuple[int, int], options: argparse.Namespace) -> list[steps.Row]:
    torch._dynamo.reset()
    width, batch = case
    x = torch.randn(batch, 16)
    models = steps.models(VARIANTS, partial(network, width=width))
    step = {name: training_step(model, x, options.backend) for name, model in models.items()}
    steps.check_same(step)
    training = steps.times("step", steps.seconds(step, options))
    return steps.rows({"width": width, "batch": batch}, training)


def main() -> None:
    parser = steps.parser(__doc__, threads=1, rounds=31)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--batches", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--backend", default="inductor", help="of torch.compile")
    options = parser.parse_args()
    cases = list(itertools.product(options.widths, options.batches))
    steps.run("compiled-step", cases, partial(measure, options=options), options)


if __name__ == "__main__":
    main()
