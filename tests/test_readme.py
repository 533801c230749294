"""Do the Markdown files say what the records in benchmarks/results say?"""

from pathlib import Path

import pytest

from benchmarks import readme


@pytest.mark.parametrize("path", readme.FILES, ids=lambda path: str(path.relative_to(readme.ROOT)))
def test_blocks_are_what_the_records_say(path: Path) -> None:
    text = path.read_text()
    assert readme.filled(text) == text, "make readme-tables"


def test_every_block_is_used() -> None:
    text = "".join(path.read_text() for path in readme.FILES)
    assert all(f"<!-- {name} -->" in text for name in readme.BLOCKS)


@pytest.mark.parametrize("name", readme.BLOCKS)
def test_a_changed_figure_is_seen(name: str) -> None:
    text = f"<!-- {name} -->\n{readme.BLOCKS[name]()}\n<!-- /{name} -->"
    assert readme.filled(text) == text
    assert readme.filled(text.replace("1", "2", 1)) == text
