"""The error bounds that the formulas state, and the documentation's tables of them.

    python -m tests.tools.bounds    writes the tables into README.md and docs/accuracy.md

csrc/math/formulas.h holds the numbers, beside the formulas. The C++ tests include it. This module
reads its text, so that the Python tests need neither a build of the C++ tests nor more in the
library.
"""

import math
import re
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
DTYPES = ["float32", "float64", "float16", "bfloat16"]


class Bounds(NamedTuple):
    """The bounds of one output. csrc/math/bounds.h says what each field means."""

    power_of_2: float
    any_beta: float
    power_of_2_without_fma: float
    any_beta_without_fma: float
    multiplier: str = "one"
    correctly_rounded: bool = False
    bfloat16_adds: float = 0
    float32_in_double: float = 0

    def ulp(self, *, power_of_2: bool, fma: bool = True) -> float:
        """The bound of float64, and of float32 unless that is computed in double."""
        if fma:
            return self.power_of_2 if power_of_2 else self.any_beta
        return self.power_of_2_without_fma if power_of_2 else self.any_beta_without_fma


_OUTPUT = re.compile(r"\{(.*?)\}|(\w+)::bounds\[(\d)\]", re.DOTALL)


def _value(text: str) -> Any:
    kind, _, name = text.rpartition("::")
    return name if kind else text == "true" or float(text)


def _read(text: str) -> dict[str, list[Bounds]]:
    """The bounds of the outputs of every formula that has its own."""
    found: dict[str, list[Bounds]] = {}
    for struct in text.split("\nstruct ")[1:]:
        if not (block := re.search(r" bounds\[outputs\] = \{(.*?)\};", struct, re.DOTALL)):
            continue
        outputs = found[struct.split()[0]] = []
        for fields, formula, output in _OUTPUT.findall(block[1]):
            if formula:
                outputs.append(found[formula][int(output)])
            else:
                pairs = re.findall(r"\.(\w+) = ([\w.:]+)", fields)
                outputs.append(Bounds(**{name: _value(value) for name, value in pairs}))
    return found


_FORMULAS = _read((ROOT / "csrc" / "math" / "formulas.h").read_text())
_FROM_RESULT = _FORMULAS["SoftplusBackwardFromResult"][0]

# The names are those of the functions in reference.py.
BOUNDS = {
    "softplus": _FORMULAS["Softplus"][0],
    "slope": _FORMULAS["SoftplusBackward"][0],
    "slope_from_result": _FROM_RESULT,
    "curvature": _FORMULAS["SoftplusDoubleBackward"][1],
    "curvature_from_result": _FORMULAS["SoftplusDoubleBackwardFromResult"][1],
    "inverse_softplus": _FORMULAS["InverseSoftplus"][0],
    "shifted_softplus": _FORMULAS["ShiftedSoftplus"][0],
    "softplus_floor": _FORMULAS["SoftplusFloor"][0],
    # The gradient is grad / slope_from_result. 1 ULP of the divisor is up to 2 ULP of the quotient,
    # and the division rounds.
    "inverse_slope": Bounds(
        power_of_2=2 * _FROM_RESULT.power_of_2 + 0.5,
        any_beta=2 * _FROM_RESULT.any_beta + 0.5,
        power_of_2_without_fma=2 * _FROM_RESULT.power_of_2_without_fma + 0.5,
        any_beta_without_fma=2 * _FROM_RESULT.any_beta_without_fma + 0.5,
    ),
}

# ---- The documentation -------------------------------------------------------------------------


def shown(bounds: Bounds, dtype: str, *, power_of_2: bool) -> str:
    """The bound as the tables have it: for the 16-bit types, rounded up."""
    ulp = bounds.ulp(power_of_2=power_of_2)
    if dtype == "float64" or (dtype == "float32" and not bounds.float32_in_double):
        return f"{ulp:g}"
    if dtype == "float32":
        return f"{bounds.float32_in_double:g}"
    if bounds.correctly_rounded and (power_of_2 or bounds.float32_in_double):
        return "correctly rounded"
    digits, decimals = (11, 4) if dtype == "float16" else (8, 5)
    computed = ulp + (bounds.bfloat16_adds if dtype == "bfloat16" else 0)
    rounded = 0.5 + computed * 2.0 ** (digits - 24)
    return f"{math.ceil(rounded * 10**decimals) / 10**decimals:g}"


def table(**rows: str) -> str:
    """A row for each quantity: its bound for beta a power of 2, and in parentheses for any beta."""

    def cell(bounds: Bounds, dtype: str) -> str:
        power_of_2, any_beta = (shown(bounds, dtype, power_of_2=p) for p in (True, False))
        return power_of_2 if power_of_2 == any_beta else f"{power_of_2} ({any_beta})"

    lines = [("", *DTYPES), ("---",) * 5]
    for quantity, name in rows.items():
        lines.append((name, *(cell(BOUNDS[quantity], dtype) for dtype in DTYPES)))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# By file, and by the marks around the table.
TABLES = {
    ("README.md", "bounds"): table(
        softplus="forward", slope="backward", inverse_softplus="inverse"
    ),
    ("docs/accuracy.md", "all-bounds"): table(
        softplus="`softplus`",
        slope="`softplus_backward`; `softplus_double_backward`, for `grad_output`",
        slope_from_result="`softplus_backward_from_result`; "
        "`softplus_double_backward_from_result`, for `grad_output`",
        curvature="`softplus_double_backward`, for `self`",
        curvature_from_result="`softplus_double_backward_from_result`, for `result`",
        inverse_softplus="`inverse_softplus`",
        inverse_slope="gradient of `inverse_softplus`",
        shifted_softplus="`shifted_softplus`",
        softplus_floor="`softplus_floor`, for a floor with the sign of beta",
    ),
}


def block(mark: str) -> re.Pattern[str]:
    """What lies between the marks of a table."""
    return re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=\n<!-- /{mark} -->)", re.DOTALL)


if __name__ == "__main__":
    for (file, mark), lines in TABLES.items():
        path = ROOT / file
        path.write_text(block(mark).sub(lines, path.read_text()))
