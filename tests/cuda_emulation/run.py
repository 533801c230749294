"""Runs pytest where torch.cuda is a device that device.py emulates."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cuda_emulation import parts


def run(ptx: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Tests a copy of the Python package with the emulated library. The name of the file with the
    PTX is that of the architecture: sm_90.ptx."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "fused_softplus"
        without_library = shutil.ignore_patterns("lib", "__pycache__")
        shutil.copytree(parts.ROOT / "python" / package.name, package, ignore=without_library)
        (package / "lib").mkdir()
        shutil.copyfile(parts.LIBRARY, package / "lib" / parts.LIBRARY.name)
        environment = {
            **os.environ,
            "EMULATED_PTX": str(ptx),
            "LD_PRELOAD": str(parts.DEVICES),
            "PYTHONPATH": folder,
        }
        command = (
            *(sys.executable, "-m", "pytest", "-p", "tests.cuda_emulation.device"),
            *("-p", "no:cacheprovider", "--no-header", *arguments),
        )
        return subprocess.run(
            command,
            cwd=parts.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
