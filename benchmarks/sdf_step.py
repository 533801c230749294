"""What a training step of a signed-distance network takes with each activation, and what it keeps.

    make bench-sdf                              # or: python -m benchmarks.sdf_step --help

The network and its loss are those of examples/sdf.py: eight layers, double backward in every step.
"Times the better ReLU's" compares with the ReLU, in place or not, whose median is lower. "Forward"
is the forward pass without gradients. "Kept" is what a forward pass saves for backward, without the
parameters.
"""

import argparse
from functools import partial
from statistics import median

import torch

from benchmarks import kit, training
from examples import sdf

SOFTPLUS = training.softplus(beta=100)
EAGER = SOFTPLUS | training.RELU
# torch.compile makes the in-place module functional: there is no other compiled form.
COMPILED = {f"{name}, compiled": SOFTPLUS[name] for name in ("nn.Softplus", "ours")}


def measure(width: int, batch: sdf.Batch, options: argparse.Namespace) -> list[kit.Row]:
    torch._dynamo.reset()
    models = training.models(
        EAGER | COMPILED, lambda activation: sdf.SDF(activation, width).to(options.device)
    )
    eager = {name: models[name] for name in EAGER}
    step = {name: partial(sdf.training_step(model), batch) for name, model in eager.items()}
    for name in COMPILED:
        loss_of = partial(sdf.loss_of, differentiate=sdf.by_func)
        compiled = torch.compile(loss_of, backend=options.backend)
        step[name] = partial(sdf.training_step(models[name], compiled), batch)
    training.check_same({name: step[name] for name in SOFTPLUS | COMPILED})
    samples = training.seconds(step, options)
    better_relu = min((samples[name] for name in training.RELU), key=median)
    return training.rows(
        {"width": width},
        training.times("step", samples),
        {
            name: {"times the better ReLU's": kit.ratio(samples[name], better_relu)}
            for name in SOFTPLUS
        },
        training.forward(eager, [batch.points], options),
        training.kept(eager, [batch.points]),
    )


def main() -> None:
    parser = kit.parser(__doc__, rounds=21, threads=2)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--batch", type=int, default=4096, help="points")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--backend", default="inductor", help="of torch.compile")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batch = next(sdf.batches(sdf.load_mesh(), options.batch, seed=0))
    batch = sdf.Batch(batch.points.to(options.device), batch.normals.to(options.device))
    rows = [row for width in options.widths for row in measure(width, batch, options)]
    kit.publish("sdf-step", rows, options, kit.gpu() if options.device == "cuda" else None)


if __name__ == "__main__":
    main()
