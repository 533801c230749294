"""Every implementation that is timed: ours, and its peers at their best.

A method named after an operation prepares it for the tensors given and returns what is then called
again and again; a class without that method has no such operation. Whoever can write to memory that
it is given does so. JAX and torch.compile's gradients cannot, and allocate.
"""

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.dlpack import from_dlpack

import fused_softplus

Run = Callable[[], Any]  # returns a tensor, or several, of any library that speaks DLPack
Prepare = Callable[[Tensor, Tensor], Run]  # given x and the gradient that comes in

HALVES = ("bfloat16", "float16")


class Peer:
    name: str
    packages: tuple[str, ...] = ("torch",)
    dtypes: tuple[str, ...] = ("float32", "float64", *HALVES)
    is_softplus = True  # or a yardstick that computes something else
    most_threads = 1000
    can_force = False  # obeys the variables that force an instruction set

    def __init__(self, threads: int) -> None:
        self.threads = threads

    @classmethod
    def absent(cls) -> list[str]:
        """What would have to be installed."""
        return [name for name in cls.packages if importlib.util.find_spec(name) is None]


class Eager(Peer):
    """Operators called one by one, with autograd."""

    can_force = True
    softplus: Callable[[Tensor], Tensor]
    forward_out: Callable[..., Tensor]
    backward_out: Callable[..., Tensor]

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return partial(self.forward_out, x, 1, 20, out=torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> Run:
        return partial(self.backward_out, grad, x, 1, 20, grad_input=torch.empty_like(x))

    def call(self, x: Tensor, _: Tensor) -> Run:
        return partial(self.softplus, x)

    def both(self, x: Tensor, grad: Tensor) -> Run:
        leaf, softplus = x.clone().requires_grad_(), self.softplus
        return lambda: torch.autograd.grad(softplus(leaf), leaf, grad)

    def double_backward(self, x: Tensor, grad: Tensor) -> Run:
        leaf, weight = x.clone().requires_grad_(), grad.clone().requires_grad_()
        first = torch.autograd.grad(self.softplus(leaf), leaf, weight, create_graph=True)
        ones = torch.ones_like(x)
        return lambda: torch.autograd.grad(first, (weight, leaf), ones, retain_graph=True)


class Ours(Eager):
    name = "ours"
    softplus = staticmethod(fused_softplus.softplus)
    forward_out = torch.ops.fused_softplus.softplus.out
    backward_out = torch.ops.fused_softplus.softplus_backward.grad_input


class Aten(Eager):
    name = "F.softplus"
    softplus = staticmethod(F.softplus)
    forward_out = torch.ops.aten.softplus.out
    backward_out = torch.ops.aten.softplus_backward.grad_input


class Relu(Peer):
    """What torch.relu calls, which has no out= itself."""

    name = "ReLU"
    is_softplus = False
    can_force = True

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return partial(torch.clamp_min, x, 0, out=torch.empty_like(x))


class Copy(Peer):
    name = "copy_"
    is_softplus = False
    can_force = True

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return partial(torch.empty_like(x).copy_, x)

    backward = both = double_backward = forward


class Compiled(Peer):
    """Inductor's kernels, compiled once for all sizes."""

    name = "torch.compile"

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import torch._inductor.config as config

        config.cpp.threads = threads  # said here, it is part of the key of Inductor's cache

        def forward(x: Tensor, out: Tensor) -> Tensor:
            return out.copy_(F.softplus(x))

        def backward(x: Tensor, grad: Tensor, out: Tensor) -> Tensor:
            return out.copy_(torch.ops.aten.softplus_backward(grad, x, 1, 20))

        def softplus(x: Tensor) -> Tensor:
            return F.softplus(x)

        compiled = partial(torch.compile, dynamic=True)
        self._forward, self._backward = compiled(forward), compiled(backward)
        self._softplus = compiled(softplus)

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return partial(self._forward, x, torch.empty_like(x))

    def backward(self, x: Tensor, grad: Tensor) -> Run:
        return partial(self._backward, x, grad, torch.empty_like(x))

    def both(self, x: Tensor, grad: Tensor) -> Run:
        leaf, softplus = x.clone().requires_grad_(), self._softplus
        return lambda: torch.autograd.grad(softplus(leaf), leaf, grad)


class OnnxRuntime(Peer):
    """A graph of one Softplus node, bound to the tensors' own memory; it knows float32 only."""

    name = "ONNX Runtime"
    packages = ("onnx", "onnxruntime")
    dtypes = ("float32",)

    def forward(self, x: Tensor, _: Tensor) -> Run:
        import numpy as np
        import onnxruntime
        from onnx import TensorProto, helper

        values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name in "xy"]
        graph = helper.make_graph(
            [helper.make_node("Softplus", ["x"], ["y"])], "softplus", values[:1], values[1:]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        # Its idle threads must not spin while another implementation is timed.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        out, binding = torch.empty_like(x), session.io_binding()
        binding.bind_input("x", "cpu", 0, np.float32, x.shape, x.data_ptr())
        binding.bind_output("y", "cpu", 0, np.float32, x.shape, out.data_ptr())

        def run() -> Tensor:
            session.run_with_iobinding(binding)
            return out

        run.keeps = x  # type: ignore[attr-defined]  # the binding holds an address only
        return run


class Jax(Peer):
    """jax.jit; both is one fused function. Computes in the calling thread where it can."""

    name = "JAX"
    packages = ("jax",)

    def __init__(self, threads: int) -> None:
        super().__init__(threads)
        import jax

        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        # XLA has no option for it: it starts as many threads as there are cores that it may use.
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(cores)[:threads])
        jax.devices()
        os.sched_setaffinity(0, cores)

        def both(x: Any, grad: Any) -> Any:
            result, pull_back = jax.vjp(jax.nn.softplus, x)
            return result, *pull_back(grad)

        self._tensor, self._wait = jax.dlpack.from_dlpack, jax.block_until_ready
        self._forward, self._both = jax.jit(jax.nn.softplus), jax.jit(both)
        self._backward = jax.jit(lambda x, grad: both(x, grad)[1])

    def forward(self, x: Tensor, _: Tensor) -> Run:
        return self._run(self._forward, x)

    def backward(self, x: Tensor, grad: Tensor) -> Run:
        return self._run(self._backward, x, grad)

    def both(self, x: Tensor, grad: Tensor) -> Run:
        return self._run(self._both, x, grad)

    def _run(self, function: Callable[..., Any], *tensors: Tensor) -> Run:
        inputs, wait = [self._tensor(tensor) for tensor in tensors], self._wait
        return lambda: wait(function(*inputs))


class NumPy(Peer):
    name = "NumPy"
    packages = ("numpy",)
    dtypes = ("float32", "float64", "float16")
    most_threads = 1

    def forward(self, x: Tensor, _: Tensor) -> Run:
        import numpy as np

        return partial(np.logaddexp, x.numpy(), 0, out=torch.empty_like(x).numpy())


ALL: tuple[type[Peer], ...] = (Ours, Aten, Relu, Copy, Compiled, OnnxRuntime, Jax, NumPy)


def skipped() -> list[str]:
    """The peers that cannot be timed here, by name."""
    return [
        f"{peer.name} ({', '.join(peer.absent())} not installed)" for peer in ALL if peer.absent()
    ]


def tensors(result: Any) -> list[Tensor]:
    """What a run returned, as torch tensors over the same memory."""
    several = result if isinstance(result, tuple) else (result,)
    return [one if isinstance(one, Tensor) else from_dlpack(one) for one in several]
