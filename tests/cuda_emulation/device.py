"""A pytest plugin: CUDA devices that machine.py emulates.

    python -m pytest -p tests.cuda_emulation.device tests/test_cuda.py

The package is one whose operator library is linked with runtime.cpp, and EMULATED_PTX is the PTX of
its kernels (__main__.py). torch's own CUDA operators are computed on the CPU.
"""

import ctypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_map

import fused_softplus
from tests.cuda_emulation.instructions import Array
from tests.cuda_emulation.machine import Machine
from tests.cuda_emulation.memory import Allocation, Tracked
from tests.cuda_emulation.ptx import Module


class Launch(NamedTuple):
    kernel: str
    loads: int  # from tensors, by all threads


PTX = Path(os.environ["EMULATED_PTX"])
ARCHITECTURE = int(PTX.stem.removeprefix("sm_"))

torch.cuda._lazy_init = lambda: None
_runtime = ctypes.CDLL(fused_softplus.library_path())
_module = Module(PTX.read_text())
_machine = Machine(_module)
launches: list[Launch] = []
_faults: list[str] = []

_Visit = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int)
_Launch = ctypes.CFUNCTYPE(
    *(ctypes.c_int, ctypes.c_char_p, ctypes.c_uint, ctypes.c_uint),
    *(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p, ctypes.c_int),
)
ILLEGAL_ADDRESS = 700


def _allocations() -> Iterator[tuple[int, Array, int, int]]:
    """The address, the bytes with their guards, the size without them, and the device."""
    found: list[tuple[int, int, int, int]] = []
    _runtime.emulation_visit_memory(_Visit(lambda *numbers: found.append(numbers)))
    for address, padded, size, device in found:
        data = np.ctypeslib.as_array((ctypes.c_uint8 * padded).from_address(address))
        yield address, data, size, device


@_Launch
def _launch(
    name: bytes, blocks: int, threads: int, arguments: Any, stream: int | None, device: int
) -> int:
    guard = _runtime.emulation_guard()
    try:
        kernel = _module.kernel(name.decode())
        values = [
            ctypes.string_at(arguments[number], parameter.size)
            for number, parameter in enumerate(kernel.parameters.values())
        ]
        memory = [
            Allocation(address, Tracked(data, "a tensor"), guard, guard + size)
            for address, data, size, of_device in _allocations()
            if of_device == device  # the memory of another one is not there
        ]
        loads = _machine.launch(kernel.name, blocks, threads, values, memory)
        launches.append(Launch(kernel.name, loads))
    except Exception as error:  # C++ cannot pass it on
        _faults.append(f"{type(error).__name__}: {error}")
        return ILLEGAL_ADDRESS
    return 0


def _guards_are_intact() -> bool:
    guard = _runtime.emulation_guard()
    return all(
        (data[:guard] == data[0]).all() and (data[guard + size :] == data[0]).all()
        for _, data, size, _ in _allocations()
    )


def _on_cpu(operator: Any) -> Callable[..., Any]:
    """An implementation for CUDA tensors that calls the operator with CPU tensors."""
    writes = any(
        argument.alias_info is not None and argument.alias_info.is_write
        for argument in operator._schema.arguments
    )

    def run(*args: Any, **kwargs: Any) -> Any:
        moved: list[tuple[torch.Tensor, torch.Tensor]] = []
        devices: list[torch.device] = []

        def there(value: Any) -> Any:
            if isinstance(value, torch.Tensor) and value.is_cuda:
                devices.append(value.device)
                resizable = writes and value.numel() == 0
                copy = (
                    torch.empty(0, dtype=value.dtype)
                    if resizable
                    else torch.ops.cuda_emulation.on_cpu(value)
                )
                moved.append((copy, value))
                return copy
            if isinstance(value, torch.device) and value.type == "cuda":
                devices.append(value)
                return torch.device("cpu")
            return value

        args, kwargs = tree_map(there, (args, kwargs))
        if "generator" in kwargs:
            kwargs["generator"] = None
        index = next((one.index for one in devices if one.index is not None), None)
        device = torch.device("cuda", _runtime.emulation_device() if index is None else index)
        with torch.no_grad():
            results = operator(*args, **kwargs)
        for copy, value in moved:
            if writes and value.numel() == 0 and copy.numel():
                value.resize_(copy.shape).copy_(copy)

        def back(result: Any) -> Any:
            if not isinstance(result, torch.Tensor) or result.device.type != "cpu":
                return result
            for copy, value in moved:
                same_memory = writes and result.numel() and result.data_ptr() == copy.data_ptr()
                if result is copy or (same_memory and result.shape == copy.shape):
                    return value
            new = torch.empty_strided(
                result.size(), result.stride(), dtype=result.dtype, device=device
            )
            return new.copy_(result)

        return tree_map(back, results)

    return run


# runtime.cpp has them.
_BASIC = {"aten::empty.memory_format", "aten::empty_strided", "aten::copy_", "aten::resize_"}
_DEVICES_OWN = ("_cuda", "_cudnn", "cudnn", "set_", "record_stream", "_pin_memory", "is_pinned")


def _replace_cuda_operators() -> torch.library.Library:
    library = torch.library.Library("aten", "IMPL")
    for name in torch._C._dispatch_get_all_op_names():
        packet, _, overload = name.removeprefix("aten::").partition(".")
        if (
            not name.startswith("aten::")
            or name in _BASIC
            or packet.startswith((*_DEVICES_OWN, "_nested", "_fused"))
            or not torch._C._dispatch_has_kernel_for_dispatch_key(name, "CUDA")
        ):
            continue
        operator = getattr(getattr(torch.ops.aten, packet, None), overload or "default", None)
        if operator is None or any(
            argument.alias_info is not None and not argument.alias_info.is_write
            for argument in operator._schema.arguments  # a view
        ):
            continue
        library.impl(name.removeprefix("aten::"), _on_cpu(operator), "CUDA")
    return library


_runtime.emulation_set_launch(_launch)
_runtime.emulation_set_architecture(ARCHITECTURE)
_library = _replace_cuda_operators()
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: 8
torch.cuda.current_device = lambda: int(_runtime.emulation_device())
torch.cuda.synchronize = lambda device=None: None
torch.cuda.empty_cache = lambda: None


# They need a graph, a stream, an allocator or a tool of the device, or would take hours.
_NEED_A_DEVICE = (
    *("every_float32", "graph", "current_stream"),
    *("out_of_memory", "sanitizers", "more_than_2_to_31"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(name in item.name for name in _NEED_A_DEVICE):
            item.add_marker(pytest.mark.skip(reason="needs a device"))


@pytest.fixture(autouse=True)
def no_fault() -> Iterator[None]:
    yield
    assert not _faults, _faults
    assert _guards_are_intact()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    kernels = len({launch.kernel for launch in launches})
    terminalreporter.write_line(f"{PTX.stem}: {len(launches)} launches of {kernels} kernels")
