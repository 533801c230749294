"""Writes the golden files anew: python tests/golden/write.py. Do so only where a change that older
files cannot be read after is meant; test_faults.py holds later versions to what is here."""

import io
import json
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn

from fused_softplus import Softplus, inverse_softplus, replace_softplus, softplus

HERE = Path(__file__).parent


class Model(nn.Module):
    """Every operator that models are saved with, and parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.5, -2.0, 3.0], dtype=torch.float64))
        self.first = Softplus(2, 15)
        self.last = Softplus(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = softplus(self.first(x * self.weight), 0.5, bias=self.weight, bias_dim=1)
        return self.last(inverse_softplus(y) - 1)


def inputs() -> Tensor:
    return torch.linspace(-12, 12, 15, dtype=torch.float64).view(5, 3)


if __name__ == "__main__":
    model = Model()
    torch.jit.script(model).save(str(HERE / "model.pt"))
    torch.export.save(torch.export.export(model, (inputs(),)), HERE / "model.pt2")
    # The package's own module alone: a class of this file would not be found again.
    modules = io.BytesIO()
    pickle.dump(nn.Sequential(model.first, model.last), modules)
    (HERE / "modules.pickle").write_bytes(modules.getvalue())
    replaced = nn.Sequential(nn.Softplus(2, 15), nn.Softplus())
    replace_softplus(replaced, inplace=True)
    (HERE / "replaced.pickle").write_bytes(pickle.dumps(replaced))
    values = {
        "torch": [int(part) for part in torch.__version__.split(".")[:2]],
        "model": model(inputs()).tolist(),
        "modules": nn.Sequential(model.first, model.last)(inputs()).tolist(),
        "replaced": replaced(inputs()).tolist(),
    }
    (HERE / "values.json").write_text(json.dumps(values, indent=1) + "\n")
