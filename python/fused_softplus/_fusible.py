"""A decomposition of softplus that Inductor fuses with neighboring operators on CUDA."""

import torch
import torch.nn.functional as F
from torch import Tensor


def fusible(
    input: Tensor, beta: float, threshold: float, bias: Tensor | None = None, bias_dim: int = -1
) -> bool:
    """Returns whether torch.compile should trace the decomposition instead of the operator.

    It should only on CUDA, where a separate kernel costs a pass over memory. torch.export keeps the
    operator, except with strict=True. Arguments for which the operator raises an error are left to
    the operator.
    """
    return (
        torch.compiler.is_dynamo_compiling()
        and input.is_cuda
        and input.is_floating_point()
        and 1e-30 <= abs(beta) <= 1e30
        and threshold == threshold
        and (bias is None or _fits(bias, input, bias_dim))
    )


def in_plain_operators(
    input: Tensor, beta: float, threshold: float, bias: Tensor | None = None, bias_dim: int = -1
) -> Tensor:
    """Computes softplus from logsigmoid, which does not overflow and whose gradient is correct."""
    input = _autocast(input)
    if bias is not None:
        after = input.dim() - 1 - bias_dim % input.dim()
        input = input + _autocast(bias).view(-1, *[1] * after)
    scaled = input * beta
    return torch.where(scaled > threshold, input, F.logsigmoid(-scaled) / -beta)


def _fits(bias: Tensor, input: Tensor, dim: int) -> bool:
    return (
        bias.device == input.device
        and _autocast(bias).dtype == _autocast(input).dtype
        and -input.dim() <= dim < input.dim()
        and (bias.dim() == 0 or bias.shape == (input.shape[dim],))
    )


def _autocast(tensor: Tensor) -> Tensor:
    """Casts a tensor to float32 as autocast does for softplus."""
    half = tensor.dtype in (torch.float16, torch.bfloat16)
    return tensor.float() if half and torch.is_autocast_enabled("cuda") else tensor
