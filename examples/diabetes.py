"""A use of softplus: predicting the progression of diabetes with its uncertainty.

The network predicts a mean and a variance for each patient (heteroscedastic regression). Softplus
is its activation, and also makes the predicted variance positive.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from tqdm import tqdm


class Regressor(nn.Module):
    """Predicts the mean and the variance of a normal distribution for each row."""

    def __init__(self, features: int = 10, width: int = 64) -> None:
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Linear(features, width), nn.Softplus(), nn.Linear(width, width), nn.Softplus()
        )
        self.mean = nn.Linear(width, 1)
        self.variance = nn.Sequential(nn.Linear(width, 1), nn.Softplus())

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.hidden(features)
        # The floor keeps one well-predicted row from dominating the likelihood.
        return self.mean(hidden).squeeze(-1), self.variance(hidden).squeeze(-1) + 1e-3


@dataclass
class Training:
    """The results of one training run."""

    model: nn.Module
    losses: list[float] = field(default_factory=list)  # one per step
    seconds: list[float] = field(default_factory=list)  # one per step


def load_data() -> tuple[TensorDataset, TensorDataset]:
    """Returns the standardized diabetes data of scikit-learn, 442 patients: training, held out."""
    rows = [torch.from_numpy(a).float() for a in load_diabetes(return_X_y=True, scaled=False)]
    train, test = train_test_split(range(len(rows[0])), test_size=0.25, random_state=0)
    standard = [(a - a[train].mean(0)) / a[train].std(0) for a in rows]
    return TensorDataset(*(a[train] for a in standard)), TensorDataset(*(a[test] for a in standard))


def train(models: Mapping[str, nn.Module], data: TensorDataset, epochs: int) -> dict[str, Training]:
    """Trains the models in turns on the same batches, so that noise affects their times equally."""
    runs = {name: Training(model) for name, model in models.items()}
    optimizers = {
        name: torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
        for name, model in models.items()
    }
    batches = DataLoader(data, batch_size=32, shuffle=True, drop_last=True)
    for _ in tqdm(range(epochs), desc="training", unit="epoch", disable=None):
        for features, target in batches:
            for name, run in runs.items():
                start = time.perf_counter()
                loss = train_step(run.model, optimizers[name], features, target)
                run.seconds.append(time.perf_counter() - start)
                run.losses.append(loss)
    return runs


def train_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, features: Tensor, target: Tensor
) -> float:
    optimizer.zero_grad()
    mean, variance = model(features)
    loss = negative_log_likelihood(mean, variance, target)
    loss.backward()
    optimizer.step()
    return loss.item()


def negative_log_likelihood(mean: Tensor, variance: Tensor, target: Tensor) -> Tensor:
    return F.gaussian_nll_loss(mean, target, variance, full=True)


@torch.no_grad()
def coverage(model: nn.Module, data: TensorDataset, nominal: float) -> float:
    """Returns the share of targets inside their central `nominal` prediction interval."""
    features, target = data.tensors
    mean, variance = model(features)
    half_width = torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor((1 + nominal) / 2))
    return ((target - mean).abs() <= half_width * variance.sqrt()).float().mean().item()
