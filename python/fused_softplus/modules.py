"""The modules, and functions that put Softplus into existing models and take it out again."""

import copy
import warnings
from collections.abc import Callable
from types import MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList

from .functional import shifted_softplus, shifted_softplus_, softplus, softplus_


class Softplus(nn.Softplus):
    r"""Applies :func:`fused_softplus.softplus` to each element.

    .. math::
        \text{Softplus}(x) = \frac{1}{\beta} \log(1 + \exp(\beta x))

    The result is the input itself where :math:`\beta x > \text{threshold}`. The class inherits from
    :class:`torch.nn.Softplus` and has the same arguments, and ``inplace`` in addition.

    Args:
        beta (float or Tensor): see :func:`fused_softplus.softplus`. An ``nn.Parameter`` becomes a
            parameter of the module. A tensor cannot be combined with ``inplace``.
        threshold (float): see :func:`fused_softplus.softplus`.
        inplace (bool): whether to overwrite the input, as ``nn.ReLU(inplace=True)`` does.
            :func:`fused_softplus.softplus_` says what is then saved for the backward pass.

    Shape:
        - Input: :math:`(*)`, any number of dimensions; float32, float64, float16 or bfloat16
        - Output: :math:`(*)`, the same shape and dtype as the input

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: when the module is called, as
            :func:`fused_softplus.softplus` and :func:`fused_softplus.softplus_`.

    Accuracy:
        The error bounds are those of :func:`fused_softplus.softplus` and, with ``inplace``, of
        :func:`fused_softplus.softplus_`.

    Example::

        >>> import torch
        >>> from torch import nn
        >>> from fused_softplus import Softplus
        >>> Softplus(beta=2)(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([0.0635, 0.3466, 1.0635])
        >>> nn.Sequential(nn.Linear(4, 3), Softplus(beta=100, inplace=True))
        Sequential(
          (0): Linear(in_features=4, out_features=3, bias=True)
          (1): Softplus(beta=100, threshold=20.0, inplace=True)
        )
    """

    __constants__ = ["beta", "threshold", "inplace"]  # noqa: RUF012 (nn.Module declares a list)
    inplace: bool = False

    def __init__(
        self, beta: float | Tensor = 1.0, threshold: float = 20.0, inplace: bool = False
    ) -> None:
        super().__init__(beta, threshold)  # type: ignore[arg-type]
        self.inplace = inplace
        if isinstance(beta, Tensor):
            self.__constants__ = ["threshold", "inplace"]

    def forward(self, input: Tensor) -> Tensor:
        if self.inplace:
            return softplus_(input, self.beta, self.threshold)
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return nn.Softplus.extra_repr(self) + (", inplace=True" if self.inplace else "")


class ShiftedSoftplus(nn.Module):
    r"""Applies :func:`fused_softplus.shifted_softplus` to each element.

    .. math::
        \text{ShiftedSoftplus}(x) = \frac{1}{\beta} \log(1 + \exp(\beta x)) - \frac{\log 2}{\beta}

    Args:
        beta (float): see :func:`fused_softplus.shifted_softplus`.
        threshold (float): see :func:`fused_softplus.softplus`.
        inplace (bool): whether to overwrite the input, as ``nn.ReLU(inplace=True)`` does.
            :func:`fused_softplus.shifted_softplus_` says what is then saved for the backward pass.

    Shape:
        - Input: :math:`(*)`, any number of dimensions; float32, float64, float16 or bfloat16
        - Output: :math:`(*)`, the same shape and dtype as the input

    Raises:
        TypeError, ValueError, NotImplementedError, RuntimeError: when the module is called, as
            :func:`fused_softplus.shifted_softplus` and :func:`fused_softplus.shifted_softplus_`.

    Accuracy:
        The error bounds are those of :func:`fused_softplus.shifted_softplus` and, with ``inplace``,
        of :func:`fused_softplus.shifted_softplus_`.

    Example::

        >>> import torch
        >>> from fused_softplus import ShiftedSoftplus
        >>> ShiftedSoftplus()(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.3799,  0.0000,  0.6201])
    """

    __constants__ = ["beta", "threshold", "inplace"]  # noqa: RUF012 (nn.Module declares a list)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0, inplace: bool = False) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        if self.inplace:
            return shifted_softplus_(input, self.beta, self.threshold)
        return shifted_softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        numbers = f"beta={self.beta}, threshold={self.threshold}"
        return numbers + (", inplace=True" if self.inplace else "")


def replace_softplus(model: nn.Module, inplace: bool = False) -> int:
    """Makes every ``nn.Softplus`` in ``model`` call this package, and returns how many there were.

    A replaced module is still an ``nn.Softplus``. Its class, its place in the model, its hooks and
    its attributes do not change, so tools that look modules up by their class still find it. Only
    its ``forward`` is replaced, by one that reads ``beta``, ``threshold`` and ``inplace`` from the
    module in each call. :func:`restore_softplus` undoes this.

    The model gets copies of its ``nn.Softplus`` modules. A module that the model contains several
    times is copied once, and a copy keeps the hooks of the original. The originals do not change,
    so other models that share them, and variables that refer to them, are not affected. There are
    two exceptions, which are changed in place: ``model`` itself if it is an ``nn.Softplus``, and
    modules that ``fully_shard`` was applied to, because PyTorch identifies those by their id.

    Subclasses of ``nn.Softplus`` are replaced if they inherit its ``forward``. Subclasses with a
    ``forward`` of their own are left alone, since they may compute something else.

    Args:
        model (nn.Module): any module that is not scripted.
        inplace (bool): whether the replaced modules overwrite their input. Set this only if nothing
            else reads those inputs. In a parametrization the input is the parameter itself, so
            modules in parametrizations never overwrite it.

    Returns:
        The number of modules that were replaced.

    Raises:
        TypeError: ``model`` is scripted or traced. Replace the modules before scripting.

    Warns:
        UserWarning: ``model`` contains no ``nn.Softplus``, and none that was replaced before.

    Note:
        The file of a pickled model refers to this package and cannot be loaded without it, unless
        you call :func:`restore_softplus` before you save the model. ``copy.copy`` of a replaced
        module reads the attributes of the module that it was copied from; ``copy.deepcopy`` does
        not.

    Example::

        >>> from torch import nn
        >>> from fused_softplus import replace_softplus
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Softplus(beta=100), nn.Linear(3, 1))
        >>> replace_softplus(model, inplace=True)
        1
        >>> model[1]
        Softplus(beta=100, threshold=20.0, inplace=True)
        >>> type(model[1])
        <class 'torch.nn.modules.activation.Softplus'>
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
    :class:`Softplus`. The model then no longer needs this package: others can load its pickled file
    without it. ``inplace`` is lost, because ``nn.Softplus`` has no such argument.

    As in :func:`replace_softplus`, the model gets copies with the same hooks; only ``model`` itself
    and modules that ``fully_shard`` was applied to are changed in place. Subclasses of
    :class:`Softplus` are left alone.

    Args:
        model (nn.Module): any module that is not scripted.

    Returns:
        The number of modules that were restored.

    Raises:
        TypeError: ``model`` is scripted or traced. Restore the modules before scripting.

    Example::

        >>> from torch import nn
        >>> from fused_softplus import Softplus, restore_softplus
        >>> model = nn.Sequential(nn.Linear(4, 3), Softplus(inplace=True))
        >>> restore_softplus(model)
        1
        >>> model[1]
        Softplus(beta=1.0, threshold=20.0)
    """
    _refuse_scripted(model, "restore")

    def restore(module: nn.Module, _: nn.Module) -> None:
        if _is_explicit(module):
            module.__class__ = nn.Softplus
        for name in ("inplace", "forward", "extra_repr"):
            module.__dict__.pop(name, None)

    return _change(model, lambda module: _is_explicit(module) or _is_replaced(module), restore)


class _View:
    """The methods of :class:`Softplus`, applied to another module.

    The attributes ``forward`` and ``extra_repr`` of a replaced module are bound methods of a view
    of it. Pickling and copying keep them together with the view and its module; bound methods of
    the module itself would be replaced by those of its class. The view has no attributes of its
    own: it shares the module's dictionary. A replaced module is therefore as fast as a
    :class:`Softplus`, and TorchScript can compile ``forward`` with the module as ``self``. Files of
    pickled models refer to this class by its name and module, so neither may change.
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
    """Replaces each wanted module by a changed copy, and returns how many there were.

    ``change`` is called with the copy and the original.
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
    # Copies of a module whose class was made by fully_shard have the class from before. PyTorch
    # identifies such modules by their id, so they are not copied.
    return twin if type(twin) is type(module) else module
