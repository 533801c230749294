"""README.md and benchmarks/README.md say what the records in benchmarks/results say."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parent.parent / "benchmarks"))
import readme


@pytest.mark.parametrize("path", readme.FILES, ids=lambda path: path.parent.name or "README")
def test_blocks_are_what_the_records_say(path: Path) -> None:
    text = path.read_text()
    assert readme.filled(text) == text, "make readme-tables"


def test_every_block_is_used() -> None:
    text = "".join(path.read_text() for path in readme.FILES)
    assert all(f"<!-- {name} -->" in text for name in readme.BLOCKS)


def test_a_changed_figure_is_seen() -> None:
    text = f"<!-- goals -->\n{readme.goals()}\n<!-- /goals -->"
    assert readme.filled(text) == text
    assert readme.filled(text.replace("1", "2", 1)) == text
