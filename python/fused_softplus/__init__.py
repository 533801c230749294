"""Softplus for PyTorch as one fused operator, a drop-in for nn.Softplus."""

# First, since it loads the operators, or says why they cannot be loaded.
from ._library import cmake_prefix_path, library_path

# isort: split
from . import _decompositions, _sharding
from ._version import __version__
from .functional import (
    inverse_softplus,
    shifted_softplus,
    shifted_softplus_,
    softplus,
    softplus_,
)
from .modules import ShiftedSoftplus, Softplus, replace_softplus, restore_softplus
from .override import disable, enable, enabled, is_enabled

_decompositions.register()
_sharding.register()

__all__ = [
    "ShiftedSoftplus",
    "Softplus",
    "__version__",
    "cmake_prefix_path",
    "disable",
    "enable",
    "enabled",
    "inverse_softplus",
    "is_enabled",
    "library_path",
    "replace_softplus",
    "restore_softplus",
    "shifted_softplus",
    "shifted_softplus_",
    "softplus",
    "softplus_",
]
