"""The functions that torch.compile traces in the place of those of _C.

Dynamo cannot trace into _C, but it can trace torch.ops. torch.ops accepts only Python numbers, so
these functions convert tensors and NumPy scalars to numbers. Anything else is passed to the
argument parser of _C, which raises an error that names the argument.
"""

from typing import Any

import torch
from torch import Tensor


def softplus(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    beta, threshold = _number(beta), _number(threshold)
    if not _are_numbers(beta, threshold):
        from ._in_graph import softplus

        return softplus(input, beta, threshold)
    return torch.ops.fused_softplus.softplus(input, beta, threshold)


def softplus_with_options(
    input: Tensor, beta: Any, threshold: Any, *, bias: Any, bias_dim: int, out: Tensor | None
) -> Tensor:
    beta, threshold = _number(beta), _number(threshold)
    if not _are_numbers(beta, threshold) or (bias is not None and out is not None):
        from ._in_graph import softplus_with_options

        return softplus_with_options(input, beta, threshold, bias=bias, bias_dim=bias_dim, out=out)
    if out is not None:
        return torch.ops.fused_softplus.softplus(input, beta, threshold, out=out)
    return torch.ops.fused_softplus.softplus(input, beta, threshold, bias=bias, bias_dim=bias_dim)


def softplus_(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    beta, threshold = _number(beta), _number(threshold)
    if not _are_numbers(beta, threshold) or isinstance(input, torch.nn.Parameter):
        from ._in_graph import softplus_

        return softplus_(input, beta, threshold)
    return torch.ops.fused_softplus.softplus_(input, beta, threshold)


def inverse_softplus(input: Tensor, beta: Any, threshold: Any) -> Tensor:
    beta, threshold = _number(beta), _number(threshold)
    if not _are_numbers(beta, threshold):
        from ._in_graph import inverse_softplus

        return inverse_softplus(input, beta, threshold)
    return torch.ops.fused_softplus.inverse_softplus(input, beta, threshold)


def _number(argument: Any) -> Any:
    """Converts a 0-D tensor or NumPy scalar to a number, unless its gradient would be lost."""
    is_scalar = not _are_numbers(argument) and getattr(argument, "ndim", None) == 0
    return argument.item() if is_scalar and not _requires_grad(argument) else argument


def _requires_grad(argument: Any) -> bool:
    return isinstance(argument, Tensor) and argument.requires_grad


def _are_numbers(*arguments: Any) -> bool:
    return all(isinstance(argument, int | float) for argument in arguments)
