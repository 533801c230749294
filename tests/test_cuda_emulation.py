"""Does the emulation of CUDA (tests/cuda_emulation) compute what PTX says, and find faults?

The kernels themselves run in it as a command of its own: python -m tests.cuda_emulation
"""

import math
from fractions import Fraction

import numpy as np
import pytest

from tests.cuda_emulation import parts

if not parts.modules():
    pytest.skip("CMake has not built the emulation", allow_module_level=True)

from tests.cuda_emulation.instructions import OPERATIONS, Array
from tests.cuda_emulation.machine import Machine
from tests.cuda_emulation.memory import Allocation, Fault, Tracked
from tests.cuda_emulation.ptx import Module

ADDRESS, GUARD = 1 << 40, 64
THREADS, BLOCKS = 32, 2

# %rd1 is the address of the array, %r1 the number of the thread in the grid, %rd3 the address of
# its element.
START = """
    ld.param.u64 %rd1, [kernel_param_0];
    mov.u32 %r2, %ctaid.x;
    mov.u32 %r3, %ntid.x;
    mov.u32 %r4, %tid.x;
    mad.lo.s32 %r1, %r2, %r3, %r4;
    mul.wide.u32 %rd2, %r1, 4;
    add.s64 %rd3, %rd1, %rd2;
"""


def run(code: str) -> Array:
    """The array after a kernel with one element for each thread. At first it holds ones."""
    text = f"""
.shared .align 4 .b8 table[128];
.visible .entry kernel(
\t.param .u64 kernel_param_0
)
.maxntid {THREADS}, 1, 1
{{
{START + code}
$end:
    ret;
}}
"""
    data = np.full(2 * GUARD + 4 * THREADS * BLOCKS, 1, np.uint8)
    numbers = data[GUARD:-GUARD].view(np.uint32)
    numbers[:] = 1
    array = Allocation(ADDRESS - GUARD, Tracked(data, "the array"), GUARD, data.size - GUARD)
    argument = ADDRESS.to_bytes(8, "little")
    Machine(Module(text)).launch("kernel", BLOCKS, THREADS, [argument], [array])
    return numbers


def test_threads_have_numbers_and_meet_again() -> None:
    numbers = run(
        """
        and.b32 %r5, %r1, 1;
        setp.eq.s32 %p1, %r5, 1;
        @%p1 bra $odd;
        shl.b32 %r6, %r1, 4;
        bra.uni $both;
    $odd:
        neg.f32 %f1, 0f3F800000;
        mov.b32 %r6, %f1;
    $both:
        add.s32 %r7, %r6, 1;
        st.global.u32 [%rd3], %r7;
        """
    )
    thread = np.arange(THREADS * BLOCKS)
    assert (numbers == np.where(thread % 2, 0xBF800001, 16 * thread + 1)).all()


def test_blocks_have_shared_memory() -> None:
    numbers = run(
        """
        shl.b32 %r5, %r4, 2;
        mov.u32 %r6, table;
        add.s32 %r7, %r6, %r5;
        st.shared.u32 [%r7], %r1;
        bar.sync 0;
        xor.b32 %r8, %r5, 4;
        add.s32 %r9, %r6, %r8;
        ld.shared.u32 %r10, [%r9];
        st.global.u32 [%rd3], %r10;
        """
    )
    assert (numbers == np.arange(THREADS * BLOCKS) ^ 1).all()


def test_warps_vote() -> None:
    """In the second block, thread 4 alone is in favour, and the odd threads do not vote."""
    numbers = run(
        """
        mov.u32 %r9, 7;
        and.b32 %r5, %r4, 1;
        setp.eq.s32 %p1, %r5, 1;
        setp.eq.s32 %p2, %r1, 36;
        @%p1 bra $odd;
        vote.sync.any.pred %p3, %p2, 1431655765;  // the even lanes
        selp.b32 %r9, 1, 0, %p3;
    $odd:
        st.global.u32 [%rd3], %r9;
        """
    )
    thread = np.arange(THREADS * BLOCKS)
    assert (numbers == np.where(thread % 2, 7, thread >= THREADS)).all()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("store of 4 bytes beside the array", "st.global.u32 [%rd3+4], %r1;"),
        ("load of 4 bytes beside the array", "ld.global.u32 %r5, [%rd3+-4];"),
        ("outside of any allocation", "ld.global.u32 %r5, [%rd3+4096];"),
        ("not a multiple", "ld.global.u32 %r5, [%rd3+2];"),
        ("two stores to one place", "st.global.u32 [%rd1], %r1;"),
        (
            "what another thread stored",
            "st.global.u32 [%rd3], %r1; ld.global.u32 %r5, [%rd1];",
        ),
        (
            "where another thread loads",
            "ld.global.u32 %r5, [%rd1]; st.global.u32 [%rd3], %r1;",
        ),
        ("%r9 is read before it is written", "add.s32 %r5, %r9, 1;"),
        (
            "%r9 is read by a thread that has not written it",
            "setp.eq.s32 %p1, %r4, 0; @%p1 bra $skip; mov.u32 %r9, 1; $skip: add.s32 %r5, %r9, 1;",
        ),
        ("never written", "ld.shared.u32 %r5, [table];"),
        (
            "what another thread stored",
            "shl.b32 %r5, %r4, 2; mov.u32 %r6, table; add.s32 %r7, %r6, %r5;"
            "st.shared.u32 [%r7], %r1; ld.shared.u32 %r8, [table];",
        ),
        ("shared memory outside of it", "ld.shared.u32 %r5, [table+128];"),
        (
            "votes with others than those that stand there",
            "setp.eq.s32 %p1, %r4, 0; @%p1 bra $end; vote.sync.any.pred %p2, %p1, -1;",
        ),
        (
            "some threads of a block wait at a barrier, and others have ended",
            "setp.eq.s32 %p1, %r4, 0; @%p1 bra $end; bar.sync 0;",
        ),
    ],
)
def test_faults(fault: str, code: str) -> None:
    with pytest.raises(Fault, match=fault):
        run(code)


def test_unknown_instructions_are_refused() -> None:
    with pytest.raises(NotImplementedError, match=r"sin\.approx\.f32"):
        run("sin.approx.f32 %f1, 0f3F800000;")


def floats(count: int, dtype: type[np.floating]) -> Array:
    """Random ones: any bits, near 1, subnormal."""
    bits = np.dtype(dtype).itemsize * 8
    unsigned = np.dtype(f"uint{bits}")
    any_bits = np.random.default_rng(0).integers(0, 2**bits, count, dtype=unsigned, endpoint=False)
    mantissa = unsigned.type((1 << np.finfo(dtype).nmant) - 1)
    sign = unsigned.type(1 << (bits - 1))
    near_1 = (any_bits & (mantissa | sign)) | np.array(1, dtype).view(unsigned)
    subnormal = any_bits & (mantissa | sign)
    chosen = np.where(np.arange(count) % 3 == 0, any_bits, near_1)
    return np.where(np.arange(count) % 7 == 0, subnormal, chosen).view(dtype)


def rounded(exact: Fraction, dtype: type[np.floating], towards_zero: bool) -> float:
    info = np.finfo(dtype)
    exponent = exact.numerator.bit_length() - exact.denominator.bit_length()
    exponent -= abs(exact) < Fraction(2) ** exponent
    unit = Fraction(2) ** (max(exponent, info.minexp) - info.nmant)
    units = abs(exact) // unit if towards_zero else round(abs(exact) / unit)
    magnitude = units * unit
    if magnitude > Fraction(float(info.max)):
        return math.copysign(float(info.max) if towards_zero else math.inf, exact)
    return math.copysign(float(magnitude), exact)


@pytest.mark.parametrize("opcode", ["fma.rn.f32", "fma.rz.f32", "fma.rn.f64"])
def test_fused_multiply_add(opcode: str) -> None:
    dtype = np.float64 if opcode.endswith("64") else np.float32
    a, b, c = (np.roll(floats(9000, dtype), by) for by in (0, 1, 2))
    with np.errstate(all="ignore"):
        c[::5] = -(a * b)[::5]  # which cancels
        results = OPERATIONS[opcode].function(a, b, c)
    compared = 0
    for x, y, z, result in zip(a, b, c, results, strict=True):
        if np.isfinite([x, y, z]).all():
            exact = Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z))
            if exact:
                assert result == rounded(exact, dtype, ".rz." in opcode), (x, y, z)
                compared += 1
    assert compared > 8000


@np.errstate(all="ignore")
def test_results_that_are_no_numbers() -> None:
    nan = OPERATIONS["add.rn.f32"].function(np.float32(np.inf), np.float32(-np.inf))
    assert nan.view(np.uint32) == 0x7FFFFFFF
    one, missing = np.float32(1), np.float32(np.nan)
    for opcode in ("max.f32", "min.f32"):
        assert OPERATIONS[opcode].function(one, missing) == 1
        assert OPERATIONS[opcode].function(missing, one) == 1
    assert np.isnan(OPERATIONS["min.NaN.f32"].function(one, missing))
    assert np.isnan(OPERATIONS["min.NaN.f32"].function(missing, one))
    zero = np.float32(0)
    assert not np.signbit(OPERATIONS["max.f32"].function(-zero, zero))
    assert np.signbit(OPERATIONS["min.f32"].function(zero, -zero))
    for name, unordered in (("lt", False), ("ltu", True), ("ne", False), ("neu", True)):
        assert OPERATIONS[f"setp.{name}.f32"].function(one, missing) == unordered
