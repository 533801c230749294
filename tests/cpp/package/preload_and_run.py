"""Lets a C++ program run a TorchScript model with this project's kernels, without changing either.

    preload_and_run.py RUN_SCRIPT

RUN_SCRIPT is what run_script.cpp is compiled to. The model is saved by a process that does not have
this package.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

import fused_softplus

SAVE = """
import sys, torch
from torch import nn
model = nn.Sequential(nn.Softplus(100), nn.Softplus(beta=3, threshold=5))
torch.jit.save(torch.jit.script(model), sys.argv[1])
"""


def write_data(model: str, data: Path) -> None:
    x = torch.linspace(-20, 100, 1201, requires_grad=True)
    y = torch.jit.load(model)(x)
    (grad,) = torch.autograd.grad(y.sum(), x)
    torch.save((x.detach(), y.detach(), grad), data)


def main(program: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        model, plain, ours = (str(Path(folder, name)) for name in ("model.pt", "plain", "ours"))
        subprocess.run([sys.executable, "-c", SAVE, model], check=True)
        write_data(model, Path(plain))
        with fused_softplus.enabled():
            write_data(model, Path(ours))

        def is_equal(data: str, **variables: str) -> bool:
            command = [program, model, data]
            environment = {**os.environ, "LD_LIBRARY_PATH": libtorch, **variables}
            return subprocess.run(command, env=environment).returncode == 0

        libtorch = str(Path(torch.__file__).parent / "lib")
        library = fused_softplus.library_path()
        return (
            is_equal(plain)
            and is_equal(plain, LD_PRELOAD=library)
            and is_equal(ours, LD_PRELOAD=library, FUSED_SOFTPLUS_ENABLE="1")
            and not is_equal(plain, LD_PRELOAD=library, FUSED_SOFTPLUS_ENABLE="1")
        )


if __name__ == "__main__":
    sys.exit(not main(sys.argv[1]))
