"""softplus in torch's own operators, which Inductor fuses with what stands before and after it."""

import torch
import torch.nn.functional as F
from torch import Tensor


def fusible(
    input: Tensor, beta: float, threshold: float, bias: Tensor | None = None, bias_dim: int = -1
) -> bool:
    """Whether torch.compile should see these operators rather than ours.

    Only on CUDA, where a kernel of its own costs a pass over memory. Not in a program that
    torch.export makes (strict=True aside), and not where the operator has an error to raise.
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
    """Never overflows, and has the right gradient everywhere, as logsigmoid has."""
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
    """What autocast does to softplus's tensors."""
    half = tensor.dtype in (torch.float16, torch.bfloat16)
    return tensor.float() if half and torch.is_autocast_enabled("cuda") else tensor
