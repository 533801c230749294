"""What a training step of a signed-distance network takes with each activation, and what it keeps.

    python benchmarks/sdf_step.py [--widths N ...] [--batch N] [--threads N] [--rounds N]

The network and its loss are those of examples/sdf.py: eight layers, double backward in every step.
All activations take their turn in every round, and a ratio is taken within a round. "Step" and
"forward" are medians in ms; "kept" is what a plain forward pass saves for backward, without the
parameters, in MiB.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer
from tqdm import tqdm

import fused_softplus

sys.path.append(str(Path(__file__).resolve().parent.parent / "examples"))
import sdf

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "nn.Softplus": lambda: nn.Softplus(beta=100),
    "ours": lambda: fused_softplus.Softplus(beta=100),
    "ours, in place": lambda: fused_softplus.Softplus(beta=100, inplace=True),
    "ReLU": nn.ReLU,
    "ReLU, in place": lambda: nn.ReLU(inplace=True),
}
SOFTPLUS = list(ACTIVATIONS)[:3]


def network(name: str, width: int) -> nn.Module:
    torch.manual_seed(0)
    return sdf.SDF(ACTIVATIONS[name], width)


def check_results(width: int, batch: sdf.Batch) -> None:
    """The three softplus networks learn the same, at least for three steps."""
    losses = {}
    for name in SOFTPLUS:
        step = sdf.training_step(network(name, width))
        losses[name] = torch.tensor([step(batch) for _ in range(3)])
    for name in SOFTPLUS[1:]:
        torch.testing.assert_close(losses[name], losses[SOFTPLUS[0]], rtol=1e-3, atol=0)


def kept_bytes(model: nn.Module, points: Tensor) -> int:
    """Each storage once, and none of the parameters'."""
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = model(points)  # held until all is counted, so that no address is used twice
    del result
    return sum(kept.values())


def seconds(runs: dict[str, Callable[[], object]], threads: int, rounds: int) -> list[list[float]]:
    """By round, and in it by activation."""
    timers = [Timer("run()", globals={"run": run}, num_threads=threads) for run in runs.values()]
    for timer in timers:
        timer.timeit(2)
    return [
        [timer.timeit(2).mean for timer in timers]
        for _ in tqdm(range(rounds), disable=None, leave=False)
    ]


def measure(width: int, batch: sdf.Batch, threads: int, rounds: int) -> None:
    check_results(width, batch)
    points = batch.points
    models = {name: network(name, width) for name in ACTIVATIONS}
    kept = [kept_bytes(model, points) / 2**20 for model in models.values()]
    with torch.no_grad():
        forward = seconds(
            {name: partial(model, points) for name, model in models.items()}, threads, rounds
        )
    steps = {name: sdf.training_step(model) for name, model in models.items()}
    step = seconds({name: partial(step, batch) for name, step in steps.items()}, threads, rounds)

    best_relu = [min(row[-2:]) for row in step]
    for i, name in enumerate(ACTIVATIONS):
        to_softplus = statistics.median(row[0] / row[i] for row in step)
        to_relu = statistics.median(
            row[i] / relu for row, relu in zip(step, best_relu, strict=True)
        )
        own = [1e3 * statistics.median(row[i] for row in rows) for rows in (forward, step)]
        print(
            f"| {width} | {name} | {own[0]:.1f} | {own[1]:.1f} | {to_softplus:.2f} |"
            f" {to_relu:.2f} | {kept[i]:.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128, 256, 512])
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.log1p(torch.full((64,), -0.0))  # timing.warm says why
    batch = next(sdf.batches(sdf.load_mesh(), arguments.batch, seed=0))
    print(
        "| width | activation | forward, ms | step, ms | times as fast as nn.Softplus |"
        " times ReLU's, the better one's | kept, MiB |\n|---|---|---|---|---|---|---|"
    )
    for width in arguments.widths:
        measure(width, batch, arguments.threads, arguments.rounds)


if __name__ == "__main__":
    main()
