"""Do the documents and the docstrings state the bounds of the formulas?"""

import re
from collections.abc import Callable
from itertools import product

import pytest

from fused_softplus import inverse_softplus, shifted_softplus, softplus, softplus_
from tests.tools.bounds import BOUNDS, DTYPES, ROOT, TABLES, block, shown


@pytest.mark.parametrize(("file", "mark"), TABLES)
def test_the_tables(file: str, mark: str) -> None:
    """`python -m tests.tools.bounds` updates them."""
    table = block(mark).search((ROOT / file).read_text())
    assert table and table[0] == TABLES[file, mark]


@pytest.mark.parametrize(
    ("function", "described"),
    [
        (softplus, [("softplus", DTYPES)]),
        (softplus_, [("slope_from_result", ["float32", "float64"])]),
        (inverse_softplus, [("inverse_softplus", DTYPES), ("inverse_slope", ["float64"])]),
        (shifted_softplus, [("shifted_softplus", DTYPES)]),
    ],
)
def test_the_docstrings(
    function: Callable[..., object], described: list[tuple[str, list[str]]]
) -> None:
    """They state the bounds of these quantities in these dtypes, and no other number of ULP."""
    expected = {
        shown(BOUNDS[quantity], dtype, power_of_2=power_of_2)
        for quantity, dtypes in described
        for dtype, power_of_2 in product(dtypes, (True, False))
    }
    text = " ".join((function.__doc__ or "").split())
    stated = {
        number for pair in re.findall(r"(?:([\d.]+) and )?([\d.]+) ULP", text) for number in pair
    }
    assert stated - {""} == expected - {"correctly rounded"}
