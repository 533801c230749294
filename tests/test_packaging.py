"""Are the sdist and the wheel complete, and does the wheel run by itself?"""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
import torch

import fused_softplus

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "python" / "fused_softplus"
TORCH = ".".join(torch.__version__.split(".")[:2])


def run(*command: str | Path, **environment: str) -> str:
    """Returns what a command prints without PYTHONPATH, which would find this tree's package."""
    environment = {**os.environ, "PYTHONPATH": "", **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Builds the sdist, and the wheel from it, without optimization to save time."""
    folder = tmp_path_factory.mktemp("dist")
    run(
        *(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT),
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        CMAKE_ARGS="-DFUSED_SOFTPLUS_CUDA=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O0",
        FUSED_SOFTPLUS_TESTS="OFF",
    )
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def clean(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the Python of an environment with the wheel; a .pth file adds torch."""
    folder = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    purelib = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(purelib, "torch.pth").write_text(sysconfig.get_path("purelib"))
    python = folder / "bin" / "python"
    run(*pip(python), "install", "--no-index", distributions[1])
    return python


def pip(python: Path) -> tuple[str | Path, ...]:
    return sys.executable, "-m", "pip", "--python", python


def sources(folder: Path, *patterns: str) -> set[str]:
    files = [file for pattern in patterns for file in folder.rglob(pattern) if file.is_file()]
    return {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}


def test_sdist(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[0]) as archive:
        files = {member.name.split("/", 1)[1] for member in archive if member.isfile()}
    wanted = {"CMakeLists.txt", "LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py"}
    wanted |= {"Makefile", "requirements-dev.txt", "python/_build.py.in", "python/bindings.cpp"}
    for folder in ("cmake", "csrc", "cuda", "packaging", "tests"):
        wanted |= sources(ROOT / folder, "*")
    wanted |= sources(PACKAGE, "*.py", "*.pyi", "py.typed") - {"python/fused_softplus/_build.py"}
    written_by_setuptools = {"PKG-INFO", "setup.cfg"}
    egg_info = {file for file in files if ".egg-info/" in file}
    assert files - egg_info - written_by_setuptools == wanted


def test_wheel(distributions: tuple[Path, Path]) -> None:
    wheel = distributions[1]
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    version = f"{fused_softplus.__version__}+torch{TORCH}"
    assert wheel.name == f"fused_softplus-{version}-{tag}-{tag}-{platform}.whl"
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        described = archive.read(metadata).decode()
        cmake = [archive.read(name).decode() for name in files if name.endswith(".cmake")]
    wanted = {Path(file).name for file in sources(PACKAGE, "*.py", "*.pyi", "py.typed")}
    share = "share/cmake/FusedSoftplus/"
    wanted |= {
        "_build.py",
        f"_C{sysconfig.get_config_var('EXT_SUFFIX')}",
        "lib/libfused_softplus.so",
        "include/fused_softplus/softplus.h",
        f"{share}FusedSoftplusConfig.cmake",
        f"{share}FusedSoftplusConfigVersion.cmake",
        f"{share}FusedSoftplusTargets.cmake",
        f"{share}FusedSoftplusTargets-release.cmake",
        f"{share}LibTorch.cmake",
    }
    assert files == {f"fused_softplus/{name}" for name in wanted}
    assert re.findall(r"^Requires-Dist: (.*)$", described, re.MULTILINE) == [f"torch=={TORCH}.*"]
    # Paths of this machine do not exist on another one.
    assert [text for text in cmake if str(Path(torch.__file__).parent) in text] == []


def test_smoke(clean: Path) -> None:
    """Tests values, gradients, the module and the output of the command."""
    file = run(clean, ROOT / "packaging" / "smoke.py").strip()
    assert Path(file).is_relative_to(clean.parents[1])
    shown = run(clean, "-m", "fused_softplus")
    assert f"{fused_softplus.__version__}, built for torch {TORCH}" in shown
    assert str(Path(file).parent / "lib" / "libfused_softplus.so") in shown
    run(*pip(clean), "check")


def test_cmake_finds_it(clean: Path, tmp_path: Path) -> None:
    prefix = run(clean, "-m", "fused_softplus", "--cmake-prefix").strip()
    version = fused_softplus.__version__
    (tmp_path / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.24)
project(user LANGUAGES CXX)
find_package(FusedSoftplus {version} EXACT REQUIRED)
get_target_property(folder FusedSoftplus::fused_softplus INTERFACE_INCLUDE_DIRECTORIES)
find_file(header fused_softplus/softplus.h PATHS ${{folder}} REQUIRED NO_DEFAULT_PATH)
get_target_property(library FusedSoftplus::fused_softplus IMPORTED_LOCATION_RELEASE)
message(STATUS "found ${{header}} and ${{library}}")
""")
    said = run(
        *("cmake", "-S", tmp_path, "-B", tmp_path / "build"),
        f"-DCMAKE_PREFIX_PATH={prefix};{Path(torch.__file__).parent}",
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    header, library = "include/fused_softplus/softplus.h", "lib/libfused_softplus.so"
    assert f"found {prefix}/{header} and {prefix}/{library}" in said


# Each line with an error is marked. Strict mypy reports a mark on a line without an error.
USERS_SCRIPT = """
import torch
from torch import Tensor, nn

import fused_softplus
from fused_softplus import Softplus, softplus, softplus_


def scale(raw: Tensor) -> Tensor:
    out: Tensor = softplus(raw, beta=2, threshold=15.0, out=torch.empty_like(raw))
    softplus(raw, "2")  # type: ignore[arg-type]
    softplus(raw, beta=out)
    softplus_("raw")  # type: ignore[arg-type]
    softplus_(raw, betta=1)  # type: ignore[call-arg]
    return softplus_(out)


model: nn.Module = nn.Sequential(nn.Linear(3, 3), Softplus(beta=2, inplace=True), nn.Softplus())
count: int = fused_softplus.replace_softplus(model, inplace=True)
count = fused_softplus.restore_softplus(model)
fused_softplus.replace_softplus(3)  # type: ignore[arg-type]
paths: list[str] = [fused_softplus.library_path(), fused_softplus.cmake_prefix_path()]
wrong: int = fused_softplus.__version__  # type: ignore[assignment]
"""


def mypy(*arguments: str | Path) -> None:
    said = run(sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", *arguments)
    assert said.startswith("Success: no issues found in ")


def test_types_of_the_package() -> None:
    mypy(PACKAGE)


def test_types_in_a_users_script(clean: Path, tmp_path: Path) -> None:
    """mypy checks a script against the types in the wheel."""
    script = tmp_path / "script.py"
    script.write_text(USERS_SCRIPT)
    mypy("--python-executable", clean, script)
