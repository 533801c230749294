"""What a training step of a signed-distance network takes with each activation, and what it keeps.

    make bench-sdf                              # or: python benchmarks/sdf_step.py --help

The network and its loss are those of examples/sdf.py: eight layers, double backward in every step.
"Forward" is the plain forward pass, and "kept" what that saves for backward, without the
parameters; the better ReLU is the faster of the two in each round.
"""

import argparse
import sys
from functools import partial
from pathlib import Path

import steps

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))
import sdf

SOFTPLUS = steps.softplus(beta=100)


def measure(width: int, batch: sdf.Batch, options: argparse.Namespace) -> list[steps.Row]:
    models = steps.models(SOFTPLUS | steps.RELU, lambda activation: sdf.SDF(activation, width))
    step = {name: partial(sdf.training_step(model), batch) for name, model in models.items()}
    steps.check_same({name: step[name] for name in SOFTPLUS})
    training = steps.seconds(step, options)
    better_relu = list(map(min, *(training[name] for name in steps.RELU)))
    return steps.rows(
        {"width": width},
        steps.forward(models, [batch.points], options),
        steps.times("step", training),
        {
            name: {"times the better ReLU's step": steps.ratio(training[name], better_relu)}
            for name in SOFTPLUS
        },
        steps.kept(models, [batch.points]),
    )


def main() -> None:
    parser = steps.parser(__doc__, rounds=11)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--batch", type=int, default=4096, help="points")
    options = parser.parse_args()
    batch = next(sdf.batches(sdf.load_mesh(), options.batch, seed=0))
    steps.run("sdf-step", options.widths, partial(measure, batch=batch, options=options), options)


if __name__ == "__main__":
    main()
