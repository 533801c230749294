"""Runs the PTX of a kernel. A register is an array with one number for each thread of some blocks.

The threads that stand at the first instruction of all go on, until one of them branches or another
thread waits for them. So threads that took different branches meet again. Arithmetic is that of
instructions.py; this file has the instructions that move data, those that branch, and those by
which the threads of a warp know of each other.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from tests.cuda_emulation.instructions import OPERATIONS, TYPES, Array, size_of
from tests.cuda_emulation.memory import Allocation, Fault, Memory, SharedMemory, Tracked
from tests.cuda_emulation.ptx import Instruction, Kernel, Module

_REGISTER = re.compile(r"%[a-z]+\d+|%(tid|ctaid|ntid|nctaid)\.x")
_REGISTER_BYTES = {"rs": 2, "r": 4, "f": 4, "rd": 8, "fd": 8}  # by the letters of its name
_ADDRESS = re.compile(r"\[([%\w$]+)(?:\+(-?\d+))?\]")
_WARP = 32  # threads
_WARPS = 32  # the most in a block
_THREADS = 32768  # that are computed at once
_PARAMETERS = 0x0F00_0000_0000  # an address that nothing else has
_CONSTANTS = 0x0E00_0000_0000

Active = slice | Array
Step = Callable[["Threads", Active], None]
Source = Callable[["Threads", Active], Array]


def _unsigned(bits: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype(f"uint{8 * bits}") if bits else np.dtype(bool)


@dataclass
class Threads:
    """Some blocks of a launch."""

    memory: Memory
    shared: SharedMemory
    arguments: bytes
    number: Array  # of each thread in the grid
    block: Array  # of each thread among these blocks
    registers: dict[str, Array]
    undefined: dict[str, Array] = field(default_factory=dict)  # the threads that never wrote it

    def lanes(self, active: Active) -> tuple[Array, Array]:
        """The warp of each thread, and the bit of its lane."""
        thread = self.registers["%tid.x"][active].astype(np.int64)
        bits = (1 << (thread % _WARP)).astype(np.uint32)
        return self.block[active] * _WARPS + thread // _WARP, bits

    def count(self, active: Active) -> int:
        return len(self.number[active])

    def read(self, register: str, active: Active) -> Array:
        if register not in self.registers:
            raise Fault(f"{register} is read before it is written")
        if register in self.undefined and self.undefined[register][active].any():
            raise Fault(f"{register} is read by a thread that has not written it")
        value: Array = self.registers[register][active]
        return value

    def write(self, register: str, value: Array, active: Active) -> None:
        if isinstance(active, slice):
            self.registers[register] = np.array(np.broadcast_to(value, len(self.number)))
            self.undefined.pop(register, None)
            return
        if register not in self.registers:
            self.registers[register] = np.zeros(len(self.number), value.dtype)
            self.undefined[register] = np.ones(len(self.number), bool)
        self.registers[register][active] = value
        if register in self.undefined:
            self.undefined[register][active] = False

    def move(self, source: str, to: str, active: Active) -> None:
        """As the compiler does it where branches meet, where the value may be undefined."""
        undefined = self.undefined.pop(source, None)
        self.write(to, self.read(source, active), active)
        if undefined is not None:
            self.undefined[source] = undefined
            now = self.undefined.setdefault(to, np.zeros(len(self.number), bool))
            now[active] = undefined[active]


class _Compiler:
    """Turns the instructions of one kernel into functions."""

    def __init__(self, kernel: Kernel, constants: dict[str, int]):
        self._kernel = kernel
        self._constants = constants

    def source(self, text: str, size: int) -> Source:
        """The bits of an operand."""
        if _REGISTER.fullmatch(text):
            return lambda threads, active: threads.read(text, active)
        if text.startswith(("0f", "0d")):
            number = int(text[2:], 16)
        elif text in self._kernel.shared:
            number = self._kernel.shared[text][0]
        elif text in self._kernel.parameters:
            number = _PARAMETERS + self._kernel.parameters[text].offset
        elif text in self._constants:
            number = self._constants[text]
        else:
            number = int(text) & ((1 << 8 * size) - 1)
        bits = np.array(number, _unsigned(size))
        return lambda threads, active: bits

    def address(self, text: str, size: int) -> Source:
        match = _ADDRESS.fullmatch(text)
        assert match, text
        base = self.source(match[1], size)
        offset = _unsigned(size).type(int(match[2] or 0) & ((1 << 8 * size) - 1))

        def compute(threads: Threads, active: Active) -> Array:
            return np.broadcast_to(base(threads, active) + offset, threads.count(active))

        return compute

    def step(self, instruction: Instruction) -> Step | None:
        """None for an instruction after which threads may stand at different places."""
        opcode, operands = instruction.opcode, instruction.operands
        if instruction.guard and opcode != "bra":
            raise NotImplementedError(f"the emulation knows no guard in {instruction.text}")
        if opcode in ("bra", "bra.uni", "bar.sync", "ret"):
            return None
        kind, *modifiers = opcode.split(".")
        if opcode in OPERATIONS:
            return self._operation(instruction)
        if opcode == "vote.sync.any.pred":
            return self._vote(operands)
        if kind in ("mov", "cvta"):
            return self._move(operands, size_of(modifiers[-1]))
        if kind in ("ld", "st"):
            return self._access(kind, modifiers, operands)
        raise NotImplementedError(f"{instruction.text}: the emulation does not know {opcode}")

    def _operation(self, instruction: Instruction) -> Step:
        operation = OPERATIONS[instruction.opcode]
        to, *texts = instruction.operands
        types = [np.dtype(TYPES[type_]) for type_ in operation.operands]
        sources = [
            self.source(text, 0 if type_.kind == "b" else type_.itemsize)
            for text, type_ in zip(texts, types, strict=True)
        ]
        result_type = np.dtype(TYPES[operation.result])
        bits = _unsigned(0 if result_type.kind == "b" else result_type.itemsize)

        def run(threads: Threads, active: Active) -> None:
            values = [
                source(threads, active).view(type_)
                for source, type_ in zip(sources, types, strict=True)
            ]
            result = np.asarray(operation.function(*values)).astype(result_type, copy=False)
            threads.write(to, result.view(bits), active)

        return run

    def _move(self, operands: tuple[str, ...], size: int) -> Step:
        to, text = operands
        if to.startswith("{"):
            parts = _names(to)
            source = self.source(text, size)

            def split(threads: Threads, active: Active) -> None:
                values = np.broadcast_to(source(threads, active), threads.count(active))
                numbers = np.ascontiguousarray(values)[:, None].view(_unsigned(size // len(parts)))
                for part, column in zip(parts, numbers.T, strict=True):
                    threads.write(part, column, active)

            return split
        if text.startswith("{"):
            sources = [self.source(part, size // 2) for part in _names(text)]

            def join(threads: Threads, active: Active) -> None:
                values = [
                    np.broadcast_to(source(threads, active), threads.count(active))
                    for source in sources
                ]
                threads.write(to, np.stack(values, 1).view(_unsigned(size))[:, 0], active)

            return join
        if _REGISTER.fullmatch(text) and text[1:].strip("0123456789").isalpha():
            return lambda threads, active: threads.move(text, to, active)
        source = self.source(text, size)
        return lambda threads, active: threads.write(to, source(threads, active), active)

    def _vote(self, operands: tuple[str, ...]) -> Step:
        to, vote, text = operands
        members = self.source(text, 4)

        def run(threads: Threads, active: Active) -> None:
            warps, bits = threads.lanes(active)
            standing = np.zeros(warps.max() + 1, np.uint32)
            np.bitwise_or.at(standing, warps, bits)
            if (members(threads, active) != standing[warps]).any():
                raise Fault("a thread votes with others than those that stand there")
            any_of = np.zeros(standing.size, bool)
            any_of[warps[threads.read(vote, active)]] = True
            threads.write(to, any_of[warps], active)

        return run

    def _access(self, kind: str, modifiers: list[str], operands: tuple[str, ...]) -> Step:
        space, type_ = modifiers[0], modifiers[-1]
        place, text = operands if kind == "st" else operands[::-1]
        registers, element = _names(text), _unsigned(size_of(type_))
        size = element.itemsize * len(registers)
        address = self.address(place, 4 if space == "shared" else 8)
        if kind == "ld":

            def load(threads: Threads, active: Active) -> None:
                loaded = _load(space, threads, active, address(threads, active), size)
                for register, column in zip(registers, loaded.view(element).T, strict=True):
                    width = _REGISTER_BYTES[register.strip("%0123456789")]  # perhaps more
                    threads.write(register, column.astype(_unsigned(width)), active)

            return load
        sources = [self.source(register, element.itemsize) for register in registers]

        def store(threads: Threads, active: Active) -> None:
            columns = [
                np.broadcast_to(source(threads, active), threads.count(active)).astype(element)
                for source in sources
            ]
            values = np.stack(columns, 1).view(np.uint8)
            who = threads.number[active]
            if space == "global":
                threads.memory.store(address(threads, active), values, who)
            elif space == "shared":
                blocks = threads.block[active]
                threads.shared.store(address(threads, active), values, who, blocks)
            else:
                raise NotImplementedError(f"st.{space}")

        return store


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.strip("{}").split(",")]


def _load(space: str, threads: Threads, active: Active, addresses: Array, size: int) -> Array:
    """The bytes, a row for each thread."""
    if space == "global":
        return threads.memory.load(addresses, size, threads.number[active])
    if space == "shared":
        return threads.shared.load(addresses, size, threads.number[active], threads.block[active])
    if space == "param":
        first = (addresses - np.uint64(_PARAMETERS)).astype(np.int64)
        if addresses.strides == (0,):  # the same for all threads
            first = first[:1]
        if (
            (first < 0).any()
            or (first + size > len(threads.arguments)).any()
            or (first % size).any()
        ):
            raise Fault("load beside the parameters")
        loaded = np.frombuffer(threads.arguments, np.uint8)[first[:, None] + np.arange(size)]
        return np.broadcast_to(loaded, (len(addresses), size))
    raise NotImplementedError(f"ld.{space}")


class Machine:
    """A device with the kernels of a module."""

    def __init__(self, module: Module):
        self._module = module
        self._steps: dict[str, list[Step | None]] = {}
        self._constants: dict[str, int] = {}
        address = _CONSTANTS
        for name, data in module.constants.items():
            self._constants[name] = address
            address += data.size + 4096

    def launch(
        self,
        name: str,
        blocks: int,
        threads: int,
        arguments: Sequence[bytes],
        memory: list[Allocation],
    ) -> int:
        """Returns how many loads from tensors the threads have executed."""
        kernel = self._module.kernel(name)
        if not 1 <= blocks < 2**31 or threads > (kernel.threads or 1024):
            raise Fault(f"a launch of {blocks} blocks of {threads} threads")
        if name not in self._steps:
            compiler = _Compiler(kernel, self._constants)
            self._steps[name] = [compiler.step(instruction) for instruction in kernel.code]
        values = bytearray(kernel.parameter_bytes)
        for argument, parameter in zip(arguments, kernel.parameters.values(), strict=True):
            values[parameter.offset : parameter.offset + parameter.size] = argument
        constants = [
            Allocation(self._constants[symbol], Tracked(data, symbol), 0, data.size, writable=False)
            for symbol, data in self._module.constants.items()
        ]
        everything = Memory([*memory, *constants])
        at_once = max(1, _THREADS // threads)
        for first in range(0, blocks, at_once):
            block = np.repeat(np.arange(min(at_once, blocks - first)), threads)
            thread = np.tile(np.arange(threads), min(at_once, blocks - first))
            registers = {
                "%tid.x": thread,
                "%ctaid.x": first + block,
                "%ntid.x": np.full(block.size, threads),
                "%nctaid.x": np.full(block.size, blocks),
            }
            state = Threads(
                everything,
                SharedMemory(min(at_once, blocks - first), kernel.shared_end),
                bytes(values),
                ((first + block) * threads + thread).astype(np.int32),
                block,
                {key: value.astype(np.uint32) for key, value in registers.items()},
            )
            with np.errstate(all="ignore"):
                self._run(kernel, state, threads)
        return everything.loads

    def _run(self, kernel: Kernel, threads: Threads, in_block: int) -> None:
        steps, code = self._steps[kernel.name], kernel.code
        targets = {0, *kernel.labels.values()}
        place = np.zeros(len(threads.number), np.int32)
        ended = np.zeros(place.size, bool)
        waiting = np.zeros(place.size, bool)
        while not ended.all():
            runnable = ~(ended | waiting)
            if not runnable.any():
                _check_barrier(place, waiting, in_block)
                waiting[:] = False
                threads.shared.synchronize()
                continue
            now = int(place[runnable].min())
            standing = runnable & (place == now)
            active: Active = slice(None) if standing.all() else np.flatnonzero(standing)
            try:
                while (step := steps[now]) is not None:
                    step(threads, active)
                    now += 1
                    if now in targets:  # where others may stand
                        break
                else:
                    self._branch(kernel, code[now], now, threads, active, place, ended, waiting)
                    continue
            except Fault as fault:
                raise Fault(f"{fault}, in {kernel.name}: {code[now].text}") from fault
            place[active] = now

    @staticmethod
    def _branch(
        kernel: Kernel,
        instruction: Instruction,
        now: int,
        threads: Threads,
        active: Active,
        place: Array,
        ended: Array,
        waiting: Array,
    ) -> None:
        place[active] = now + 1
        if instruction.opcode == "ret":
            ended[active] = True
        elif instruction.opcode == "bar.sync":
            waiting[active] = True
        elif instruction.guard is None:
            place[active] = kernel.labels[instruction.operands[0]]
        else:
            taken = threads.read(instruction.guard.lstrip("!"), active)
            taken = ~taken if instruction.guard.startswith("!") else taken
            place[active] = np.where(taken, kernel.labels[instruction.operands[0]], now + 1)


def _check_barrier(place: Array, waiting: Array, in_block: int) -> None:
    by_block = waiting.reshape(-1, in_block)
    if not (by_block.all(1) | ~by_block.any(1)).all():
        raise Fault("some threads of a block wait at a barrier, and others have ended")
    places = place.reshape(-1, in_block)
    if (places != places[:, :1])[by_block].any():
        raise Fault("the threads of a block wait at different barriers")
