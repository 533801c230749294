"""The machine code (SASS) of the CUDA kernels in the operator library."""

import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from fused_softplus import library_path

_ARCHITECTURE = re.compile(r"^\s*code for sm_(\d+)")
_KERNEL = re.compile(
    r"^\s*Function : void fused_softplus::cuda::elementwise_kernel<"
    r"fused_softplus::cuda::(?P<layout>\w+)<\d>, "
    r"fused_softplus::math::(?P<formula>.+), (?:c10::)?(?P<dtype>\w+), "
    r"fused_softplus::math::(?P<beta>\w+)<"
)
_INSTRUCTION = re.compile(
    r"^\s+/\*(?P<address>[0-9a-f]{4,})\*/\s+(?P<guard>@!?U?P\w+\s+)?(?P<opcode>[A-Z][\w.]*)"
    r"(?P<operands>[^;]*)"
)
_DTYPES = {"float": "float32", "double": "float64", "Half": "float16", "BFloat16": "bfloat16"}


@dataclass(frozen=True)
class Instruction:
    address: int
    guarded: bool  # by a predicate
    opcode: str
    operands: str


@dataclass(frozen=True)
class MachineCode:
    architecture: int  # 90: sm_90
    layout: str  # its name in cuda/layouts.cuh
    formula: str  # its name in csrc/math/formulas.h
    dtype: str
    beta: str  # UnitBeta or AnyBeta
    instructions: list[Instruction] = field(default_factory=list, hash=False)

    def __str__(self) -> str:
        return f"sm_{self.architecture} {self.layout} {self.formula} {self.dtype} {self.beta}"

    def count(self, pattern: str) -> int:
        """How many instructions match the pattern as a whole."""
        return sum(bool(re.fullmatch(pattern, one.opcode)) for one in self.instructions)

    def usual_path(self) -> "MachineCode":
        """The instructions of a thread that takes no conditional branch before it may end: its
        vectors are whole, and all their numbers are near 0 (csrc/math/scale.h)."""
        places = {one.address: place for place, one in enumerate(self.instructions)}
        path: list[Instruction] = []
        place = 0
        while not path or path[-1].opcode != "EXIT":
            path.append(self.instructions[place])
            if path[-1].opcode == "BRA" and not path[-1].guarded:
                place = places[int(path[-1].operands.strip(), 16)]
            else:
                place += 1
        return replace(self, instructions=path)


def disassembler() -> str | None:
    """CUDA's cuobjdump, or the one that Triton brings along."""
    if installed := shutil.which("cuobjdump"):
        return installed
    spec = find_spec("triton")
    for folder in spec.submodule_search_locations or [] if spec else []:
        path = Path(folder) / "backends" / "nvidia" / "bin" / "cuobjdump"
        if path.exists():
            return str(path)
    return None


def _dump(option: str) -> str:
    program = disassembler()
    assert program, "no cuobjdump: neither CUDA's nor Triton's is installed"
    done = subprocess.run(
        [program, option, library_path()], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def ptx() -> str:
    """The code that the driver compiles for architectures newer than all that the library has."""
    return _dump("-ptx")


def kernels() -> list[MachineCode]:
    """All of the library's, for every architecture that it holds machine code for."""
    names = subprocess.run(
        ["c++filt"], input=_dump("-sass"), check=True, stdout=subprocess.PIPE, text=True
    )
    found: list[MachineCode] = []
    architecture = 0
    for line in names.stdout.splitlines():
        if match := _ARCHITECTURE.match(line):
            architecture = int(match[1])
        elif match := _KERNEL.match(line):
            layout, formula, dtype, beta = match.groups()
            formula = formula.replace("fused_softplus::math::", "")
            found.append(MachineCode(architecture, layout, formula, _DTYPES[dtype], beta))
        elif (match := _INSTRUCTION.match(line)) and match["opcode"] != "NOP":
            address, guard, opcode, operands = match.groups()
            one = Instruction(int(address, 16), bool(guard), opcode, operands)
            found[-1].instructions.append(one)
    return found
