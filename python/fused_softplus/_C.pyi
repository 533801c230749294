from types import ModuleType

from torch import Tensor
from torch.types import Number

def softplus(input: Tensor, beta: Tensor | Number = 1, threshold: Number = 20) -> Tensor: ...
def softplus_with_options(
    input: Tensor,
    beta: Number = 1,
    threshold: Number = 20,
    *,
    bias: Tensor | Number | None = None,
    bias_dim: int = -1,
    floor: Number | None = None,
    out: Tensor | None = None,
) -> Tensor: ...
def softplus_(input: Tensor, beta: Number = 1, threshold: Number = 20) -> Tensor: ...
def inverse_softplus(
    input: Tensor, beta: Tensor | Number = 1, threshold: Number = 20
) -> Tensor: ...
def inverse_softplus_with_floor(
    input: Tensor, beta: Number = 1, threshold: Number = 20, *, floor: Number
) -> Tensor: ...
def shifted_softplus(input: Tensor, beta: Number = 1, threshold: Number = 20) -> Tensor: ...
def shifted_softplus_(input: Tensor, beta: Number = 1, threshold: Number = 20) -> Tensor: ...
def cpu_capability() -> str: ...

decompositions: ModuleType
