"""What PTX instructions compute, on arrays.

OPERATIONS has the instructions that nvcc makes of cuda/softplus_cuda.cu, except those that move
data and those that branch (machine.py). An instruction that is in neither is refused by its name.
"""

import ctypes
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.cuda_emulation import parts

Array = NDArray[Any]

TYPES: dict[str, type[np.generic]] = {
    "pred": np.bool_,
    **{f"{kind}{bits}": getattr(np, f"uint{bits}") for kind in "bu" for bits in (8, 16, 32, 64)},
    **{f"s{bits}": getattr(np, f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"f{bits}": getattr(np, f"float{bits}") for bits in (16, 32, 64)},
    "bf16": np.uint16,  # NumPy has no such type
}


def size_of(type_: str) -> int:
    return np.dtype(TYPES[type_]).itemsize


@dataclass(frozen=True)
class Operation:
    result: str  # its type, and those of the operands
    operands: tuple[str, ...]
    function: Callable[..., Any]


OPERATIONS: dict[str, Operation] = {}


def _define(opcode: str, signature: str, function: Callable[..., Any]) -> None:
    operands, _, result = signature.partition(" -> ")
    OPERATIONS[opcode] = Operation(result, tuple(operands.split()), function)


_NAN: dict[np.dtype[Any], Any] = {  # that arithmetic returns
    np.dtype(np.float16): np.uint16(0x7FFF).view(np.float16),
    np.dtype(np.float32): np.uint32(0x7FFF_FFFF).view(np.float32),
    np.dtype(np.float64): np.uint64(0x7FFF_FFFF_FFFF_FFFF).view(np.float64),
}


def _with_one_nan(function: Callable[..., Any]) -> Callable[..., Array]:
    def compute(*operands: Array) -> Array:
        result = np.asarray(function(*operands))
        return np.where(np.isnan(result), _NAN[result.dtype], result)

    return compute


# ---- Floating point ------------------------------------------------------------------------------
_ALU = ctypes.CDLL(str(parts.ALU))  # alu.c


def _fused(name: str) -> Callable[..., Array]:
    function = getattr(_ALU, name)

    def compute(*operands: Array) -> Array:
        arrays = [np.ascontiguousarray(array) for array in np.broadcast_arrays(*operands)]
        result = np.empty_like(arrays[0])
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (*arrays, result)]
        function(ctypes.c_long(result.size), *pointers)
        return result

    return compute


def _extremum(larger: Callable[..., Any]) -> Callable[..., Array]:
    """min and max return the number if one operand is a NaN, and +0 is larger than -0."""

    def compute(a: Array, b: Array) -> Array:
        zeros = (a == 0) & (b == 0)
        a_first = np.where(zeros, larger(np.signbit(b), np.signbit(a)), larger(a, b))
        return np.where(a_first | np.isnan(b), a, b)

    return compute


def _or_nan(function: Callable[..., Array]) -> Callable[..., Array]:
    """NaN if either operand is."""
    return lambda a, b: np.where(np.isnan(a) | np.isnan(b), a.dtype.type(np.nan), function(a, b))


_Functions = dict[str, Callable[..., Any]]
_ARITHMETIC: _Functions = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
for _type in ("f32", "f64"):
    for _name, _function in _ARITHMETIC.items():
        _define(f"{_name}.rn.{_type}", f"{_type} {_type} -> {_type}", _with_one_nan(_function))
    _define(
        f"fma.rn.{_type}",
        f"{_type} {_type} {_type} -> {_type}",
        _with_one_nan(_fused(f"fma_rn_{_type}")),
    )
    for _name, _function in (("max", np.greater), ("min", np.less)):
        _extreme = _with_one_nan(_extremum(_function))
        _define(f"{_name}.{_type}", f"{_type} {_type} -> {_type}", _extreme)
    _define(f"neg.{_type}", f"{_type} -> {_type}", np.negative)
    _define(f"abs.{_type}", f"{_type} -> {_type}", np.abs)
    _define(
        f"copysign.{_type}", f"{_type} {_type} -> {_type}", lambda sign, x: np.copysign(x, sign)
    )
_define("min.NaN.f32", "f32 f32 -> f32", _with_one_nan(_or_nan(_extremum(np.less))))
_define("fma.rz.f32", "f32 f32 f32 -> f32", _with_one_nan(_fused("fma_rz_f32")))


def _reciprocal_guess(x: Array) -> Array:
    """The upper halves of a double and of its reciprocal count."""
    upper = np.uint64(0xFFFF_FFFF_0000_0000)
    reciprocal = 1 / (x.view(np.uint64) & upper).view(np.float64)
    rounded = (reciprocal.view(np.uint64) + np.uint64(1 << 31)) & upper
    return rounded.view(np.float64)


_define("rcp.approx.ftz.f64", "f64 -> f64", _with_one_nan(_reciprocal_guess))

# ---- Conversions ---------------------------------------------------------------------------------


def _to(type_: str) -> Callable[[Array], Array]:
    return lambda x: x.astype(TYPES[type_])


def _to_bfloat16(x: Array) -> Array:
    bits = x.view(np.uint32)
    even = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = (bits + np.uint32(0x7FFF) + even) >> np.uint32(16)
    return np.where(np.isnan(x), np.uint32(0x7FFF), rounded).astype(np.uint16)


def _from_bfloat16(bits: Array) -> Array:
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


for _from, _result in (("u32", "u64"), ("u64", "u32"), ("u32", "u16"), ("s32", "s64")):
    _define(f"cvt.{_result}.{_from}", f"{_from} -> {_result}", _to(_result))
for _from, _result in (("f32", "f64"), ("f16", "f32")):
    _define(f"cvt.{_result}.{_from}", f"{_from} -> {_result}", _with_one_nan(_to(_result)))
for _from, _result in (("f64", "f32"), ("f32", "f16")):
    _define(f"cvt.rn.{_result}.{_from}", f"{_from} -> {_result}", _with_one_nan(_to(_result)))
_define("cvt.f32.bf16", "bf16 -> f32", _with_one_nan(_from_bfloat16))
_define("cvt.rn.bf16.f32", "f32 -> bf16", _to_bfloat16)

# ---- Comparison and selection --------------------------------------------------------------------
_COMPARISONS: _Functions = {
    name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")
}


def _ordered(compare: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: compare(a, b) & ~(np.isnan(a) | np.isnan(b))


def _unordered(compare: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: compare(a, b) | np.isnan(a) | np.isnan(b)


for _name, _function in _COMPARISONS.items():
    for _type in ("s16", "s32", "u32", "s64", "u64"):
        _define(f"setp.{_name}.{_type}", f"{_type} {_type} -> pred", _function)
    for _type in ("f32", "f64"):
        _define(f"setp.{_name}.{_type}", f"{_type} {_type} -> pred", _ordered(_function))
        _define(f"setp.{_name}u.{_type}", f"{_type} {_type} -> pred", _unordered(_function))
for _type in ("b16", "b32", "b64", "f32", "f64"):
    _define(f"selp.{_type}", f"{_type} {_type} pred -> {_type}", lambda a, b, p: np.where(p, a, b))

# ---- Bits and integers ---------------------------------------------------------------------------


def _shift(function: Callable[..., Any]) -> Callable[..., Array]:
    """A shift by more than the number of bits shifts all of them out."""

    def compute(x: Array, by: Array) -> Array:
        bits = 8 * x.itemsize
        shifted = function(x, np.minimum(by, bits - 1).astype(x.dtype))
        if np.issubdtype(x.dtype, np.signedinteger):
            return np.asarray(shifted)
        return np.where(by >= bits, x.dtype.type(0), shifted)

    return compute


def _insert_bits(bits: Array, into: Array, first: Array, count: Array) -> Array:
    mask = ((np.uint64(1) << count.astype(np.uint64)) - np.uint64(1)) << first.astype(np.uint64)
    return (into & ~mask) | ((bits << first.astype(np.uint64)) & mask)


_BITWISE: _Functions = {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}
_INTEGER: _Functions = {"add": np.add, "sub": np.subtract, "min": np.minimum, "max": np.maximum}
for _type in ("b16", "b32", "b64", "pred"):
    for _name, _function in _BITWISE.items():
        _define(f"{_name}.{_type}", f"{_type} {_type} -> {_type}", _function)
    _define(f"not.{_type}", f"{_type} -> {_type}", np.invert)
for _type in ("s32", "u32", "s64", "u64"):
    for _name, _function in _INTEGER.items():
        _define(f"{_name}.{_type}", f"{_type} {_type} -> {_type}", _function)
    _define(f"shr.{_type}", f"{_type} u32 -> {_type}", _shift(np.right_shift))
for _type in ("b32", "b64"):
    _define(f"shl.{_type}", f"{_type} u32 -> {_type}", _shift(np.left_shift))
for _type in ("s32", "s64"):
    _define(f"mul.lo.{_type}", f"{_type} {_type} -> {_type}", np.multiply)
    _define(f"mad.lo.{_type}", f"{_type} {_type} {_type} -> {_type}", lambda a, b, c: a * b + c)
_define("mul.wide.u32", "u32 u32 -> u64", lambda a, b: a.astype(np.uint64) * b)
_define("mul.hi.u32", "u32 u32 -> u32", lambda a, b: (a.astype(np.uint64) * b) >> np.uint64(32))
_define("bfi.b64", "b64 b64 u32 u32 -> b64", _insert_bits)
