"""Reads PTX: the kernels of a module, their parameters, shared memory and instructions."""

import re
from dataclasses import dataclass, field

import numpy as np

from tests.cuda_emulation.instructions import Array, size_of

SHARED_BASE = 1024  # so that address 0 is nobody's


@dataclass(frozen=True)
class Instruction:
    text: str
    opcode: str
    operands: tuple[str, ...]
    guard: str | None  # a predicate's register, perhaps after "!"


@dataclass(frozen=True)
class Parameter:
    size: int
    offset: int


@dataclass
class Kernel:
    name: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    threads: int = 0  # the most in a block; 0: any number
    code: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    shared: dict[str, tuple[int, int]] = field(default_factory=dict)  # addresses and sizes

    @property
    def parameter_bytes(self) -> int:
        return max((one.offset + one.size for one in self.parameters.values()), default=0)

    @property
    def shared_end(self) -> int:
        return max((address + size for address, size in self.shared.values()), default=0)


def _operands(text: str) -> tuple[str, ...]:
    """Split at commas outside of braces and brackets."""
    return tuple(part.strip() for part in re.findall(r"\{[^}]*\}|\[[^\]]*\]|[^,\s][^,]*", text))


def _parameters(text: str) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    offset = 0
    for match in re.finditer(r"\.param (?:\.align (\d+) \.b8 (\w+)\[(\d+)\]|\.(\w+) (\w+))", text):
        align, array, count, type_, scalar = match.groups()
        size = int(count) if array else size_of(type_)
        unit = int(align) if array else size
        offset = (offset + unit - 1) // unit * unit
        parameters[array or scalar] = Parameter(size, offset)
        offset += size
    return parameters


class Module:
    def __init__(self, text: str):
        self.constants: dict[str, Array] = {}
        for name, count, numbers in re.findall(
            r"^\.global \.align \d+ \.b8 (\w+)\[(\d+)\] = \{([^}]*)\};", text, re.M
        ):
            self.constants[name] = np.array([int(one) for one in numbers.split(",")], np.uint8)
            assert self.constants[name].size == int(count)
        self._shared = {
            name: int(size)
            for name, size in re.findall(r"^\.shared \.align \d+ \.b8 (\w+)\[(\d+)\];", text, re.M)
        }
        self._texts = {
            name: (parameters, body)
            for name, parameters, body in re.findall(
                r"^\.visible \.entry (\w+)\(\n(.*?)\n\)\n(.*?)^\}$", text, re.M | re.S
            )
        }
        self._kernels: dict[str, Kernel] = {}

    def kernel(self, name: str) -> Kernel:
        if name not in self._kernels:
            self._kernels[name] = self._read(name, *self._texts[name])
        return self._kernels[name]

    def _read(self, name: str, parameters: str, body: str) -> Kernel:
        kernel = Kernel(name, _parameters(parameters))
        if match := re.search(r"\.maxntid (\d+), 1, 1", body):
            kernel.threads = int(match[1])
        body = re.sub(r"//.*", "", body[body.index("{") + 1 :])
        address = SHARED_BASE
        for symbol in sorted(set(re.findall(r"\w+", body)) & self._shared.keys()):
            kernel.shared[symbol] = (address, self._shared[symbol])
            address += self._shared[symbol]
        # Inline assembly stands in braces of its own. It declares no registers.
        body = re.sub(r"\{\s*(?=(cvt|mov)\.)", " ", body).replace(";}", ";")
        for label, statement in re.findall(r"(\$\w+):|([^;:]+);", body):
            if label:
                kernel.labels[label] = len(kernel.code)
                continue
            text = " ".join(statement.split())
            match = re.fullmatch(r"(?:@(!?%p\d+) )?([a-z][\w.]*)(?: (.*))?", text)
            if match:  # not a declaration
                guard, opcode, rest = match.groups()
                kernel.code.append(Instruction(text, opcode, _operands(rest or ""), guard))
        return kernel
