"""What a training step with selective state spaces takes with F.softplus and with ours.

    make bench-mamba                            # or: python benchmarks/mamba_step.py --help

Mamba (Gu and Dao 2023, arXiv:2312.00752) takes the size of each step in time from the input, as
softplus(dt + bias), which ours does in one pass: two blocks, which read scikit-learn's handwritten
digits pixel by pixel. The scan over time is a loop in plain PyTorch, and next to it softplus is
little: "softplus" is its forward and backward alone, of all blocks, and "of the step" its share.
"Kept" is what a plain forward pass saves for backward, without the parameters.
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from statistics import median

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn

import fused_softplus
import steps

BLOCKS = 2
STATE = 16  # numbers that each channel remembers
KERNEL = 4  # pixels that the convolution sees
LEARNING_RATE = 1e-3

BiasedSoftplus = Callable[[Tensor, Tensor], Tensor]

VARIANTS: dict[str, BiasedSoftplus] = {
    "F.softplus": lambda dt, bias: F.softplus(dt + bias),
    "ours": lambda dt, bias: fused_softplus.softplus(dt, bias=bias),
}


def scan(decay: Tensor, drive: Tensor) -> Tensor:
    """The states h[t] = decay[t] * h[t - 1] + drive[t], with time in dimension 1."""
    state = torch.zeros_like(drive[:, 0])
    states = []
    for keep, add in zip(decay.unbind(1), drive.unbind(1), strict=True):
        state = torch.addcmul(add, keep, state)
        states.append(state)
    return torch.stack(states, 1)


class Mamba(nn.Module):
    """(batch, time, width) to the same shape; inside, twice as wide."""

    def __init__(self, softplus: BiasedSoftplus, width: int) -> None:
        super().__init__()
        self.softplus = softplus
        self.inner, self.rank = 2 * width, math.ceil(width / 16)
        self.into = nn.Linear(width, 2 * self.inner, bias=False)
        self.convolution = nn.Conv1d(
            self.inner, self.inner, KERNEL, padding=KERNEL - 1, groups=self.inner
        )
        self.select = nn.Linear(self.inner, self.rank + 2 * STATE, bias=False)
        self.dt = nn.Linear(self.rank, self.inner, bias=False)
        steps = torch.empty(self.inner).uniform_(math.log(1e-3), math.log(1e-1)).exp()
        self.dt_bias = nn.Parameter(fused_softplus.inverse_softplus(steps))
        self.log_rates = nn.Parameter(torch.arange(1.0, STATE + 1).log().repeat(self.inner, 1))
        self.skip = nn.Parameter(torch.ones(self.inner))
        self.out = nn.Linear(self.inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        values, gate = self.into(x).chunk(2, -1)
        values = F.silu(self.convolution(values.mT)[..., : x.shape[1]].mT)
        low_rank, write, read = self.select(values).split([self.rank, STATE, STATE], -1)
        dt = self.softplus(self.dt(low_rank), self.dt_bias)
        decay = torch.exp(-dt[..., None] * self.log_rates.exp())
        states = scan(decay, (dt * values)[..., None] * write[..., None, :])
        read_out = (states @ read[..., None])[..., 0] + self.skip * values
        result: Tensor = self.out(read_out * F.silu(gate))
        return result


class Residual(nn.Module):
    def __init__(self, block: nn.Module, width: int) -> None:
        super().__init__()
        self.norm, self.block = nn.RMSNorm(width), block

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.block(self.norm(x))
        return result


class Classifier(nn.Module):
    """Of sequences (batch, time, 1), by the mean over time."""

    def __init__(self, softplus: BiasedSoftplus, width: int) -> None:
        super().__init__()
        blocks = (Residual(Mamba(softplus, width), width) for _ in range(BLOCKS))
        self.blocks = nn.Sequential(nn.Linear(1, width), *blocks, nn.RMSNorm(width))
        self.classes = nn.Linear(width, 10)

    def forward(self, sequences: Tensor) -> Tensor:
        result: Tensor = self.classes(self.blocks(sequences).mean(1))
        return result


def training_step(model: nn.Module, sequences: Tensor, classes: Tensor) -> steps.Step:
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)

    def step() -> float:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(sequences), classes)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def softplus_alone(softplus: BiasedSoftplus, dt: Tensor, bias: Tensor) -> steps.Run:
    """Forward and backward, as often as there are blocks."""
    grad = torch.ones_like(dt)

    def run() -> None:
        for _ in range(BLOCKS):
            torch.autograd.grad(softplus(dt, bias), (dt, bias), grad)

    return run


def measure(
    width: int, sequences: Tensor, classes: Tensor, options: argparse.Namespace
) -> list[steps.Row]:
    models = steps.models(VARIANTS, partial(Classifier, width=width))
    step = {name: training_step(model, sequences, classes) for name, model in models.items()}
    steps.check_same(step)
    dt = torch.randn(*sequences.shape[:2], 2 * width, requires_grad=True)
    bias = torch.randn(2 * width, requires_grad=True)
    alone = steps.seconds(
        {name: softplus_alone(softplus, dt, bias) for name, softplus in VARIANTS.items()}, options
    )
    training = steps.seconds(step, options)
    return steps.rows(
        {"width": width},
        steps.forward(models, [sequences], options),
        steps.times("step", training),
        steps.times("softplus", alone),
        {
            name: {"of the step, %": 100 * median(alone[name]) / median(training[name])}
            for name in VARIANTS
        },
        steps.kept(models, [sequences]),
    )


def main() -> None:
    parser = steps.parser(__doc__, rounds=21)
    parser.add_argument("--widths", type=int, nargs="+", default=[32, 64])
    parser.add_argument("--batch", type=int, default=64, help="digits")
    options = parser.parse_args()
    digits = load_digits()
    sequences = torch.from_numpy(digits.data[: options.batch, :, None]).float() / 16
    classes = torch.from_numpy(digits.target[: options.batch])
    one = partial(measure, sequences=sequences, classes=classes, options=options)
    steps.run("mamba-step", options.widths, one, options)


if __name__ == "__main__":
    main()
