"""Counts the instructions that 64-bit ARM CPUs execute for an element, ours and PyTorch's.

    python -m benchmarks.arm_instructions LOOPS.o libtorch_cpu.so

Nothing is timed: this project has not run on an ARM CPU. The counts come from the machine code, by
Debian's binutils-aarch64-linux-gnu. Of all ways through a loop, the one with the fewest
instructions counts. In our loops it is the way of numbers that need no scaling (csrc/math/scale.h).
"""

import argparse
import re
import subprocess
from collections import deque
from itertools import product
from pathlib import Path

from benchmarks import kit

# By operation: our formula, PyTorch's kernel, the number of inputs, and the functions that the
# latter calls in turns.
OPERATIONS = {
    "forward": ("Softplus", "softplus_kernel", 1, ("exp", "log1p")),
    "backward": ("SoftplusBackward", "softplus_backward_kernel", 2, ("exp",)),
}
# By dtype: its size, its name in our loops and in PyTorch's, and the vectors of those functions.
DTYPES = {
    "float32": (4, "float", "float", "f4"),
    "float64": (8, "double", "double", "d2"),
    "float16": (2, "fused_softplus::cpu::Half", "c10::Half", "f4"),
    "bfloat16": (2, "fused_softplus::cpu::BFloat16", "c10::BFloat16", "f4"),
}
Instruction = tuple[int, str, str]  # its address, its name and its operands


def tool(name: str, *arguments: object) -> str:
    command = [f"aarch64-linux-gnu-{name}", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Function:
    """The code of a function, and to which instructions each one may continue."""

    def __init__(self, binary: "Binary", address: int, size: int) -> None:
        self.binary = binary
        end = address + size
        limits = (f"--start-address={address}", f"--stop-address={end}")
        printed = tool("objdump", "-d", "--no-show-raw-insn", *limits, binary.path)
        lines = re.findall(r"^\s+([0-9a-f]+):\t(\S+)\t?(.*)$", printed, re.MULTILINE)
        self.code: list[Instruction] = [(int(at, 16), name, rest) for at, name, rest in lines]
        places = {at: place for place, (at, _, _) in enumerate(self.code)}
        self.next: list[list[int]] = []
        for place, (_, name, operands) in enumerate(self.code):
            target = places.get(self.target(operands)) if self.is_branch(name) else None
            falls = name not in ("b", "br", "ret") and place + 1 < len(self.code)
            self.next.append([*([] if target is None else [target]), *([place + 1] * falls)])

    @staticmethod
    def is_branch(name: str) -> bool:
        return re.fullmatch(r"b(\.\w+)?|cbn?z|tbn?z", name) is not None

    @staticmethod
    def target(operands: str) -> int:
        found = re.search(r"([0-9a-f]+) <", operands)
        return int(found[1], 16) if found else -1

    def shortest(self, start: int, end: int) -> list[int]:
        """Returns the places after start on the shortest way to end, or none if there is no way."""
        before: dict[int, int] = {}
        todo = deque([start])
        while todo and end not in before:
            place = todo.popleft()
            for after in self.next[place]:
                if after not in before:
                    before[after] = place
                    todo.append(after)
        way = [end] if end in before else []
        while way and before[way[-1]] != start:
            way.append(before[way[-1]])
        return way[::-1]

    def vector_bytes(self, place: int, size: int, moving: set[str] | None = None) -> int:
        """Returns how many bytes of vectors are loaded or stored here, at an address that changes.

        Half a vector counts if it holds several elements of that size.
        """
        _, name, operands = self.code[place]
        registers, _, address = operands.partition("[")
        if not re.match("(ld|st)u?[rp]$", name) or not address or address.startswith("sp"):
            return 0
        if moving is not None and not moving & set(re.findall(r"[xw](\d+)", address)):
            return 0
        kinds = re.findall(r"\b([qd])\d+\b", registers)
        return sum({"q": 16, "d": 8 if size < 8 else 0}[kind] for kind in kinds)

    def per_element(self, size: int, inputs: int, calls: tuple[str, ...]) -> list[float]:
        """Returns the instructions for each element of all loops that load these inputs.

        The functions that a loop calls by their addresses are calls, in turns.
        """
        counts = []
        vectors = [place for place in range(len(self.code)) if self.vector_bytes(place, size)]
        stores = [place for place in vectors if self.code[place][1].startswith("st")]
        for start, through in product(stores, set(vectors) - set(stores)):
            there, back = self.shortest(start, through), self.shortest(through, start)
            if not (there and back):
                continue
            loop = there + back
            operands = {place: self.code[place][2] for place in loop}
            results = "\n".join(operands[place] for place in loop if place not in stores)
            moving = set(re.findall(r"^[xw](\d+)", results, re.MULTILINE))
            moving |= set(re.findall(r"\[x(\d+)(?:\], |.*\]!)", "\n".join(operands.values())))
            stored = sum(self.vector_bytes(at, size, moving) for at in loop if at in stores)
            moved = sum(self.vector_bytes(at, size, moving) for at in loop)
            if stored and moved - stored >= inputs * stored:
                called = sum(self.code[place][1] == "blr" for place in loop)
                inside = sum(map(self.binary.length, calls)) / len(calls) if called else 0
                counts.append((len(loop) + called * inside) / (stored / size))
        return counts


class Binary:
    def __init__(self, path: Path) -> None:
        self.path = path
        symbols = re.findall(
            r"^(\w+) (\w+) [tTwW] (.*)$", tool("nm", "-C", "-S", path), re.MULTILINE
        )
        self.names = {name: int(address, 16) for address, _, name in symbols}
        self.lengths: dict[str, int] = {}
        self.sizes = {int(address, 16): int(size, 16) for address, size, _ in symbols}

    def per_element(self, size: int, inputs: int, calls: tuple[str, ...], *parts: str) -> float:
        """Counts in the functions whose names have these parts."""
        found = {at for name, at in self.names.items() if all(part in name for part in parts)}
        functions = (Function(self, at, self.sizes[at]) for at in found)
        return min(count for each in functions for count in each.per_element(size, inputs, calls))

    def length(self, name: str) -> int:
        """Returns the instructions from the first one to the nearest return."""
        if name not in self.lengths:
            self.lengths[name] = self.shortest_return(name)
        return self.lengths[name]

    def shortest_return(self, name: str) -> int:
        function = Function(self, self.names[name], self.sizes[self.names[name]])
        returns = (place for place, (_, name, _) in enumerate(function.code) if name == "ret")
        return 1 + min(len(way) for end in returns if (way := function.shortest(0, end)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loops", type=Path)
    parser.add_argument("torch", type=Path)
    arguments = parser.parse_args()
    ours, torch = Binary(arguments.loops), Binary(arguments.torch)
    rows = []
    for operation, (formula, kernel, inputs, functions) in OPERATIONS.items():
        for dtype, (size, type_, torchs, vector) in DTYPES.items():
            calls = tuple(f"Sleef_{function}{vector}_u10" for function in functions)
            loop = (f"<fused_softplus::math::{formula}, {type_}>::vectors<", "::UnitBeta<")
            row: kit.Row = {"operation": operation, "dtype": dtype}
            row |= {"ours": ours.per_element(size, inputs, (), *loop)}
            names = (f"{kernel}(", "DEFAULT::", f"lambda({torchs}")
            rows.append(row | {"torch": torch.per_element(size, inputs, calls, *names)})
    print(kit.table(rows))


if __name__ == "__main__":
    main()
