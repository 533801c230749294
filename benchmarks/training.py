"""What the benchmarks of models share: activations, equal weights, time and memory."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from typing import TypeVar

import torch
from torch import Tensor, nn

import fused_softplus
from benchmarks import kit

SAMPLE = 0.05  # seconds that one variant is timed for in a round, or one run where that is longer

Activation = Callable[[], nn.Module]
Step = Callable[[], Tensor | float]  # returns its loss
Columns = Mapping[str, kit.Row]  # by variant
Kind = TypeVar("Kind")

RELU: dict[str, Activation] = {"ReLU": nn.ReLU, "ReLU, in place": lambda: nn.ReLU(inplace=True)}


def softplus(beta: float = 1.0) -> dict[str, Activation]:
    return {
        "nn.Softplus": lambda: nn.Softplus(beta),
        "ours": lambda: fused_softplus.Softplus(beta),
        "ours, in place": lambda: fused_softplus.Softplus(beta, inplace=True),
    }


def models(variants: Mapping[str, Kind], make: Callable[[Kind], nn.Module]) -> dict[str, nn.Module]:
    """One for each variant, all with the same weights."""
    made = {}
    for name, variant in variants.items():
        torch.manual_seed(0)
        made[name] = make(variant)
    return made


def check_same(steps: Mapping[str, Step]) -> None:
    """The losses of three steps agree. A loss is a mean over many numbers, so that rounding changes
    it by an epsilon or two."""
    losses = {name: torch.tensor([float(step()) for _ in range(3)]) for name, step in steps.items()}
    (first, expected), *others = losses.items()
    for name, found in others:
        torch.testing.assert_close(
            found,
            expected,
            rtol=32 * torch.finfo(torch.float32).eps,
            atol=0,
            msg=partial("{} learns something else than {}: {}".format, name, first),
        )


def seconds(runs: Mapping[str, kit.Run], options: argparse.Namespace) -> kit.Samples:
    timers = {name: kit.timer(run, SAMPLE, options.threads) for name, run in runs.items()}
    return kit.in_turns(timers, options.rounds)


def times(what: str, samples: kit.Samples) -> Columns:
    """The time of each variant, and how many times as fast as the first it is."""
    first, *_ = samples.values()
    return {
        name: {f"{what}, ms": 1e3 * median(own), f"{what}, times as fast": kit.ratio(first, own)}
        for name, own in samples.items()
    }


def forward(
    models: Mapping[str, nn.Module], inputs: Sequence[object], options: argparse.Namespace
) -> Columns:
    with torch.no_grad():
        runs = {name: partial(model, *inputs) for name, model in models.items()}
        return times("forward", seconds(runs, options))


def kept(models: Mapping[str, nn.Module], inputs: Sequence[object]) -> Columns:
    return {
        name: {"kept, MiB": kept_bytes(model, *inputs) / 2**20} for name, model in models.items()
    }


def kept_bytes(model: nn.Module, *inputs: object) -> int:
    """What a forward pass saves for backward: each storage once, without the parameters."""
    parameters = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    storages = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in parameters:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = model(*inputs)  # held until all is counted, so that no address is used twice
    del result
    return sum(storages.values())


def rows(case: kit.Row, *columns: Columns) -> list[kit.Row]:
    """One for each variant of the first columns."""
    found: dict[str, kit.Row] = {name: {**case, "variant": name} for name in columns[0]}
    for column in columns:
        for name, cells in column.items():
            found[name].update(cells)
    return list(found.values())
