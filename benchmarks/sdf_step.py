"""What a training step of a signed-distance network takes with each activation, and what it keeps.

    make bench-sdf                              # or: python benchmarks/sdf_step.py --help

The network and its loss are those of examples/sdf.py: eight layers, double backward in every step.
The better ReLU is the one of the two whose median is lower. "Forward" is the plain forward pass,
and "kept" what that saves for backward, without the parameters; "peak" is by how much a process
grows in a whole step, its second one.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import torch
from torch import nn

import steps
from processes import MAPPED, fresh_process, peak_resident

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))
import sdf

SOFTPLUS = steps.softplus(beta=100)
EAGER = SOFTPLUS | steps.RELU
# In place there is no other: torch.compile makes the functional form of it.
COMPILED = {f"{name}, compiled": SOFTPLUS[name] for name in ("nn.Softplus", "ours")}


def compiled_step(model: nn.Module, backend: str) -> Callable[[sdf.Batch], float]:
    loss_of = partial(sdf.loss_of, differentiate=sdf.by_func)
    return sdf.training_step(model, torch.compile(loss_of, backend=backend))


def peak_of_step(name: str, width: int, batch: sdf.Batch, threads: int) -> int:
    torch.set_num_threads(threads)
    step = sdf.training_step(sdf.SDF(EAGER[name], width))
    step(sdf.Batch(batch.points[:8], batch.normals[:4]))  # makes the gradients and Adam's moments
    return peak_resident(partial(step, batch))


def peaks(width: int, batch: sdf.Batch, threads: int) -> steps.Columns:
    found = {}
    for name in EAGER:
        with fresh_process(**MAPPED) as process:
            peak = process.submit(peak_of_step, name, width, batch, threads).result()
        found[name] = {"peak, MiB": peak / 2**20}
    return found


def measure(width: int, batch: sdf.Batch, options: argparse.Namespace) -> list[steps.Row]:
    torch._dynamo.reset()
    models = steps.models(EAGER | COMPILED, lambda activation: sdf.SDF(activation, width))
    eager = {name: models[name] for name in EAGER}
    step = {name: partial(sdf.training_step(model), batch) for name, model in eager.items()}
    for name in COMPILED:
        step[name] = partial(compiled_step(models[name], options.backend), batch)
    steps.check_same({name: step[name] for name in SOFTPLUS | COMPILED})
    training = steps.seconds(step, options)
    better_relu = min((training[name] for name in steps.RELU), key=median)
    return steps.rows(
        {"width": width},
        steps.times("step", training),
        {
            name: {"times the better ReLU's": steps.ratio(training[name], better_relu)}
            for name in SOFTPLUS
        },
        steps.forward(eager, [batch.points], options),
        steps.kept(eager, [batch.points]),
        peaks(width, batch, options.threads),
    )


def main() -> None:
    parser = steps.parser(__doc__, rounds=21)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--batch", type=int, default=4096, help="points")
    parser.add_argument("--backend", default="inductor", help="of torch.compile")
    options = parser.parse_args()
    batch = next(sdf.batches(sdf.load_mesh(), options.batch, seed=0))
    steps.run("sdf-step", options.widths, partial(measure, batch=batch, options=options), options)


if __name__ == "__main__":
    main()
