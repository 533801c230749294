"""Learns the signed distance of the Stanford bunny with nn.Softplus and with ours, and draws it.

    make demo-sdf

This takes three to five minutes on two cores. --width, --batch and --steps change that.
benchmarks/sdf_step.py measures all forms of softplus, compiled or not, and ReLU.
"""

import argparse
import copy
import os
import statistics
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from sklearn.neighbors import KDTree
from torch import nn
from torch.profiler import ProfilerActivity, profile

import fused_softplus
from examples import sdf

ROOT = Path(__file__).resolve().parent.parent
LIGHT = np.array([0.4, -0.7, 0.6]) / np.linalg.norm([0.4, -0.7, 0.6])
AVERAGED = 25  # steps for each point of the loss curves

BEGINNING = """Two copies of one network learn the Stanford bunny as a signed distance, one with
nn.Softplus and one with fused_softplus. They take turns, for {steps:,} steps each. Then the
surface is drawn and compared with the scan. With the defaults, all of this takes three to five
minutes on two cores.
"""
END = """
In short
- A step, forward, backward and double backward, is {ratio:.2f} times as fast as with nn.Softplus.
- The learned surface is {away:.2%} of the bunny's size from the scan on average.
- Picture: {picture}

What next
- Your own network: fused_softplus.replace_softplus(model, inplace=True)
- The memory of a training step: make bench-memory
- Other widths, compiled models, and ReLU for comparison: make bench-sdf"""


def distances(mesh: trimesh.Trimesh, other: trimesh.Trimesh) -> np.ndarray:
    """Returns the distances of points on one surface to the other, which is sampled densely."""
    points, _ = trimesh.sample.sample_surface(mesh, 20_000, seed=0)
    others, _ = trimesh.sample.sample_surface(other, 400_000, seed=0)
    return KDTree(others).query(points)[0]


def draw_mesh(axes: Axes3D, mesh: trimesh.Trimesh, title: str) -> None:
    shade = 0.25 + 0.75 * np.clip(mesh.face_normals @ LIGHT, 0, 1)
    colors = shade[:, None] * np.array([0.55, 0.72, 0.95])
    axes.add_collection3d(Poly3DCollection(mesh.triangles, facecolors=colors, edgecolors=colors))
    axes.set(title=title, xlim=(-0.9, 0.9), ylim=(-0.9, 0.9), zlim=(-0.9, 0.9))
    axes.set_box_aspect((1, 1, 1), zoom=1.4)
    axes.view_init(elev=12, azim=-70)
    axes.set_axis_off()


def draw_losses(axes: Axes, runs: dict[str, sdf.Training]) -> None:
    ours: dict[str, Any] = {"color": "tab:blue"}
    theirs: dict[str, Any] = {"color": "tab:orange", "linewidth": 5, "alpha": 0.5}
    for (name, run), style in zip(runs.items(), (theirs, ours), strict=True):
        steps = len(run.losses) // AVERAGED * AVERAGED
        means = np.reshape(run.losses[:steps], (-1, AVERAGED)).mean(1)
        axes.semilogy(np.arange(1, len(means) + 1) * AVERAGED, means, label=name, **style)
    axes.set(title="Either learns the same", xlabel="step", ylabel="loss")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False)


def draw(
    original: trimesh.Trimesh,
    learned: trimesh.Trimesh,
    runs: dict[str, sdf.Training],
    path: Path,
) -> None:
    figure = Figure(figsize=(13, 4.5), layout="constrained")
    draw_mesh(figure.add_subplot(1, 3, 1, projection="3d"), original, "The scan")
    draw_mesh(figure.add_subplot(1, 3, 2, projection="3d"), learned, "What the network learned")
    draw_losses(figure.add_subplot(1, 3, 3), runs)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def print_profile(name: str, model: nn.Module, batch: sdf.Batch, steps: int = 5) -> None:
    """Prints the operators that take most of a step, without the operators that they call."""
    step = sdf.training_step(copy.deepcopy(model))
    step(batch)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(steps):
            step(batch)
    operators = profiler.key_averages()
    total = sum(operator.self_cpu_time_total for operator in operators)
    print(f"\nWhere a step with {name} spends its time:")
    for operator in sorted(operators, key=lambda one: -one.self_cpu_time_total)[:7]:
        milliseconds = operator.self_cpu_time_total / steps / 1e3
        share = operator.self_cpu_time_total / total
        print(
            f"{milliseconds:9.1f} ms{share:5.0%}  {operator.key}, {operator.count // steps} times"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--batch", type=int, default=2048, help="points a step")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--resolution", type=int, default=96, help="of the grid, along each axis")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "sdf.png")
    arguments = parser.parse_args()

    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else the profiler prints its steps
    torch.manual_seed(arguments.seed)
    print(BEGINNING.format(steps=arguments.steps))
    mesh = sdf.load_mesh()
    print(f"The Stanford bunny: {len(mesh.vertices):,} vertices, {len(mesh.faces):,} triangles.")
    expected = sdf.SDF(lambda: nn.Softplus(beta=100), arguments.width)
    ours = copy.deepcopy(expected)
    swapped = fused_softplus.replace_softplus(ours, inplace=True)
    print(f"replace_softplus(model, inplace=True) changed {swapped} nn.Softplus(beta=100) modules.")

    # On some CPUs, log1p in nn.Softplus is many times slower until it has been called with -0.0.
    torch.log1p(torch.full((64,), -0.0))
    models = {"nn.Softplus": expected, "fused_softplus, in place": ours}
    data = sdf.batches(mesh, arguments.batch, arguments.seed)
    runs = sdf.train(models, data, arguments.steps)

    learned = sdf.largest_part(sdf.surface(ours, arguments.resolution))
    draw(mesh, learned, runs, arguments.output)
    print(f"\n{'':26}{'first loss':>12}{'last losses':>13}{'time a step':>14}")
    for name, run in runs.items():
        last = statistics.mean(run.losses[-AVERAGED:])
        step = 1e3 * statistics.median(run.seconds)
        print(f"{name:26}{run.losses[0]:12.4f}{last:13.4f}{step:11.1f} ms")
    for name, model in models.items():
        print_profile(name, model, next(data))
    pairs = zip(*(run.seconds for run in runs.values()), strict=True)
    ratio = statistics.median(theirs / own for theirs, own in pairs)
    away = distances(learned, mesh)
    print(END.format(ratio=ratio, away=away.mean() / 1.8, picture=arguments.output))
    if away.mean() > 2 * 2 / (arguments.resolution - 1):
        sys.exit("demo failed: the surface is not the bunny's, by two cells of the grid")


if __name__ == "__main__":
    main()
