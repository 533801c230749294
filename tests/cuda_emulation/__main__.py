"""Runs the tests of the CUDA kernels without a GPU.

python -m tests.cuda_emulation [OPTION OF PYTEST ...]
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cuda_emulation import parts


def run(ptx: Path) -> "subprocess.CompletedProcess[str]":
    """Tests a copy of the Python package with the emulated library."""
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
            *("-p", "no:cacheprovider", "--no-header", "tests/test_cuda.py"),
            *("tests/cuda_emulation/launches.py", *sys.argv[1:]),
        )
        return subprocess.run(
            command,
            cwd=parts.ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def main() -> int:
    modules = parts.modules()
    if not modules:
        print("The CUDA kernels are not emulated: CMake has said why.")
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(run, modules))
    for one in done:
        print(one.stdout)
    return max((one.returncode for one in done), default=0)


if __name__ == "__main__":
    sys.exit(main())
