"""Whether the CUDA kernels can keep up with the memory, reckoned from their machine code.

    make roofline

Counts the instructions of each contiguous kernel for sm_90, divides them among the elements that a
thread computes, and sets what the busiest unit of a multiprocessor needs for them against the time
in which the memory moves the element's bytes. Above 100 % the kernel is bound by that unit; well
below, by the memory, if nothing else stands in its way. A reckoning, not a measurement: latencies,
bank conflicts and the scheduler's choices are not in it. Needs no GPU.
"""

import sys
from pathlib import Path

# The reader of machine code is the tests'.
sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

import sass
from plan import ITEM_BYTES, OPERANDS
from report import table

# NVIDIA H100 SXM: its data sheet's bandwidth, of which copies reach some 92 %.
ARCHITECTURE, MULTIPROCESSORS, CLOCK, BANDWIDTH = 90, 132, 1.755e9, 0.92 * 3.35e12

# Units of a multiprocessor, which instructions they take, and for how many threads in a clock
# (CUDA C++ Programming Guide, "Arithmetic Instructions", compute capability 9.0).
UNITS = {
    "issue": (r".*", 128),
    "multiply-add": (r"(FFMA|FADD|FMUL|IMAD|HFMA2).*", 128),
    "integer and compare": (
        r"(LOP3|FMNMX|VIMNMX|IMNMX|FSEL|FSETP|SEL|ISETP|DSETP|IADD3|VIADD|SHF|LEA|PRMT|F2FP|MOV).*",
        64,
    ),
    "float64": (r"(DFMA|DADD|DMUL|DSETP|DMNMX).*", 64),
    "special": (r"(MUFU|F2F|F2I|I2F).*", 16),
    "load and store": (r"(LD|ST)[GS].*", 32),
}
WIDE_PASSES = 4  # a 16-byte access of a warp takes as many passes as four of 4 bytes

OPERATIONS = {
    "Softplus": "forward",
    "SoftplusBackward": "backward",
    "SoftplusDoubleBackward": "double_backward",
}
THREAD_BYTES = 32  # cuda/kernels.cuh


def row(kernel: sass.MachineCode) -> list[str]:
    item_bytes = ITEM_BYTES[kernel.dtype]
    elements = THREAD_BYTES // item_bytes
    evaluations = elements + 1  # one more for what is less than a vector
    wide = kernel.count(r"(LD|ST)G\.E\.128.*")
    clocks = {name: kernel.count(what) / evaluations / rate for name, (what, rate) in UNITS.items()}
    narrow = kernel.count(r"(LD|ST)S.*") / evaluations
    clocks["load and store"] = (narrow + wide * WIDE_PASSES / elements) / 32
    busiest = max(clocks, key=clocks.__getitem__)
    moved = OPERANDS[OPERATIONS[kernel.formula]] * item_bytes
    memory = moved / (BANDWIDTH / MULTIPROCESSORS / CLOCK)
    return [
        f"{OPERATIONS[kernel.formula]}, {kernel.dtype}",
        "1" if kernel.beta == "UnitBeta" else "any",
        f"{kernel.count(r'.*') / evaluations:.0f}",
        f"{kernel.count(r'LDS.*') / evaluations:.0f}",
        f"{memory:.2f}",
        f"{clocks[busiest]:.2f} ({busiest})",
        f"{100 * clocks[busiest] / memory:.0f} %",
    ]


def main() -> None:
    kernels = [
        kernel
        for kernel in sass.kernels()
        if kernel.architecture == ARCHITECTURE
        and kernel.layout == "contiguous"
        and kernel.formula in OPERATIONS
    ]
    order = list(OPERATIONS)
    kernels.sort(key=lambda one: (order.index(one.formula), list(ITEM_BYTES).index(one.dtype)))
    headings = ["", "beta", "instructions", "look-ups", "memory, clocks", "busiest unit, clocks"]
    headings += ["of the memory's time"]
    print(f"An element, on one of {MULTIPROCESSORS} multiprocessors of an NVIDIA H100:\n")
    print(table(headings, map(row, kernels)))


if __name__ == "__main__":
    main()
