"""Do the examples in the docstrings run? Has every public name an example?"""

import doctest

import pytest

import fused_softplus
import fused_softplus.onnx
from fused_softplus.distributions import SoftplusTransform

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
