"""Loads the operator library, so that torch.ops.fused_softplus exists."""

import os
import struct
from pathlib import Path

import torch

from . import _build

_PACKAGE = Path(__file__).resolve().parent


def library_path() -> str:
    """Returns the path of the operator library.

    ``torch.ops.load_library`` loads it without this package.

    Example::

        >>> import fused_softplus
        >>> fused_softplus.library_path()
        '.../fused_softplus/lib/libfused_softplus.so'
    """
    return str(_PACKAGE / "lib" / "libfused_softplus.so")


def cmake_prefix_path() -> str:
    """Returns the path to add to CMAKE_PREFIX_PATH for find_package(FusedSoftplus).

    Example::

        >>> import fused_softplus
        >>> fused_softplus.cmake_prefix_path()
        '.../fused_softplus'
    """
    return str(_PACKAGE)


_REBUILD = (
    "to build it again, run this in a clone of its repository: "
    "pip install --no-build-isolation --force-reinstall --no-deps ."
)


def _load() -> None:
    # The C++ interfaces of PyTorch change with every release. Without this check, the loader would
    # report an undefined symbol.
    running, built = (
        ".".join(version.split(".")[:2]) for version in (torch.__version__, _build.torch_version)
    )
    if running != built or (_build.cuda and not torch.version.cuda):
        raise ImportError(
            f"this fused_softplus was built for torch {built}{' with CUDA' if _build.cuda else ''},"
            f" but torch {torch.__version__}{'' if torch.version.cuda else ' without CUDA'} is "
            f"installed; {_REBUILD} (or install the torch that it was built for)"
        )
    path = library_path()
    try:
        _check_length(path)
        torch.ops.load_library(path)
    except OSError as error:
        raise ImportError(
            f"cannot load the operator library of fused_softplus ({error.__cause__ or error}); "
            f"{_REBUILD}"
        ) from None


def _check_length(path: str) -> None:
    """Raises OSError if the file is truncated, because the loader would crash."""
    with open(path, "rb") as library:
        header = library.read(64).ljust(64)
    # An ELF file ends with its section table. The header gives its offset, entry size and length.
    (offset,), (size, count) = (
        struct.unpack_from("Q", header, 40),
        struct.unpack_from("HH", header, 58),
    )
    if os.path.getsize(path) < offset + size * count:
        raise OSError(f"{path}: file too short")


_load()
