"""enable(): aten::softplus computes with this package's kernels in the whole process."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

ops = torch.ops.fused_softplus


def enable() -> None:
    """Makes every softplus of PyTorch in this process compute with this package's kernels.

    From then on this holds for :func:`torch.nn.functional.softplus`, :class:`torch.nn.Softplus`,
    TorchScript models and C++ code, forward, backward and double backward, on the devices that have
    kernels. Modules stay what they are: only what ``aten::softplus`` computes changes. Calls nest:
    each :func:`disable` undoes one call.

    The environment variable ``FUSED_SOFTPLUS_ENABLE=1`` does the same when the operator library is
    loaded, and ``python -m fused_softplus SCRIPT`` runs a script with it.

    Everything else gets the kernels that it had before: other dtypes and layouts, subclasses of
    Tensor, dispatch modes, and numbers that :func:`fused_softplus.softplus` refuses. A program that
    is traced (torch.export, torch.compile, make_fx, ONNX) keeps ``aten.softplus``, so that it does
    not depend on this package.

    Do not call it while another thread calls softplus: PyTorch does not guard its table of kernels.

    Example::

        >>> import torch
        >>> import fused_softplus
        >>> x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
        >>> fused_softplus.enable()
        >>> torch.nn.functional.softplus(x)
        tensor([0.3133, 0.6931, 1.3133], grad_fn=<FusedSoftplusBackward>)
        >>> fused_softplus.disable()
        >>> torch.nn.functional.softplus(x)
        tensor([0.3133, 0.6931, 1.3133], grad_fn=<SoftplusBackward0>)
    """
    ops._enable()


def disable() -> None:
    """Undoes one call of :func:`enable`.

    Raises:
        RuntimeError: every call of :func:`enable` has been undone.

    Example::

        >>> import fused_softplus
        >>> fused_softplus.enable()
        >>> fused_softplus.disable()
        >>> fused_softplus.is_enabled()
        False
    """
    ops._disable()


def is_enabled() -> bool:
    """Returns whether :func:`enable` is in force. Any thread may ask at any time.

    Example::

        >>> import fused_softplus
        >>> fused_softplus.is_enabled()
        False
    """
    enabled: bool = ops._is_enabled()
    return enabled


@contextmanager
def enabled() -> Iterator[None]:
    """A context in which :func:`enable` is in force, in all threads.

    Example::

        >>> import torch
        >>> import fused_softplus
        >>> with fused_softplus.enabled():
        ...     y = torch.nn.Softplus(beta=100)(torch.zeros(2))
        >>> fused_softplus.is_enabled()
        False
    """
    enable()
    try:
        yield
    finally:
        disable()
