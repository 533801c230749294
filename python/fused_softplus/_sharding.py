"""How DTensor shards the operators: registered when torch.distributed.tensor is imported, if ever.

That import takes longer than ours should, and DTensor has no other place for an operator to say so.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch

_DTENSOR = "torch.distributed.tensor"


class _OnImport(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _DTENSOR:
            return None
        sys.meta_path.remove(self)
        spec: Any = find_spec(fullname)
        load = spec.loader.exec_module

        def load_and_register(module: ModuleType) -> None:
            load(module)
            _register()

        spec.loader.exec_module = load_and_register
        return spec


def register_when_imported() -> None:
    if _DTENSOR in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _OnImport())


def _register() -> None:
    from torch.distributed.tensor.experimental import register_sharding

    ops = torch.ops.fused_softplus
    for op in (
        ops.softplus.default,
        ops.softplus_.default,
        ops.softplus_backward.default,
        ops.softplus_backward_from_result.default,
        ops.softplus_double_backward.default,
        ops.softplus_double_backward_from_result.default,
        ops.softplus_bias.default,
        ops.softplus_bias_backward.default,
        ops.softplus_bias_double_backward.default,
        ops.inverse_softplus.default,
    ):
        register_sharding(op)(_Pointwise(outputs=len(op._schema.returns)))


class _Pointwise:
    """Sharded or not, in any dimension, as long as all that is not broadcast is sharded alike."""

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs

    def __call__(self, *arguments: Any) -> list[tuple[list[Any], list[Any]]]:
        from torch.distributed.tensor import Replicate, Shard

        shape = torch.broadcast_shapes(*(a.shape for a in arguments if hasattr(a, "shape")))

        def placement(argument: Any, dim: int) -> Any:
            if not hasattr(argument, "shape"):
                return None
            own = dim - len(shape) + len(argument.shape)
            broadcast = own < 0 or argument.shape[own] != shape[dim]
            return Replicate() if broadcast else Shard(own)

        nowhere = [Replicate() if hasattr(a, "shape") else None for a in arguments]
        return [([Replicate()] * self.outputs, nowhere)] + [
            ([Shard(dim)] * self.outputs, [placement(a, dim) for a in arguments])
            for dim in range(len(shape))
        ]
