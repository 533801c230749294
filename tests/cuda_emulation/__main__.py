"""Runs the tests of the CUDA kernels without a GPU.

    python -m tests.cuda_emulation [OPTION OR FILE OF PYTEST ...]

Without a file, those are launches.py and tests/test_cuda.py.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cuda_emulation import parts
from tests.cuda_emulation.run import run

USUAL = ("tests/cuda_emulation/launches.py", "tests/test_cuda.py")


def main() -> int:
    modules = parts.modules()
    if not modules:
        print("The CUDA kernels are not emulated: CMake has said why.")
    arguments = sys.argv[1:]
    files = () if any(Path(one.split("::")[0]).is_file() for one in arguments) else USUAL
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda ptx: run(ptx, *files, *arguments), modules))
    for one in done:
        print(one.stdout)
    return 1 if any(one.returncode for one in done) else 0


if __name__ == "__main__":
    sys.exit(main())
