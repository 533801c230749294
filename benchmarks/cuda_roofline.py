"""Estimates from their machine code whether the CUDA kernels can keep up with the memory.

    make roofline

Counts the instructions that a thread executes on sm_90 where the operands are contiguous and no
abs(beta * x) exceeds 21.8, divides them by the elements that it computes, and compares the time
that the busiest unit of a multiprocessor needs for them with the time in which the memory moves the
bytes of an element. Above 100 % the kernel is bound by that unit. Well below, it is bound by the
memory, unless something that is not modelled limits it: latencies, bank conflicts, the scheduler.
Needs no GPU.
"""

from benchmarks import kit
from benchmarks.peers import OPERANDS
from tests.tools import sass

# NVIDIA H100 SXM, with the bandwidth of its data sheet, of which copies reach some 92 %.
MACHINE = {"gpu": "NVIDIA H100", "architecture": "sm_90", "multiprocessors": 132}
CLOCK, BANDWIDTH = 1.755e9, 0.92 * 3.35e12
BYTES_A_CLOCK = BANDWIDTH / 132 / CLOCK  # on each multiprocessor

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
ITEM_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2}
THREAD_BYTES = 32  # cuda/kernels.cuh


def row(kernel: sass.MachineCode) -> kit.Row:
    item_bytes = ITEM_BYTES[kernel.dtype]
    elements = THREAD_BYTES // item_bytes
    wide = kernel.count(r"(LD|ST)G\.E\.128.*")
    clocks = {name: kernel.count(what) / elements / rate for name, (what, rate) in UNITS.items()}
    narrow = kernel.count(r"(LD|ST)S.*") / elements
    clocks["load and store"] = (narrow + wide * WIDE_PASSES / elements) / 32
    busiest = max(clocks, key=clocks.__getitem__)
    memory = OPERANDS[OPERATIONS[kernel.formula]] * item_bytes / BYTES_A_CLOCK
    return {
        "operation": OPERATIONS[kernel.formula],
        "dtype": kernel.dtype,
        "beta": "1" if kernel.beta == "UnitBeta" else "any",
        "instructions": round(kernel.count(r".*") / elements),
        "look-ups": round(kernel.count(r"LDS.*") / elements),
        "memory, clocks": memory,
        "busiest unit": busiest,
        "its clocks": clocks[busiest],
        "its clocks, % of the memory's": round(100 * clocks[busiest] / memory),
    }


def main() -> None:
    options = kit.parser(__doc__).parse_args()
    kernels = [
        kernel.usual_path()
        for kernel in sass.kernels()
        if kernel.architecture == 90
        and kernel.layout == "Contiguous"
        and kernel.formula in OPERATIONS
    ]
    order = list(OPERATIONS)
    kernels.sort(key=lambda one: (order.index(one.formula), kit.DTYPES.index(one.dtype), one.beta))
    kit.publish("on-paper", [row(kernel) for kernel in kernels], options, MACHINE)


if __name__ == "__main__":
    main()
