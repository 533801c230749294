"""The functions that torch.compile traces in the place of those of _C.

Dynamo cannot trace into _C, but it can trace torch.ops. torch.ops accepts only Python numbers, so
these functions convert tensors and NumPy scalars to numbers. Anything else is passed to the
argument parser of _C, which raises an error that names the argument.
"""

from typing import Any

import torch
from torch import Tensor


def softplus(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    return _call("softplus", input, beta, threshold)


def softplus_with_options(
    input: Tensor,
    beta: Any,
    threshold: Any,
    *,
    bias: Any,
    bias_dim: int,
    floor: Any,
    out: Tensor | None,
) -> Tensor:
    beta, threshold, floor = _number(beta), _number(threshold), _number(floor)
    has_floor, has_out = floor is not None, out is not None
    if (
        not _are_numbers(beta, threshold, floor if has_floor else 0)
        or (has_out and has_floor)
        or (has_out and bias is not None)
    ):
        from ._in_graph import softplus_with_options

        return softplus_with_options(
            input, beta, threshold, bias=bias, bias_dim=bias_dim, floor=floor, out=out
        )
    op: Any = torch.ops.fused_softplus.softplus
    if has_out:
        return op(input, beta, threshold, out=out)
    if bias is None:
        return op(input, beta, threshold, floor=floor)
    result: Tensor = op(input, beta, threshold, bias=bias, bias_dim=bias_dim)
    return result + floor if has_floor else result


def softplus_(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    return _call("softplus_", input, beta, threshold)


def inverse_softplus(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    return _call("inverse_softplus", input, beta, threshold)


def inverse_softplus_with_floor(input: Tensor, beta: Any, threshold: Any, *, floor: Any) -> Tensor:
    beta, threshold, floor = _number(beta), _number(threshold), _number(floor)
    if not _are_numbers(beta, threshold, floor):
        from ._in_graph import inverse_softplus_with_floor

        return inverse_softplus_with_floor(input, beta, threshold, floor=floor)
    return torch.ops.fused_softplus.inverse_softplus(input, beta, threshold, floor=floor)


def shifted_softplus(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    return _call("shifted_softplus", input, beta, threshold)


def shifted_softplus_(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    return _call("shifted_softplus_", input, beta, threshold)


def _call(name: str, input: Tensor, beta: Any, threshold: Any) -> Tensor:
    beta, threshold = _number(beta), _number(threshold)
    op: Any = getattr(torch.ops.fused_softplus, name)
    takes_tensor = name in ("softplus", "inverse_softplus")
    if takes_tensor and isinstance(beta, Tensor) and _are_numbers(threshold):
        return op.tensor_beta(input, beta, threshold)
    is_written = name.endswith("_") and isinstance(input, torch.nn.Parameter)
    if is_written or not _are_numbers(beta, threshold):
        from . import _in_graph

        return getattr(_in_graph, name)(input, beta, threshold)
    return op(input, beta, threshold)


def _number(argument: Any) -> Any:
    """Converts a 0-D tensor or NumPy scalar to a number, unless its gradient would be lost."""
    is_scalar = not _are_numbers(argument) and getattr(argument, "ndim", None) == 0
    return argument.item() if is_scalar and not _requires_grad(argument) else argument


def _requires_grad(argument: Any) -> bool:
    return isinstance(argument, Tensor) and argument.requires_grad


def _are_numbers(*arguments: Any) -> bool:
    return all(isinstance(argument, int | float) for argument in arguments)
