"""Compiles a model that uses the operators with AOTInductor, and lets a C++ program run it.

    compile_and_run.py RUN_PACKAGE

RUN_PACKAGE is what run_package.cpp is compiled to.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from fused_softplus import softplus, softplus_


class Model(nn.Module):
    """Has every operator, and no product of matrices, which would only round differently."""

    def forward(self, x: Tensor) -> Tensor:
        return softplus_(softplus(x, 0.3) - 1, beta=-2, threshold=1)


def main(program: str) -> int:
    model = Model()
    x = torch.linspace(-20, 100, 120).view(-1, 3)
    exported = torch.export.export(model, (x,), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
    with tempfile.TemporaryDirectory() as folder:
        package, data = str(Path(folder, "model.pt2")), Path(folder, "data.pt")
        torch._inductor.aoti_compile_and_package(exported, package_path=package)
        torch.save([(rows, model(rows)) for rows in (x, x[:7], x.flip(0)[:1])], data)
        return subprocess.run([program, package, str(data)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
