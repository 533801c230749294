"""Sharding strategies of the operators for DTensor.

Importing torch.distributed.tensor takes a third as long as importing torch, so this package does
not import it. Before DTensor looks up the sharding strategy of an operator, it runs the operator on
fake tensors to infer the shape of the result. A rule for fake tensors is therefore called early
enough to register the strategy.
"""

import functools
import sys
from typing import Any

import torch
from torch._subclasses import FakeTensorMode

from ._decompositions import decompositions

ops = torch.ops.fused_softplus

# All operators except the overloads that are composed of others.
OPERATORS: tuple[Any, ...] = (
    *decompositions,
    ops.softplus.out,
    ops.softplus_.default,
    ops.shifted_softplus_.default,
)


def register() -> None:
    """Makes DTensor learn the sharding strategies when it first runs one of the operators."""
    for op in OPERATORS:
        torch.library.register_torch_dispatch(op.name(), FakeTensorMode, _run_on_fake_tensors)


def _run_on_fake_tensors(mode: Any, op: Any, types: Any, args: Any, kwargs: Any) -> Any:
    if "torch.distributed.tensor" in sys.modules:
        _register_with_dtensor()
    return mode.__torch_dispatch__(op, types, args, kwargs)


@functools.cache
def _register_with_dtensor() -> None:
    from torch.distributed.tensor import DTensor
    from torch.distributed.tensor._op_schema import RuntimeSchemaInfo
    from torch.distributed.tensor.experimental import register_sharding

    propagator: Any = DTensor._op_dispatcher.sharding_propagator
    for op in OPERATORS:
        register_sharding(op)(_Pointwise(outputs=len(op._schema.returns)))
        out = [argument.name for argument in op._schema.arguments if argument.is_out]
        if out:  # register_sharding does not make out= part of the key of DTensor's cache
            schema = RuntimeSchemaInfo(static_kwargkey=out, needs_pytree=True)
            propagator.op_to_schema_info[op] = schema


class _Pointwise:
    """Lists the placements of a pointwise operator.

    All tensors are replicated, or all are sharded in one dimension. In that dimension, tensors that
    are broadcast are replicated.
    """

    def __init__(self, outputs: int) -> None:
        self.outputs = outputs

    def __call__(self, *args: Any, **out: Any) -> list[tuple[list[Any], list[Any]]]:
        from torch.distributed.tensor import Replicate, Shard

        arguments = [*args, *out.values()]
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
