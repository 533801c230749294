"""Loads the operator library, so that torch.ops.fused_softplus exists."""

import os
import struct
from pathlib import Path

import torch

from . import _build

_PACKAGE = Path(__file__).resolve().parent


def library_path() -> str:
    """Path of the operator library, for torch.ops.load_library without this package."""
    return str(_PACKAGE / "lib" / "libfused_softplus.so")


def cmake_prefix_path() -> str:
    """What to add to CMAKE_PREFIX_PATH for find_package(FusedSoftplus)."""
    return str(_PACKAGE)


_INSTALL = "pip install --no-build-isolation --force-reinstall --no-deps fused_softplus"


def _load() -> None:
    # C++ interfaces change with every release of torch; an undefined symbol would say so less well.
    running, built = (
        ".".join(version.split(".")[:2]) for version in (torch.__version__, _build.torch_version)
    )
    if running != built or (_build.cuda and not torch.version.cuda):
        raise ImportError(
            f"this fused_softplus was built for torch {built}{' with CUDA' if _build.cuda else ''},"
            f" but torch {torch.__version__}{'' if torch.version.cuda else ' without CUDA'} is "
            f"installed; build it again with: {_INSTALL} (or install that torch)"
        )
    path = library_path()
    try:
        _check_length(path)
        torch.ops.load_library(path)
    except OSError as error:
        raise ImportError(
            f"fused_softplus's operator library cannot be loaded ({error.__cause__ or error}); "
            f"install it again with: {_INSTALL}"
        ) from None


def _check_length(path: str) -> None:
    """Refuses a file that ends early, which the loader would crash on."""
    with open(path, "rb") as library:
        header = library.read(64).ljust(64)
    # The table of sections is an ELF file's end: its offset, and its entries' size and number.
    (offset,), (size, count) = (
        struct.unpack_from("Q", header, 40),
        struct.unpack_from("HH", header, 58),
    )
    if os.path.getsize(path) < offset + size * count:
        raise OSError(f"{path}: file too short")


_load()
