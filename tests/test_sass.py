"""Is the machine code of the CUDA kernels that of fast kernels? Needs no GPU."""

import re

import pytest

from fused_softplus import _build
from tests.tools import sass
from tests.tools.reference import DTYPES

pytestmark = pytest.mark.skipif(not _build.cuda, reason="no CUDA kernels")

# The numbers of inputs and outputs of each formula.
FORMULAS = {
    "Softplus": (1, 1),
    "SoftplusBackward": (2, 1),
    "SoftplusBackwardFromResult": (2, 1),
    "SoftplusDoubleBackward": (3, 2),
    "SoftplusDoubleBackwardFromResult": (3, 2),
    "WithBias<Softplus>": (2, 1),
    "WithBias<SoftplusBackward>": (3, 1),
    "WithBias<SoftplusDoubleBackward>": (4, 2),
    "InverseSoftplus": (1, 1),
    "ShiftedSoftplus": (1, 1),
    "SoftplusFloor": (2, 1),
}
INITIALIZES = "InverseSoftplus"  # runs once to initialize parameters: may divide, needs no table
DTYPE_BYTES = {str(dtype).removeprefix("torch."): dtype.itemsize for dtype in DTYPES}
THREAD_BYTES = 32  # cuda/kernels.cuh: loaded by a thread from each input


@pytest.fixture(scope="module")
def kernels() -> list[sass.MachineCode]:
    return sass.kernels()


def test_every_kernel_is_there_for_every_architecture(kernels: list[sass.MachineCode]) -> None:
    architectures = {kernel.architecture for kernel in kernels}
    assert architectures
    both = ("UnitBeta", "AnyBeta")
    expected = {
        f"sm_{architecture} {layout} {formula} {dtype} {beta}"
        for architecture in architectures
        for formula in FORMULAS
        for dtype in DTYPE_BYTES
        for layout, betas in (
            ("Contiguous", both),
            ("VectorRows", both if formula.startswith("WithBias") else both[1:]),
            ("Elements", both[1:]),
        )
        for beta in betas
    }
    assert {str(kernel) for kernel in kernels} == expected
    assert len(kernels) == len(expected)


def test_no_kernel_spills_or_calls(kernels: list[sass.MachineCode]) -> None:
    """Spilled registers use local memory; the slow path of a division is a call."""
    for kernel in kernels:
        assert kernel.count(r"(LDL|STL)(\..*)?") == 0, str(kernel)
        if kernel.formula != INITIALIZES:
            assert kernel.count(r"(CALL|JCAL)(\..*)?") == 0, str(kernel)


def test_whole_vectors_are_loaded_and_stored(kernels: list[sass.MachineCode]) -> None:
    """Loads and stores have 16 bytes, or 32 from sm_100 on. Single elements are loaded and stored
    only for the last part of a vector, once for each operand."""
    for kernel in kernels:
        if kernel.layout == "Elements":
            continue
        inputs, outputs = FORMULAS[kernel.formula]
        wide, width = (r"256", 32) if kernel.architecture >= 100 else (r"128", 16)
        vectors = THREAD_BYTES // width
        loads = kernel.count(rf"LDG\.E(\.ENL2)?\.{wide}(\.\w+)*")
        stores = kernel.count(rf"STG\.E(\.ENL2)?\.{wide}(\.\w+)*")
        assert (loads, stores) == (inputs * vectors, outputs * vectors), str(kernel)
        table = kernel.count(r"LDG\.E\.64\.CONSTANT(\.\w+)*")  # copied into shared memory
        # VectorRows loads the elements of a vector one by one where it has to.
        rows = THREAD_BYTES // DTYPE_BYTES[kernel.dtype] if kernel.layout == "VectorRows" else 0
        assert kernel.count(r"LDG.*") - loads - table == inputs * (rows + 1), str(kernel)
        assert kernel.count(r"STG.*") - stores == outputs, str(kernel)


def test_float32_looks_up_in_shared_memory(kernels: list[sass.MachineCode]) -> None:
    for kernel in kernels:
        looks_up = kernel.dtype != "float64" and not (
            kernel.formula.endswith("FromResult") or kernel.formula == INITIALIZES
        )
        assert (kernel.count(r"LDS.*") > 0) == looks_up, str(kernel)


def test_fused_multiply_adds_are_those_that_are_written() -> None:
    """With -fmad=false, every other operation is rounded separately, which PTX marks with .rn. The
    tests of the scalar formulas on the host therefore apply to the device."""
    text = sass.ptx()
    if not text:
        pytest.skip("this build holds machine code only (TORCH_CUDA_ARCH_LIST without +PTX)")
    operations = re.findall(r"\b(?:add|sub|mul)\.(?:(\w\w)\.)?f(?:32|64)\b", text)
    assert operations
    assert set(operations) <= {"rn", "rz"}
