"""What is timed: which operation on what, and how much memory it moves."""

from dataclasses import dataclass

# Tensors that an operation reads or writes once each; both is forward and then backward.
OPERANDS = {"forward": 2, "call": 2, "backward": 3, "both": 5, "double_backward": 5}
ITEM_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2}

SMALL, IN_CACHE, IN_MEMORY = 2**4, (2**14, 2**18), (2**24, 2**26)


@dataclass(frozen=True)
class Case:
    """One comparison of every implementation.

    forward and backward write to memory they are given, where the implementation can; call is the
    Python function with its allocation; both is call and backward through autograd.
    """

    operation: str
    dtype: str
    size: int
    threads: int = 1
    instruction_set: str | None = None  # forced on ours and ATen; None: each chooses

    @property
    def bytes(self) -> int:
        return OPERANDS[self.operation] * ITEM_BYTES[self.dtype] * self.size


def full_plan(threads: int, forced: str | None) -> list[Case]:
    """One thread up to 2^22 elements and all from 2^24 on; a few cases of the forced set."""
    cases = [
        Case(operation, dtype, 2**exponent, threads if 2**exponent >= IN_MEMORY[0] else 1)
        for dtype in ITEM_BYTES
        for operation in ("forward", "backward", "both")
        for exponent in _exponents(operation, dtype)
    ]
    cases += [Case("double_backward", dtype, size) for dtype in ITEM_BYTES for size in IN_CACHE]
    return [*cases, Case("call", "float32", SMALL), *_forced_plan(forced)]


def _exponents(operation: str, dtype: str) -> list[int]:
    """Of the sizes. In memory, both mostly measures how fast the system gives out new pages."""
    if dtype == "float32":
        return list(range(4, 25 if operation == "both" else 27, 2))
    return [4, 8, 14, 18] if operation == "both" else [4, 8, 14, 18, 24]


def quick_plan(threads: int, forced: str | None) -> list[Case]:
    """The cases that the goals speak of, and no more."""
    cases = [
        Case(operation, dtype, size)
        for operation in ("forward", "backward", "double_backward")
        for dtype in ITEM_BYTES
        for size in IN_CACHE
    ]
    cases += [Case("forward", "float32", size, threads) for size in IN_MEMORY]
    cases += [Case(operation, "float32", SMALL) for operation in ("call", "both")]
    return cases + _forced_plan(forced)


def _forced_plan(instruction_set: str | None) -> list[Case]:
    if not instruction_set:
        return []
    return [
        Case(operation, "float32", size, instruction_set=instruction_set)
        for operation in ("forward", "backward")
        for size in IN_CACHE
    ]
