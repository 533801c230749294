"""What is timed on CUDA: peers.py's implementations, and a kernel as one writes it in Triton."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton.language.extra import libdevice

from peers import HALVES, Aten, Compiled, Copy, Ours, Peer, Relu, Run

BLOCK = 1024


@triton.jit  # type: ignore[untyped-decorator]
def forward_kernel(x_ptr, y_ptr, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n).to(tl.float32)
    y = tl.where(x > 20, x, libdevice.log1p(tl.exp(x)))
    tl.store(y_ptr + i, y.to(y_ptr.dtype.element_ty), mask=i < n)


@triton.jit  # type: ignore[untyped-decorator]
def backward_kernel(grad_ptr, x_ptr, out_ptr, n, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    i = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + i, mask=i < n).to(tl.float32)
    grad = tl.load(grad_ptr + i, mask=i < n).to(tl.float32)
    out = tl.where(x > 20, grad, grad * tl.sigmoid(x))
    tl.store(out_ptr + i, out.to(out_ptr.dtype.element_ty), mask=i < n)


def launch(kernel: Any, *tensors: Tensor) -> Tensor:
    """The last tensor, which is the output."""
    n = tensors[0].numel()
    kernel[(triton.cdiv(n, BLOCK),)](*tensors, n, BLOCK=BLOCK)
    return tensors[-1]


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return launch(forward_kernel, x, torch.empty_like(x))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return launch(backward_kernel, grad, x, torch.empty_like(x))


class Triton(Peer):
    name = "Triton"
    dtypes = ("float32", *HALVES)

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return partial(launch, forward_kernel, x, torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> Run:
        return partial(launch, backward_kernel, grad, x, torch.empty_like(x))

    def both(self, x: Tensor, grad: Tensor) -> Run:
        leaf = x.clone().requires_grad_()
        softplus: Callable[[Tensor], Tensor] = Softplus.apply
        return lambda: torch.autograd.grad(softplus(leaf), leaf, grad)


ALL: tuple[type[Peer], ...] = (Ours, Aten, Compiled, Triton, Relu, Copy)
