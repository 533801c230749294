"""The elementwise operators of csrc/dispatch/operators.h, read from their registered schemas."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

import fused_softplus  # noqa: F401 (it loads the operators)


class Operator(NamedTuple):
    """An operator of ``tensors`` tensors, beta and perhaps threshold."""

    op: Any
    tensors: int
    takes_threshold: bool

    def __call__(self, *arguments: Any) -> Any:
        """Calls it with its tensors, or one for all of them, beta and threshold."""
        *tensors, beta, threshold = arguments
        tensors = tensors * self.tensors if len(tensors) == 1 else tensors
        return self.op(*tensors, *((beta, threshold) if self.takes_threshold else (beta,)))


def _operators() -> dict[str, Operator]:
    found = {}
    for qualified in sorted(torch._C._dispatch_get_all_op_names()):
        namespace, _, name = qualified.partition("::")
        schema = torch._C._get_schema(*qualified.partition(".")[::2])
        if namespace == "fused_softplus" and not (
            name.startswith("_") or schema.is_mutable or schema.overload_name
        ):
            names = [argument.name for argument in schema.arguments]
            op = getattr(torch.ops.fused_softplus, name).default
            found[name] = Operator(op, names.index("beta"), "threshold" in names)
    return found


OPERATORS = _operators()


def operands(operator: Operator, *sizes: tuple[int, int], grad: bool = False) -> tuple[Any, ...]:
    """Matrices of these sizes in turn, every second one transposed, and numbers.

    They are positive, as results of softplus are.
    """
    matrices: list[Tensor] = []
    for i in range(operator.tensors):
        rows, columns = sizes[i % len(sizes)]
        matrix = torch.rand(columns, rows).t() if i % 2 else torch.rand(rows, columns)
        matrices.append(matrix.requires_grad_(grad))
    return (*matrices, 2.5, 1) if operator.takes_threshold else (*matrices, 2.5)
