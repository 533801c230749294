"""Softplus as a module, and its way into existing models."""

from typing import cast

import torch
from torch import Tensor, nn

from .functional import softplus, softplus_


class Softplus(nn.Softplus):
    """:class:`torch.nn.Softplus`, computed by this package's operator.

    Args:
        beta, threshold: as :func:`fused_softplus.softplus` takes them.
        inplace: overwrite the input, as ``nn.ReLU(inplace=True)`` does; see
            :func:`fused_softplus.softplus_` for what backward then keeps.

    Shape: any, and the same for the output.
    """

    __constants__ = ["beta", "threshold", "inplace"]  # noqa: RUF012 (nn.Module declares a list)
    inplace: bool

    def __init__(self, beta: float = 1.0, threshold: float = 20.0, inplace: bool = False) -> None:
        super().__init__(beta, threshold)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.inplace:
            return softplus_(input, self.beta, self.threshold)
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return super().extra_repr() + (", inplace=True" if self.inplace else "")


def replace_softplus(model: nn.Module, inplace: bool = False) -> int:
    """Turns every ``nn.Softplus`` in ``model`` into a :class:`Softplus`, and returns how many.

    The modules stay the same objects, so that hooks, sharing, names and references to them hold;
    ``model`` may itself be an ``nn.Softplus``. Subclasses of ``nn.Softplus``, this package's among
    them, are left as they are, since they may compute something else.

    Args:
        model: any module that is not scripted.
        inplace: for the new modules. Only right where nothing else needs the activation's input.

    Raises:
        TypeError: ``model`` is scripted or traced, so its code is fixed; replace before scripting.
    """
    modules = list(model.modules())
    if any(isinstance(module, torch.jit.ScriptModule) for module in modules):
        raise TypeError(
            "model: scripted or traced code cannot be changed; replace before scripting"
        )
    swapped = [module for module in modules if type(module) is nn.Softplus]
    for module in swapped:
        module.__class__ = Softplus
        cast(Softplus, module).inplace = inplace
    return len(swapped)
