"""Loads the operator library, so that torch.ops.fused_softplus exists."""

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


def _load() -> None:
    # C++ interfaces change with every release of torch; an undefined symbol would say so less well.
    running, built = (
        ".".join(version.split(".")[:2]) for version in (torch.__version__, _build.torch_version)
    )
    if running != built or (_build.cuda and not torch.version.cuda):
        raise ImportError(
            f"this fused_softplus was built for torch {built}{' with CUDA' if _build.cuda else ''},"
            f" but torch {torch.__version__}{'' if torch.version.cuda else ' without CUDA'} is "
            "installed; build it again with: pip install --no-build-isolation "
            "--force-reinstall --no-deps fused_softplus (or install that torch)"
        )
    torch.ops.load_library(library_path())


_load()
