"""What the library sets out to reach, and whether a record shows that it does."""

from dataclasses import dataclass

from plan import IN_CACHE, IN_MEMORY, ITEM_BYTES, SMALL
from results import Record, Result, Spread

HALVES = ("bfloat16", "float16")


@dataclass(frozen=True)
class Goal:
    """Ours is at least `must` times as fast as the peer in every one of the cases; or, at_most,
    takes at most `must` times its time."""

    name: str
    peer: str
    operation: str
    dtypes: tuple[str, ...]
    sizes: tuple[int, ...]
    must: float
    moonshot: float
    at_most: bool = False
    instruction_set: str | None = None  # what both must run with


@dataclass(frozen=True)
class Verdict:
    goal: Goal
    where: Result | None  # the case furthest from the goal; None: not all were measured

    @property
    def measured(self) -> Spread:
        assert self.where
        ratio = self.where.times_as_fast[self.goal.peer]
        return [1 / value for value in reversed(ratio)] if self.goal.at_most else ratio

    @property
    def word(self) -> str:
        if not self.where:
            return "not measured"
        sign = -1 if self.goal.at_most else 1
        for word, limit in ("moonshot", self.goal.moonshot), ("holds", self.goal.must):
            if sign * self.measured[1] >= sign * limit:
                return word
        return "missed"


# fmt: off
F32, F64 = ("float32",), ("float64",)
GOALS = [
    Goal("float32 forward in cache, AVX-512", "F.softplus", "forward", F32, IN_CACHE, 4.5, 8,
         instruction_set="avx512"),
    Goal("float32 forward in cache", "ReLU", "forward", F32, IN_CACHE[-1:], 3.5, 2, at_most=True),
    Goal("float32 forward in memory", "copy_", "forward", F32, IN_MEMORY, 1.2, 1.03, at_most=True),
    Goal("bfloat16, float16 forward", "F.softplus", "forward", HALVES, IN_CACHE, 5, 10),
    Goal("float64 forward", "F.softplus", "forward", F64, IN_CACHE, 2.5, 5),
    Goal("float32 backward", "F.softplus", "backward", F32, IN_CACHE, 1.2, 2),
    Goal("bfloat16, float16 backward", "F.softplus", "backward", HALVES, IN_CACHE, 1.5, 3),
    Goal("double backward, every dtype", "F.softplus", "double_backward", tuple(ITEM_BYTES),
         IN_CACHE, 3, 5),
    Goal("16 elements, no grad", "F.softplus", "call", F32, (SMALL,), 1, 1.2),
    Goal("16 elements, with grad and backward", "F.softplus", "both", F32, (SMALL,), 1, 1.2),
    Goal("float32 forward in cache, AVX2", "F.softplus", "forward", F32, IN_CACHE, 2.5, 4,
         instruction_set="avx2"),
]
# fmt: on


def verdicts(record: Record) -> list[Verdict]:
    return [_judge(goal, record) for goal in GOALS]


def _judge(goal: Goal, record: Record) -> Verdict:
    # A result that was not forced ran with the best instruction set that the machine has.
    native = goal.instruction_set in (None, record.machine["instruction set"])
    results = [
        result
        for result in record.results
        if result.case.operation == goal.operation
        and result.case.dtype in goal.dtypes
        and result.case.size in goal.sizes
        and result.case.instruction_set == (None if native else goal.instruction_set)
    ]
    if len(results) < len(goal.dtypes) * len(goal.sizes):
        return Verdict(goal, None)
    return Verdict(goal, min(results, key=lambda result: result.times_as_fast[goal.peer][1]))
