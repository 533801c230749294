"""Do the examples in the docstrings and the documentation run? Has every public name an example?"""

import doctest
import re
from pathlib import Path

import pytest

import fused_softplus
import fused_softplus.onnx
from fused_softplus.distributions import SoftplusTransform
from tests.conftest import Python

ROOT = Path(__file__).parents[1]
PUBLIC = [getattr(fused_softplus, name) for name in fused_softplus.__all__ if name[0] != "_"]

# PyTorch's ONNX exporter uses it.
pytestmark = pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning")


@pytest.mark.parametrize(
    "documented", [*PUBLIC, SoftplusTransform, fused_softplus.onnx], ids=lambda it: it.__name__
)
def test_docstring(documented: object) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in doctest.DocTestFinder().find(documented, globs={}):
        runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


@pytest.mark.parametrize("page", ["README.md", "docs/usage.md"])
def test_page(page: str, tmp_path: Path, python: Python) -> None:
    """In a process of its own, which a page may enable() for good."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks
    python("-c", "".join([f"import os; os.chdir({str(tmp_path)!r})\n", *blocks]))
