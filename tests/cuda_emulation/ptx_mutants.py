"""Breaks the PTX of the kernels, and looks whether the tests notice: python -m
tests.cuda_emulation.ptx_mutants"""

import re
import sys
import tempfile
from pathlib import Path

from tests.cuda_emulation import parts
from tests.cuda_emulation.run import run

# What is wrong, a pattern, and what replaces it everywhere.
MUTANTS = [
    ("no barrier follows the copy of a table", r"bar\.sync\s+0;", ""),
    ("a part of the tables is not copied", r"(setp\.gt\.u32\s+%p\d+, %r\d+, )127;", r"\g<1>126;"),
    ("contiguous operands have one vector more", r"setp\.ge\.s64", "setp.gt.s64"),
    ("other operands have one vector more", r"setp\.ge\.u32", "setp.gt.u32"),
    ("what is rounded to odd is rounded to nearest", r"fma\.rz\.f32", "fma.rn.f32"),
    ("a NaN is clamped", r"min\.NaN\.f32", "min.f32"),
    ("float multiplies round towards zero", r"\bfma\.rn\.f32", "fma.rz.f32"),
    (
        "the table is read one element too far",
        r"(ld\.shared\.f32\s+%f\d+, \[%r\d+\+)128\]",
        r"\g<1>132]",
    ),
    ("whole vectors are stored 16 bytes too far", r"(st\.global\.v4\.\w+\s+\[%rd\d+)\]", r"\1+16]"),
    ("a stride is forgotten", r"mad\.lo\.s32(\s+%r\d+, %r\d+, )%r\d+,", r"mad.lo.s32\g<1>0,"),
    (
        "selections take the other operand",
        r"selp\.f32(\s+%f\d+, )(\S+), (\S+),",
        r"selp.f32\1\3, \2,",
    ),
    ("a magnitude keeps its sign", r"abs\.f32", "mov.f32"),
]


def main() -> int:
    unnoticed = 0
    ptx = parts.modules()[0]
    text = ptx.read_text()
    with tempfile.TemporaryDirectory() as folder:
        for wrong, pattern, replacement in MUTANTS:
            mutant, times = re.subn(pattern, replacement, text)
            if times == 0:
                raise ValueError(f"{ptx} has no {pattern}")
            copy = Path(folder) / ptx.name
            copy.write_text(mutant)
            done = run(copy, "-x", "-q", "tests/test_cuda.py")
            found = re.search(r"^FAILED (\S+)", done.stdout, re.MULTILINE)
            unnoticed += found is None
            print(
                f"{wrong} ({times} times): {found[1] if found else 'NOTHING NOTICES'}", flush=True
            )
    print(f"{len(MUTANTS) - unnoticed} of {len(MUTANTS)} noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
