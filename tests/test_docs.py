"""Do the code blocks of the Markdown files run? Do the files name the version?"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import fused_softplus
from tests.conftest import Python

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"))
}
# What begins a block that is no code.
DIRECTIVES = ("{eval-rst}", "{figure}", "{include}", "{toctree}")
FORMULAS = ("text",)

# What runs the commands that the blocks for the shell contain, besides those of make.
COMMANDS = {
    "pip install --no-build-isolation .": "tests/test_packaging.py::test_smoke",
    "python -m fused_softplus SCRIPT [ARGUMENTS]": "tests/test_override.py::test_a_script",
    "FUSED_SOFTPLUS_ENABLE=1 python ...": "tests/test_override.py::test_the_environment_variable",
    "LD_PRELOAD=$(python -m fused_softplus --library) FUSED_SOFTPLUS_ENABLE=1 ./server": (
        "cmake/Tests.cmake::preload"
    ),
    ".venv/bin/python -m pytest tests/test_values.py -k float16": "Makefile::pytest tests",
    ".venv/bin/ctest --test-dir build/torch-2.15.0-* -R accuracy -V": "Makefile::ctest",
}


def blocks(page: str) -> list[tuple[str, str]]:
    """The language and the text of each block. A fence that is not closed opens a block, too."""
    found = re.findall(r"^```(.*)\n((?:(?!```).*\n)*)", PAGES[page], re.MULTILINE)
    return [(language.split(" ")[0], text) for language, text in found[::2]]


def blocks_of(*languages: str) -> list[tuple[str, str]]:
    """The page and the text of each block in one of these languages."""
    return [(page, text) for page in PAGES for name, text in blocks(page) if name in languages]


def commands() -> list[str]:
    lines = "".join(text for _, text in blocks_of("sh")).splitlines()
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines]


def test_every_language_has_a_test() -> None:
    tested = {"python", "sh", "cmake", "cpp"}
    assert {name for page in PAGES for name, _ in blocks(page)} <= {*tested, *DIRECTIVES, *FORMULAS}


@pytest.mark.parametrize("page", sorted({page for page, _ in blocks_of("python")}))
# PyTorch's ONNX exporter uses it.
@pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated:FutureWarning")
def test_python(page: str, tmp_path: Path, python: Python) -> None:
    """Runs in a process of its own, for which a page may enable() everything."""
    texts = [text for name, text in blocks(page) if name == "python"]
    python("-c", "".join([f"import os; os.chdir({str(tmp_path)!r})\n", *texts]))


@pytest.mark.parametrize("command", [line for line in commands() if re.search(r"\bmake\b", line)])
def test_make(command: str) -> None:
    """Make knows the target and would run something. `make` itself is what CI and people run."""
    words = shlex.split(command)
    options = ["--dry-run", "--always-make", "--no-print-directory", f"--directory={ROOT}"]
    call = [*words[words.index("make") + 1 :], *options]
    done = subprocess.run(["make", *call], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout != ""


def test_commands() -> None:
    """The tests that run the other commands exist."""
    others = [line for line in commands() if not re.search(r"\bmake\b", line)]
    assert sorted(others) == sorted(COMMANDS)
    for where in COMMANDS.values():
        path, name = where.split("::")
        assert name in (ROOT / path).read_text()


def test_cpp(tmp_path: Path) -> None:
    """Builds a project from the block for CMake and the block for C++."""
    ((_, cmake),), ((_, cpp),) = blocks_of("cmake"), blocks_of("cpp")
    include, code = cpp.split("\n", 1)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(user LANGUAGES CXX)\n"
        f"add_executable(program program.cpp)\n{cmake}"
    )
    (tmp_path / "program.cpp").write_text(
        f"{include}\n#include <ATen/ATen.h>\n"
        f"int main() {{\n  at::Tensor x = at::zeros({{3}});\n{code}"
        "  return y.allclose(at::full({3}, 0.6931472)) ? 0 : 1;\n}\n"
    )
    prefix = f"{fused_softplus.cmake_prefix_path()};{Path(torch.__file__).parent}"
    build = tmp_path / "build"
    for call in (
        ["cmake", "-S", tmp_path, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}"],
        ["cmake", "--build", build],
        [build / "program"],
    ):
        path = {"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(call, env=path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_version() -> None:
    version = fused_softplus.__version__
    assert f"\n## {version} (" in (ROOT / "CHANGELOG.md").read_text()
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
