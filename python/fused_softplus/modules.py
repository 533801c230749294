"""Softplus as a module, and its way into existing models and out of them again."""

import copy
import warnings
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from .functional import softplus, softplus_


class Softplus(nn.Softplus):
    """:class:`torch.nn.Softplus`, computed by this package's operator.

    Args:
        beta, threshold: as :func:`fused_softplus.softplus` takes them.
        inplace: overwrite the input, as ``nn.ReLU(inplace=True)`` does; see
            :func:`fused_softplus.softplus_` for what backward then keeps.

    Shape: any, and the same for the output.

    Example::

        nn.Sequential(nn.Linear(4, 3), Softplus(beta=100, inplace=True), nn.Linear(3, 1))
    """

    __constants__ = ["beta", "threshold", "inplace"]  # noqa: RUF012 (nn.Module declares a list)
    inplace: bool = False

    def __init__(self, beta: float = 1.0, threshold: float = 20.0, inplace: bool = False) -> None:
        super().__init__(beta, threshold)
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.inplace:
            return softplus_(input, self.beta, self.threshold)
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return nn.Softplus.extra_repr(self) + (", inplace=True" if self.inplace else "")


def replace_softplus(model: nn.Module, inplace: bool = False) -> int:
    """Lets this package compute every ``nn.Softplus`` in ``model``, and returns how many.

    A replaced module is still an ``nn.Softplus``: its class, its place in the model, its hooks and
    its attributes are what they were, so that tools which look modules up by their class go on
    finding it. Only its ``forward`` is another one, which reads ``beta``, ``threshold`` and
    ``inplace`` from the module at each call. :func:`restore_softplus` takes that back.

    The model gets copies of its ``nn.Softplus`` modules, one for all places in which it holds the
    same one, and the hooks of a copy are those of the original. Another model that shares the
    original, and a variable that holds it, keep the original, which does not change. Two kinds of
    modules are changed themselves: ``model``, if it is an ``nn.Softplus``, and a module that
    ``fully_shard`` was applied to, which torch finds by its identity.

    A module counts as an ``nn.Softplus`` if its class inherits ``forward`` from there. Subclasses
    with a ``forward`` of their own are left as they are, since they may compute something else.

    Args:
        model: any module that is not scripted.
        inplace: whether the replaced modules overwrite their input. This is right only where
            nothing else reads that input. In a parametrization, whose input is the parameter
            itself, replaced modules never do.

    Raises:
        TypeError: ``model`` is scripted or traced, so its code is fixed; replace before scripting.

    Warns:
        UserWarning: ``model`` holds no ``nn.Softplus``, and none that was replaced before.

    The file of a pickled model names this package, which has to be there to load it;
    :func:`restore_softplus` before saving avoids that. ``copy.copy`` of a replaced module goes on
    reading the attributes of the module that it was made from; ``copy.deepcopy`` does not.

    Example::

        replace_softplus(model)  # 2
        model[1]  # Softplus(beta=1.0, threshold=20.0)
        type(model[1])  # <class 'torch.nn.modules.activation.Softplus'>
    """
    _refuse_scripted(model, "replace")
    parametrizations = [m for m in model.modules() if isinstance(m, ParametrizationList)]
    read_again = {module for outer in parametrizations for module in outer.modules()}

    def fuse(module: nn.Module, original: nn.Module) -> None:
        view: Any = _View(module)
        module.__dict__.update(
            inplace=inplace and original not in read_again,
            forward=view.forward,
            extra_repr=view.extra_repr,
        )

    count = _change(model, _is_plain, fuse)
    if count == 0 and not any(map(_is_ours, model.modules())):
        warnings.warn(
            "replace_softplus: nothing was replaced. Of the "
            f"{len(list(model.modules()))} modules of {type(model).__name__}, none has the forward "
            "of torch.nn.Softplus. Where the model calls torch.nn.functional.softplus, write "
            "fused_softplus.softplus in its place.",
            stacklevel=2,
        )
    return count


def restore_softplus(model: nn.Module) -> int:
    """Turns every module of this package in ``model`` into a plain ``nn.Softplus`` again.

    These are the modules that :func:`replace_softplus` replaced, and those of class
    :class:`Softplus`. Afterwards the model needs this package no more: it can be pickled for people
    who do not have it. ``inplace`` is lost, since ``nn.Softplus`` has no such thing.

    As in :func:`replace_softplus`, the model gets copies, with the same hooks, and only ``model``
    itself and modules that ``fully_shard`` was applied to are changed themselves. Subclasses of
    :class:`Softplus` are left as they are.

    Args:
        model: any module that is not scripted.

    Returns:
        How many modules were turned back.

    Raises:
        TypeError: ``model`` is scripted or traced, so its code is fixed; restore before scripting.

    Example::

        restore_softplus(model)  # 2
        torch.save(model, "model.pt")
    """
    _refuse_scripted(model, "restore")

    def restore(module: nn.Module, _: nn.Module) -> None:
        if _is_explicit(module):
            module.__class__ = nn.Softplus
        for name in ("inplace", "forward", "extra_repr"):
            module.__dict__.pop(name, None)

    return _change(model, lambda module: _is_explicit(module) or _is_replaced(module), restore)


class _View:
    """A module's attributes under the methods of :class:`Softplus`.

    A replaced module has the bound methods of one of these as attributes. They are pickled and
    copied together with the view and its module, whereas bound methods of the module itself would
    come back as those of its class. The view has no attributes of its own: both share one
    dictionary, which makes a replaced module as fast as a :class:`Softplus`, and TorchScript can
    compile ``forward`` with the module for ``self``. Files of pickled models name this class, so
    its name and its place stay what they are.
    """

    __slots__ = ("__dict__", "_module")

    forward = Softplus.forward
    extra_repr = Softplus.extra_repr

    def __init__(self, module: nn.Module) -> None:
        self.__dict__ = module.__dict__
        self._module = module

    def __reduce__(self) -> tuple[type["_View"], tuple[nn.Module]]:
        return _View, (self._module,)


def _is_plain(module: nn.Module) -> bool:
    return type(module).forward is nn.Softplus.forward and "forward" not in module.__dict__


def _is_explicit(module: nn.Module) -> bool:
    return type(module) is Softplus


def _is_replaced(module: nn.Module) -> bool:
    forward = module.__dict__.get("forward")
    return isinstance(forward, MethodType) and isinstance(forward.__self__, _View)


def _is_ours(module: nn.Module) -> bool:
    return isinstance(module, Softplus) or _is_replaced(module)


def _refuse_scripted(model: nn.Module, verb: str) -> None:
    if any(isinstance(module, torch.jit.ScriptModule) for module in model.modules()):
        raise TypeError(
            f"model: scripted or traced code cannot be changed; {verb} before scripting"
        )


def _change(
    model: nn.Module,
    is_wanted: Callable[[nn.Module], bool],
    change: Callable[[nn.Module, nn.Module], None],
) -> int:
    """Puts a changed copy in the place of each wanted module, and returns how many there were.

    ``change`` gets the copy and the original.
    """
    modules = list(model.modules())
    changed = {module: _twin(module) for module in modules if is_wanted(module)}
    if model in changed:
        changed[model] = model
    for original, twin in changed.items():
        change(twin, original)
    for holder in modules:
        for name, module in holder._modules.items():
            if module in changed:
                holder._modules[name] = changed[module]
    return len(changed)


def _twin(module: nn.Module) -> nn.Module:
    twin = copy.copy(module)
    # Classes made by fully_shard give copies of the class that they were made from. Torch finds
    # their modules by identity, so there is no copying those.
    return twin if type(twin) is type(module) else module
