"""Do DTensor, DDP, FSDP and tensor parallelism take the operators, in gloo processes?"""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn

from fused_softplus import (
    Softplus,
    inverse_softplus,
    replace_softplus,
    restore_softplus,
    softplus,
    softplus_,
)
from tests.conftest import Python

pytestmark = pytest.mark.skipif(not dist.is_available(), reason="torch has no torch.distributed")

ops = torch.ops.fused_softplus


# ---- When DTensor learns of the operators ------------------------------------------------------


IMPORTS = {
    "package first": "import fused_softplus, torch.distributed.tensor",
    "DTensor first": "import torch.distributed.tensor, fused_softplus",
    "DTensor looked for": (
        "import fused_softplus, importlib.util\n"
        "importlib.util.find_spec('torch.distributed.tensor')\n"
        "import torch.distributed.tensor"
    ),
}


@pytest.mark.parametrize("imports", IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize(
    "call", ["softplus(x)", "softplus(x, out=out)", "softplus_backward(x, x, 1, 20)"]
)
def test_any_order_of_imports(imports: str, call: str, python: Python, tmp_path: Path) -> None:
    """DTensor knows the operators, whatever is imported first and whichever is called first."""
    code = f"""
{imports}
import torch
import torch.distributed as dist
from torch.distributed.tensor import Shard, distribute_tensor
dist.init_process_group("gloo", init_method="file://{tmp_path}/store", rank=0, world_size=1)
mesh = dist.init_device_mesh("cpu", (1,))
x, out = (distribute_tensor(torch.ones(4, 3), mesh, [Shard(0)]) for _ in range(2))
assert torch.ops.fused_softplus.{call}.placements == (Shard(0),)
"""
    python("-c", code)


def test_importing_the_package_does_not_import_dtensor(python: Python) -> None:
    python("-c", "import sys, fused_softplus\nassert 'torch.distributed.tensor' not in sys.modules")


# ---- What two processes compute ----------------------------------------------------------------


def full(tensor: Tensor) -> Tensor:
    return tensor.full_tensor()


def check_placements(mesh: "dist.DeviceMesh") -> None:
    """Results and first and second gradients are sharded like the input, without communication."""
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor
    from torch.distributed.tensor.debug import CommDebugMode

    x = torch.linspace(-3, 3, 24).view(4, 6)
    one = torch.ones_like(x)
    slope = ops.softplus_backward(one, x, 2, 20)
    for placement in (Shard(0), Shard(1), Replicate()):
        sharded = distribute_tensor(x, mesh, [placement]).requires_grad_()
        with CommDebugMode() as communication:
            y = softplus(sharded, 2)
            (grad,) = torch.autograd.grad(y, sharded, torch.ones_like(y), create_graph=True)
            (second,) = torch.autograd.grad(grad, sharded, torch.ones_like(y))
            in_place = softplus_(sharded.detach() * 1, 2)
        assert communication.get_total_counts() == 0
        for result in (y, grad, second, in_place):
            assert result.placements == (placement,)
        assert torch.equal(full(y), softplus(x, 2))
        assert torch.equal(full(in_place), softplus(x, 2))
        assert torch.equal(full(grad), slope)
        assert torch.equal(full(second), ops.softplus_double_backward(one, one, x, 2, 20)[1])


def check_out(mesh: "dist.DeviceMesh") -> None:
    """out= is written in place, whatever the placement of the input.

    In older versions, PyTorch's own operator fails for some placements. If placements differ, ours
    need not do more than PyTorch's.
    """
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    x = torch.linspace(-3, 3, 24).view(4, 6)
    placements = (Shard(0), Shard(1), Replicate())
    for before, after in itertools.product(placements, placements):

        def is_written(op: Callable[..., Tensor], before: Any = before, after: Any = after) -> bool:
            written = distribute_tensor(torch.zeros_like(x), mesh, [after])
            result = op(distribute_tensor(x, mesh, [before]), 2, 20, out=written)
            right = torch.equal(full(written), op(x, 2, 20))
            return result is written and written.placements == (after,) and right

        may_fail = before != after and torch.__version__ < "2.15"
        if not may_fail or is_written(torch.ops.aten.softplus):
            assert is_written(ops.softplus), (before, after)


def check_in_place_gradient(mesh: "dist.DeviceMesh") -> None:
    from torch.distributed.tensor import Shard, distribute_tensor

    x = torch.linspace(-3, 3, 24).view(4, 6)
    sharded = distribute_tensor(x, mesh, [Shard(0)]).requires_grad_()
    (grad,) = torch.autograd.grad(softplus_(sharded * 1).sum(), sharded, create_graph=True)
    (second,) = torch.autograd.grad(grad.sum(), sharded)
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(softplus_(leaf * 1).sum(), leaf, create_graph=True)
    assert torch.equal(full(grad), expected)
    assert torch.equal(full(second), torch.autograd.grad(expected.sum(), leaf)[0])


def check_partial_sums(mesh: "dist.DeviceMesh") -> None:
    """softplus of a sum is not the sum of softpluses, so partial sums must be added up first."""
    from torch.distributed.tensor import DTensor, Partial
    from torch.distributed.tensor.debug import CommDebugMode

    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(mesh.get_local_rank()))
    partial = DTensor.from_local(x, mesh, [Partial()])
    total = full(partial)
    one = DTensor.from_local(torch.ones_like(x), mesh)
    for function, expected in (
        (softplus, softplus(total)),
        (
            lambda t: ops.softplus_backward(one, t, 2, 20),
            ops.softplus_backward(torch.ones_like(x), total, 2, 20),
        ),
    ):
        with CommDebugMode() as communication:
            result = function(partial)
        assert communication.get_total_counts() == 1
        assert not result.placements[0].is_partial()
        assert torch.equal(full(result), expected)


def check_broadcasting(mesh: "dist.DeviceMesh") -> None:
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    grad, row = torch.randn(2, 4, 6, generator=torch.Generator().manual_seed(0)).unbind()
    row = row[:1, :]
    for placements in ((Shard(0), Replicate()), (Shard(1), Shard(1)), (Replicate(), Shard(1))):
        arguments = [
            distribute_tensor(tensor, mesh, [placement])
            for tensor, placement in zip((grad, row), placements, strict=True)
        ]
        actual = full(ops.softplus_backward(*arguments, 2, 20))
        assert torch.equal(actual, ops.softplus_backward(grad, row, 2, 20))
        both = ops.softplus_double_backward_from_result(*arguments, arguments[1].abs(), 2)
        expected = ops.softplus_double_backward_from_result(grad, row, row.abs(), 2)
        assert all(torch.equal(full(a), e) for a, e in zip(both, expected, strict=True))


def check_bias(mesh: "dist.DeviceMesh") -> None:
    """The bias is replicated while the batch is sharded, or sharded with the features."""
    from torch.distributed.tensor import Replicate, Shard, distribute_tensor

    x, bias = torch.linspace(-3, 3, 24).view(4, 6), torch.linspace(-1, 1, 6)
    leaves = (x.clone().requires_grad_(), bias.clone().requires_grad_())
    expected = torch.autograd.grad(softplus(leaves[0], 2, bias=leaves[1]).sum(), leaves)
    for placements in ((Shard(0), Replicate()), (Shard(1), Shard(0)), (Replicate(), Replicate())):
        sharded, sharded_bias = (
            distribute_tensor(tensor, mesh, [placement]).requires_grad_()
            for tensor, placement in zip((x, bias), placements, strict=True)
        )
        y = softplus(sharded, 2, bias=sharded_bias)
        assert y.placements == (placements[0],)
        assert torch.equal(full(y), softplus(x, 2, bias=bias))
        grads = torch.autograd.grad(y.sum(), (sharded, sharded_bias))
        assert torch.equal(full(grads[0]), expected[0])
        torch.testing.assert_close(full(grads[1]), expected[1])


def check_inverse(mesh: "dist.DeviceMesh") -> None:
    from torch.distributed.tensor import Shard, distribute_tensor

    y = torch.linspace(0.1, 3, 24).view(4, 6)
    leaf = y.clone().requires_grad_()
    (expected,) = torch.autograd.grad(inverse_softplus(leaf, 2).sum(), leaf)
    sharded = distribute_tensor(y, mesh, [Shard(1)]).requires_grad_()
    x = inverse_softplus(sharded, 2)
    assert torch.equal(full(x), inverse_softplus(y, 2))
    assert torch.equal(full(torch.autograd.grad(x.sum(), sharded)[0]), expected)


def check_compiled(mesh: "dist.DeviceMesh") -> None:
    from torch.distributed.tensor import Shard, distribute_tensor

    x = torch.linspace(-3, 3, 24).view(4, 6)
    sharded = distribute_tensor(x, mesh, [Shard(0)])
    compiled = torch.compile(softplus, fullgraph=True, backend="aot_eager")
    assert torch.equal(full(compiled(sharded, 2)), softplus(x, 2))


CHECKS: list[Callable[["dist.DeviceMesh"], None]] = [
    check_placements,
    check_out,
    check_in_place_gradient,
    check_partial_sums,
    check_broadcasting,
    check_bias,
    check_inverse,
    check_compiled,
]


# ---- What four processes learn -----------------------------------------------------------------


STEPS = 20


def network(*activations: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    first, second = activations
    return nn.Sequential(nn.Linear(6, 8), first, nn.Linear(8, 6), second).double()


def ours() -> nn.Sequential:
    return network(Softplus(beta=2, inplace=True), Softplus())


def data() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(8, 6, dtype=torch.float64), torch.rand(8, 6, dtype=torch.float64)


def losses(model: nn.Module, mesh: "dist.DeviceMesh | None" = None) -> list[float]:
    """Returns the losses of the whole batch. Each process of the mesh trains on its part of it."""
    x, target = data()
    if mesh is not None:
        x, target = (t.chunk(mesh.size())[mesh.get_local_rank()] for t in (x, target))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    values = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = (model(x) - target).square().mean()
        loss.backward()
        optimizer.step()
        value = loss.detach().clone()
        if mesh is not None:
            dist.all_reduce(value, group=mesh.get_group())
            value /= mesh.size()
        values.append(value.item())
    return values


def check_losses(actual: list[float]) -> None:
    """Compares with nn.Softplus in one process. Only the order of summation differs: by about 100
    eps in each step, since no sum here has more than 48 terms."""
    expected = losses(network(nn.Softplus(beta=2), nn.Softplus()))
    assert expected[-1] < 0.9 * expected[0]
    error = STEPS * 100 * torch.finfo(torch.float64).eps
    torch.testing.assert_close(actual, expected, rtol=error, atol=0)


def check_data_parallel(mesh: "dist.DeviceMesh") -> None:
    check_losses(losses(nn.parallel.DistributedDataParallel(ours()), mesh))


def check_fully_sharded(mesh: "dist.DeviceMesh") -> None:
    from torch.distributed.fsdp import fully_shard

    model = ours()
    fully_shard(model[2], mesh=mesh)
    check_losses(losses(fully_shard(model, mesh=mesh), mesh))


def check_replaced(mesh: "dist.DeviceMesh") -> None:
    """Replaces modules before fully_shard, which changes their classes, after it, and under DDP."""
    from torch.distributed.fsdp import FSDPModule, fully_shard

    for after in (False, True):
        model = network(nn.Softplus(beta=2), nn.Softplus())
        activations = model[1], model[3]
        if not after:
            assert replace_softplus(model, inplace=True) == 2
        for layer in model:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
        if after:
            assert replace_softplus(model, inplace=True) == 2
            assert (model[1], model[3]) == activations  # fully_shard identifies them by their id
        assert all(isinstance(layer, FSDPModule) for layer in model)
        check_losses(losses(model, mesh))
        assert "FusedSoftplus" in type(model(data()[0]).grad_fn).__name__
        assert restore_softplus(model) == 2
        assert all(isinstance(layer, FSDPModule) for layer in model)
        y = model(data()[0])
        assert type(y.grad_fn).__name__ == "SoftplusBackward0"
        y.sum().backward()

    model = network(nn.Softplus(beta=2), nn.Softplus())
    replace_softplus(model, inplace=True)
    check_losses(losses(nn.parallel.DistributedDataParallel(model), mesh))


def check_tensor_parallel(mesh: "dist.DeviceMesh") -> None:
    """With FSDP in the other dimension of the mesh. The input of softplus is a DTensor."""
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import DTensor
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        RowwiseParallel,
        parallelize_module,
    )

    both = dist.init_device_mesh("cpu", (2, mesh.size() // 2), mesh_dim_names=("data", "tensor"))
    model = ours()
    hidden: list[type] = []
    model[1].register_forward_hook(lambda _, inputs, output: hidden.append(type(output)))
    plan = {"0": ColwiseParallel(use_local_output=False), "2": RowwiseParallel()}
    parallelize_module(model, both["tensor"], plan)
    check_losses(losses(fully_shard(model, mesh=both["data"]), both["data"]))
    assert hidden == [DTensor] * STEPS


LEARNING: list[Callable[["dist.DeviceMesh"], None]] = [
    check_data_parallel,
    check_fully_sharded,
    check_replaced,
    check_tensor_parallel,
]


def process(
    rank: int, store: str, count: int, checks: list[Callable[["dist.DeviceMesh"], None]]
) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=count)
    mesh = dist.init_device_mesh("cpu", (count,))
    for check in checks:
        check(mesh)
        print(f"{check.__name__} on rank {rank}: passed", flush=True)
    dist.destroy_process_group()
    # PyTorch's threads for gloo and torch.compile may outlive this function. About one process in
    # twenty would be aborted at its normal exit, because of a std::thread that is not joined. This
    # package starts no threads.
    os._exit(0)


@pytest.mark.parametrize(("count", "checks"), [(2, CHECKS), (4, LEARNING)], ids=["two", "four"])
def test_processes(
    count: int,
    checks: list[Callable[["dist.DeviceMesh"], None]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """One test runs all checks, because starting the processes takes longer than the checks."""
    mp.spawn(process, (os.fspath(tmp_path / "store"), count, checks), nprocs=count)
    passed = capfd.readouterr().out
    for check in checks:
        for rank in range(count):
            assert f"{check.__name__} on rank {rank}: passed" in passed
