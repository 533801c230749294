"""softplus in torch's own operators, which Inductor fuses with what stands before and after it."""

import torch
import torch.nn.functional as F
from torch import Tensor


def fusible(input: Tensor, beta: float, threshold: float) -> bool:
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
    )


def in_plain_operators(input: Tensor, beta: float, threshold: float) -> Tensor:
    """Never overflows, and has the right gradient everywhere, as logsigmoid has."""
    if torch.is_autocast_enabled("cuda") and input.dtype != torch.float64:
        input = input.float()  # what autocast does to softplus
    scaled = input * beta
    return torch.where(scaled > threshold, input, F.logsigmoid(-scaled) / -beta)
