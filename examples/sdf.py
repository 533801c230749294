"""A shape as the zero level set of a network, which learns a signed distance from a scan.

Implicit geometric regularization (Gropp et al. 2020, arXiv:2002.10099): on the surface, the network
is zero and its gradient is the normal. Everywhere, its gradient has length 1. The loss contains
that gradient, so every step differentiates twice through the activation, which must be smooth:
softplus with beta = 100.
"""

import importlib.util
import itertools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import trimesh
from skimage import measure
from torch import Tensor, nn
from tqdm import tqdm

EIKONAL, NORMAL = 0.1, 1.0  # the weights of the losses; that of the distance is 1
LEARNING_RATE = 1e-3
RADIUS = 0.5  # of the sphere that a network starts from

Activation = Callable[[], nn.Module]
Differentiate = Callable[[nn.Module, Tensor], tuple[Tensor, Tensor]]


class SDF(nn.Module):
    """Maps points (n, 3) to signed distances (n, 1), by linear layers and the activation.

    The middle layer gets the point as an additional input. The initial weights approximate the
    distance to a sphere (Atzmon and Lipman 2020, arXiv:1911.10414).
    """

    def __init__(self, activation: Activation, width: int = 256, depth: int = 8) -> None:
        super().__init__()
        self.first = self._hidden([3, *[width] * (depth // 2 - 1), width - 3], activation)
        self.second = self._hidden([width] * (depth - depth // 2 + 1), activation)
        self.last = nn.Linear(width, 1)
        nn.init.normal_(self.last.weight, math.sqrt(math.pi / width), 1e-4)
        nn.init.constant_(self.last.bias, -RADIUS)

    @staticmethod
    def _hidden(sizes: list[int], activation: Activation) -> nn.Sequential:
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            linear = nn.Linear(before, after)
            nn.init.normal_(linear.weight, 0, math.sqrt(2 / after))
            nn.init.zeros_(linear.bias)
            layers += [linear, activation()]
        return nn.Sequential(*layers)

    def forward(self, points: Tensor) -> Tensor:
        joined = torch.cat([self.first(points), points], -1) / math.sqrt(2)
        distance: Tensor = self.last(self.second(joined))
        return distance


@dataclass(frozen=True)
class Batch:
    points: Tensor  # (n, 3): the first half is on the surface, the others around it
    normals: Tensor  # (n / 2, 3), of those on the surface


@dataclass
class Training:
    """The results of one training run."""

    model: nn.Module
    losses: list[float] = field(default_factory=list)  # one per step
    seconds: list[float] = field(default_factory=list)  # one per step


def load_mesh() -> trimesh.Trimesh:
    """Returns the Stanford bunny (Stanford Computer Graphics Laboratory, 1994) in [-0.9, 0.9]^3.

    The scan is a file of the package pymeshfix, which is not used otherwise."""
    package = importlib.util.find_spec("pymeshfix")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("the bunny lies in the package pymeshfix: pip install pymeshfix")
    mesh = trimesh.load_mesh(Path(package.origin).parent / "examples" / "StanfordBunny.ply")
    mesh.apply_translation(-mesh.bounds.mean(0))
    mesh.apply_scale(1.8 / mesh.extents.max())
    return mesh


def batches(mesh: trimesh.Trimesh, size: int, seed: int) -> Iterator[Batch]:
    """Yields points on the surface, then as many around it, half of them close. Does not end."""
    rng = np.random.default_rng(seed)
    half = size // 2
    while True:
        on, faces = trimesh.sample.sample_surface(mesh, half, seed=rng)
        close = on[: half // 2] + rng.normal(0, 0.1, (half // 2, 3))
        anywhere = rng.uniform(-1, 1, (half - half // 2, 3))
        points = np.concatenate([on, close, anywhere])
        yield Batch(tensor(points), tensor(mesh.face_normals[faces]))


def tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(array, dtype=np.float32))


def by_autograd(model: nn.Module, points: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the distances and their gradient, which can be differentiated again."""
    points = points.clone().requires_grad_()
    distances = model(points)
    (gradients,) = torch.autograd.grad(distances.sum(), points, create_graph=True)
    return distances, gradients


def by_func(model: nn.Module, points: Tensor) -> tuple[Tensor, Tensor]:
    """The same for torch.compile, which cannot differentiate the result of autograd.grad."""

    def summed(points: Tensor) -> tuple[Tensor, Tensor]:
        distances = model(points)
        return distances.sum(), distances

    gradients, distances = torch.func.grad(summed, has_aux=True)(points)
    return distances, gradients


def loss_of(model: nn.Module, batch: Batch, differentiate: Differentiate = by_autograd) -> Tensor:
    distances, gradients = differentiate(model, batch.points)
    half = len(batch.normals)
    loss: Tensor = (
        distances[:half].abs().mean()
        + NORMAL * (gradients[:half] - batch.normals).norm(dim=-1).mean()
        + EIKONAL * (gradients.norm(dim=-1) - 1).square().mean()
    )
    return loss


def training_step(
    model: nn.Module, loss_of: Callable[[nn.Module, Batch], Tensor] = loss_of
) -> Callable[[Batch], float]:
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)

    def step(batch: Batch) -> float:
        optimizer.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def train(
    models: Mapping[str, nn.Module], data: Iterator[Batch], steps: int
) -> dict[str, Training]:
    """Trains the models in turns on the same batches, so that noise affects their times equally."""
    runs = {name: Training(model) for name, model in models.items()}
    step = {name: training_step(model) for name, model in models.items()}
    for _ in tqdm(range(steps), desc="training", unit="step", disable=None):
        batch = next(data)
        for name, run in runs.items():
            start = time.perf_counter()
            loss = step[name](batch)
            run.seconds.append(time.perf_counter() - start)
            run.losses.append(loss)
    return runs


@torch.no_grad()
def surface(model: nn.Module, resolution: int) -> trimesh.Trimesh:
    """Returns the surface on which the model is zero, from its values on a grid over [-1, 1]^3."""
    axis = torch.linspace(-1, 1, resolution)
    slices = [
        model(torch.cartesian_prod(x[None], axis, axis)).view(resolution, resolution)
        for x in tqdm(axis, desc="surface", unit="slice", disable=None, leave=False)
    ]
    step = [2 / (resolution - 1)] * 3
    vertices, faces, *_ = measure.marching_cubes(torch.stack(slices).numpy(), 0, spacing=step)
    return trimesh.Trimesh(vertices - 1, faces)


def largest_part(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """Returns the largest connected part. Others are artifacts where there are no data."""
    return max(mesh.split(only_watertight=False), key=lambda part: part.area)
