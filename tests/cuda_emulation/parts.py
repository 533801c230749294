"""What CMake builds for the emulation (cmake/CudaEmulation.cmake)."""

import sys
from pathlib import Path

import torch

from fused_softplus import _build

ROOT = Path(__file__).resolve().parents[2]
_RELEASE = torch.__version__.split("+")[0]
FOLDER = ROOT / "build" / f"torch-{_RELEASE}-{sys.implementation.cache_tag}" / "cuda_emulation"
LIBRARY = FOLDER / "libfused_softplus.so"  # the operator library with runtime.cpp
DEVICES = FOLDER / "libemulated_devices.so"
ALU = FOLDER / "libemulated_alu.so"


def modules() -> list[Path]:
    """The PTX of the kernels, for some architectures. None if CMake did not build it: what an
    earlier build with the CUDA kernels has left is not that of this one."""
    return sorted(FOLDER.glob("*.ptx")) if _build.cuda else []
