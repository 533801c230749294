"""What is timed: ours, its peers, and yardsticks that compute next to nothing.

A method named after an operation prepares it for the tensors given and returns what is then called
again and again; a class without that method has no such operation.

    forward          writes to a given output
    backward         the kernel alone
    call             the Python function, which allocates its output
    both             call, and backward through autograd
    double_backward  backward of backward, through autograd
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import fused_softplus
from benchmarks import kit
from tests.tools import reference

# Tensors that an operation reads or writes once each.
OPERANDS = {"forward": 2, "call": 2, "backward": 3, "both": 5, "double_backward": 5}


class Peer:
    name: str
    dtypes: tuple[str, ...] = kit.DTYPES
    is_softplus = True


class Eager(Peer):
    """Operators called one by one, with autograd."""

    softplus: Callable[[Tensor], Tensor]
    operators: Any

    def forward(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(self.operators.softplus.out, x, 1, 20, out=torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> kit.Run:
        return partial(self.operators.softplus_backward.default, grad, x, 1, 20)

    def call(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(self.softplus, x)

    def both(self, x: Tensor, grad: Tensor) -> kit.Run:
        return with_autograd(self.softplus, x, grad)

    def double_backward(self, x: Tensor, grad: Tensor) -> kit.Run:
        leaf, weight = x.clone().requires_grad_(), grad.clone().requires_grad_()
        first = torch.autograd.grad(self.softplus(leaf), leaf, weight, create_graph=True)
        ones = torch.ones_like(x)
        return lambda: torch.autograd.grad(first, (weight, leaf), ones, retain_graph=True)


def with_autograd(softplus: Callable[[Tensor], Tensor], x: Tensor, grad: Tensor) -> kit.Run:
    leaf = x.clone().requires_grad_()
    return lambda: torch.autograd.grad(softplus(leaf), leaf, grad)


class Ours(Eager):
    name = "ours"
    softplus = staticmethod(fused_softplus.softplus)
    operators = torch.ops.fused_softplus


class Aten(Eager):
    name = "F.softplus"
    softplus = staticmethod(F.softplus)
    operators = torch.ops.aten


class Compiled(Peer):
    """Inductor's kernels, compiled once for all sizes."""

    name = "torch.compile"

    def __init__(self) -> None:
        compiled = partial(torch.compile, dynamic=True)
        self._softplus = compiled(lambda x: F.softplus(x))
        self._forward = compiled(lambda x, out: out.copy_(F.softplus(x)))
        self._backward = compiled(lambda x, grad: torch.ops.aten.softplus_backward(grad, x, 1, 20))

    def forward(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(self._forward, x, torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> kit.Run:
        return partial(self._backward, x, grad)

    def both(self, x: Tensor, grad: Tensor) -> kit.Run:
        return with_autograd(self._softplus, x, grad)


class Relu(Peer):
    """What torch.relu calls, which has no out= itself."""

    name = "ReLU"
    is_softplus = False

    def forward(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(torch.clamp_min, x, 0, out=torch.empty_like(x))


class Copy(Peer):
    name = "copy_"
    is_softplus = False

    def forward(self, x: Tensor, _: Tensor) -> kit.Run:
        return partial(torch.empty_like(x).copy_, x)

    backward = both = double_backward = forward


def runs(peers: Sequence[Peer], operation: str, x: Tensor, grad: Tensor) -> dict[str, kit.Run]:
    """By name, the operation of every peer that has it: warmed, and its results checked."""
    special = x.clone()  # as long as x, since Inductor decides by the length how to use threads
    special[: len(kit.SPECIAL)] = kit.SPECIAL[: len(x)]
    found = {}
    for peer in peers:
        prepare = getattr(peer, operation, None)
        if prepare and str(x.dtype).removeprefix("torch.") in peer.dtypes:
            prepare(special, torch.ones_like(special))()
            found[peer.name] = run = prepare(x, grad)
            if peer.is_softplus:
                check(peer.name, operation, run(), x, grad)
    return found


def check(name: str, operation: str, result: Any, x: Tensor, grad: Tensor) -> None:
    """Against the tests' reference on a part of the elements: ours closely, a peer only for being
    the same function. accuracy.py measures how accurate each one is."""
    some = slice(None, None, max(1, len(x) >> (9 if x.dtype == torch.float64 else 14)))
    x, weight = x[some].cpu(), reference.numbers(grad[some])
    value, slope, curvature = (
        formula(x, 1.0) for formula in (reference.softplus, reference.slope, reference.curvature)
    )
    expected = {
        "forward": [value],
        "call": [value],
        "backward": [slope * weight],
        "both": [slope * weight],
        "double_backward": [slope, curvature * weight],
    }[operation]
    eps = torch.finfo(x.dtype).eps
    relative, absolute = (2 * eps, 0) if name == "ours" else (32 * eps, 4 * eps)
    results = result if isinstance(result, tuple) else (result,)
    for found, right in zip(results, expected, strict=True):
        error = abs(reference.numbers(found[some]) - right)
        limit = relative * abs(right) + absolute + 2 * torch.finfo(x.dtype).smallest_normal * eps
        assert (error <= limit).all(), f"{name} gets {operation} wrong in {x.dtype}"
