"""What a training step of a SchNet-style network takes with F.softplus and with ours.

    make bench-schnet                           # or: python -m benchmarks.schnet_step --help

SchNet (Schütt et al. 2017, arXiv:1706.08566) learns the energy of a molecule from its atoms. Its
activation is the shifted softplus ln(0.5 exp(x) + 0.5). The loss contains the forces, which are the
negative gradient of the energy, so that every step differentiates twice.

The batch is the G2/97 set in the package ase: 148 molecules, their experimental atomisation
energies, and their equilibrium geometries, where all forces are zero. "Forward" computes the
energies alone; "kept" is what it saves for backward, without the parameters.
"""

import argparse
import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from ase import Atoms, units
from ase.data import g2
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks import kit, training
from fused_softplus import ShiftedSoftplus, enabled

ENERGY, FORCES = 0.01, 1.0  # the weights of the losses, the paper's
LEARNING_RATE = 1e-3
RADII = torch.arange(0, 6, 0.1)  # Å, of the basis; no two atoms of a molecule are further apart
GAMMA = 10.0  # 1/Å², the width of the basis
ELEMENTS = 18  # up to argon
INTERACTIONS = 3

DATA: dict[str, Any] = g2.data


class ByHand(nn.Module):
    """Shifted softplus as SchNet's implementations write it."""

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x) - math.log(2)


ENABLED = "F.softplus - log(2), enable()"
ACTIVATIONS: dict[str, training.Activation] = {
    "F.softplus - log(2)": ByHand,
    ENABLED: ByHand,
    "ours": ShiftedSoftplus,
    "ours, in place": partial(ShiftedSoftplus, inplace=True),
}


@dataclass(frozen=True)
class Batch:
    """Molecules, one after the other. A pair is two atoms of one molecule, in either order."""

    numbers: Tensor  # (atoms,)
    positions: Tensor  # (atoms, 3), Å
    owners: Tensor  # (atoms,): which molecule
    to: Tensor  # (pairs,): the atom that receives a message
    by: Tensor  # (pairs,): the atom that sends it
    energies: Tensor  # (molecules,), eV, relative to free atoms


class Interaction(nn.Module):
    """A continuous-filter convolution between layers that act on each atom."""

    def __init__(self, width: int, activation: training.Activation) -> None:
        super().__init__()
        self.filter = nn.Sequential(
            *(nn.Linear(len(RADII), width), activation()),
            *(nn.Linear(width, width), activation()),
        )
        self.before = nn.Linear(width, width)
        self.after = nn.Sequential(nn.Linear(width, width), activation(), nn.Linear(width, width))

    def forward(self, atoms: Tensor, basis: Tensor, batch: Batch) -> Tensor:
        messages = self.before(atoms)[batch.by] * self.filter(basis)
        result: Tensor = self.after(torch.zeros_like(atoms).index_add(0, batch.to, messages))
        return result


class SchNet(nn.Module):
    """The energy of each molecule of a batch, at these positions of the atoms."""

    def __init__(self, activation: training.Activation, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(ELEMENTS, width)
        self.interactions = nn.ModuleList(
            Interaction(width, activation) for _ in range(INTERACTIONS)
        )
        self.energy = nn.Sequential(
            nn.Linear(width, width // 2), activation(), nn.Linear(width // 2, 1)
        )

    def forward(self, batch: Batch, positions: Tensor) -> Tensor:
        distances = (positions[batch.to] - positions[batch.by]).norm(dim=-1, keepdim=True)
        basis = torch.exp(-GAMMA * (distances - RADII).square())
        atoms = self.embedding(batch.numbers)
        for interaction in self.interactions:
            atoms = atoms + interaction(atoms, basis, batch)
        energies = self.energy(atoms)[:, 0]
        return torch.zeros_like(batch.energies).index_add(0, batch.owners, energies)


def atomisation_energy(name: str) -> float:
    """eV, from the heats of formation. ase's own function has only the first of G2's two parts."""
    whole, parts = DATA[name], [DATA[symbol] for symbol in molecule(name).symbols]
    of_parts = sum(part["enthalpy"] - part["thermal correction"] for part in parts)
    of_whole = whole["enthalpy"] - whole["ZPE"] - whole["thermal correction"]
    return (of_parts - of_whole) * units.kcal / units.mol


def molecule(name: str) -> Atoms:
    return Atoms(DATA[name]["symbols"], DATA[name]["positions"])


def load_batch(molecules: int | None) -> Batch:
    names = g2.molecule_names[:molecules]
    found = [molecule(name) for name in names]
    owners = torch.repeat_interleave(torch.tensor([len(atoms) for atoms in found]))
    paired = (owners[:, None] == owners) & ~torch.eye(len(owners), dtype=torch.bool)
    to, by = paired.nonzero(as_tuple=True)
    return Batch(
        torch.from_numpy(np.concatenate([atoms.numbers for atoms in found])),
        torch.from_numpy(np.concatenate([atoms.positions for atoms in found])).float(),
        *(owners, to, by),
        torch.tensor([-atomisation_energy(name) for name in names]),
    )


def training_step(model: nn.Module, batch: Batch) -> training.Step:
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    positions = batch.positions.clone().requires_grad_()

    def step() -> float:
        optimizer.zero_grad()
        energies = model(batch, positions)
        (slopes,) = torch.autograd.grad(energies.sum(), positions, create_graph=True)
        loss = (
            ENERGY * (energies - batch.energies).square().mean()
            + FORCES * slopes.square().sum(-1).mean()
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def measure(width: int, batch: Batch, options: argparse.Namespace) -> list[kit.Row]:
    models = training.models(ACTIVATIONS, partial(SchNet, width=width))
    models[ENABLED].forward = enabled()(models[ENABLED].forward)
    step = {name: training_step(model, batch) for name, model in models.items()}
    training.check_same(step)
    inputs = batch, batch.positions
    return training.rows(
        {"width": width},
        training.forward(models, inputs, options),
        training.times("step", training.seconds(step, options)),
        training.kept(models, inputs),
    )


def main() -> None:
    parser = kit.parser(__doc__, rounds=21, threads=2)
    parser.add_argument("--widths", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--molecules", type=int, help="all, unless given")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batch = load_batch(options.molecules)
    rows = [row for width in options.widths for row in measure(width, batch, options)]
    kit.publish("schnet-step", rows, options)


if __name__ == "__main__":
    main()
