"""Is what is installed whole, free of Python where it should be, and clear where it cannot run?"""

import re
import subprocess
from pathlib import Path

import pytest
import torch

import conftest
import fused_softplus
from fused_softplus import _C, _build

TESTS = Path(__file__).parent


def test_operator_library_does_not_need_python() -> None:
    dynamic = subprocess.run(
        ["readelf", "--dynamic", "--wide", fused_softplus.library_path()],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
    assert "libtorch_cpu.so" in needed
    assert [name for name in needed if "python" in name] == []


def test_main(python: conftest.Python) -> None:
    lines = python("-m", "fused_softplus").stdout.splitlines()
    shown = {line[:16].strip(): line[16:] for line in lines}
    version, built_for = f"{fused_softplus.__version__}", _build.torch_version
    assert shown == {
        "fused_softplus": f"{version}, built for torch {built_for}",
        "torch": torch.__version__,
        "CUDA kernels": "built" if _build.cuda else "not built",
        "CPU kernels": _C.cpu_capability(),
        "library": fused_softplus.library_path(),
        "CMake prefix": fused_softplus.cmake_prefix_path(),
    }


def test_paths(python: conftest.Python) -> None:
    library = python("-m", "fused_softplus", "--library").stdout
    prefix = python("-m", "fused_softplus", "--cmake-prefix").stdout
    assert library == fused_softplus.library_path() + "\n"
    assert prefix == fused_softplus.cmake_prefix_path() + "\n"
    assert Path(library.strip()).is_file()
    assert list(Path(prefix.strip()).rglob("FusedSoftplusConfig.cmake"))
    assert list(Path(prefix.strip()).rglob("softplus.h"))


def test_loading_twice_does_no_harm() -> None:
    torch.ops.load_library(fused_softplus.library_path())
    x = torch.randn(4)
    assert torch.equal(torch.ops.fused_softplus.softplus(x), fused_softplus.softplus(x))


def test_another_torch(python: conftest.Python) -> None:
    """Patches what this copy says it was built with, since its real import is what refuses."""
    code = """
import importlib.machinery, importlib.util, sys
name = "fused_softplus"
spec = importlib.util.find_spec(name)
sys.modules[name] = importlib.util.module_from_spec(spec)
import fused_softplus._build
fused_softplus._build.torch_version = "1.2.3"
try:
    spec.loader.exec_module(sys.modules[name])
except ImportError as error:
    print(error)
"""
    said = python("-c", code).stdout
    assert "built for torch 1.2" in said
    assert f"torch {torch.__version__} is installed" in said
    assert "build it again with: pip install" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("capability", ["avx512", "avx2", "default"])
def test_every_instruction_set(capability: str, python: conftest.Python) -> None:
    """Runs the tests of values again, with that instruction set's bounds."""
    if capability == _C.cpu_capability():
        pytest.skip("what the other files test")
    code = "import fused_softplus; print(fused_softplus._C.cpu_capability())"
    variable = {"FUSED_SOFTPLUS_CPU_CAPABILITY": capability}
    probe = python("-c", code, check=False, **variable)
    if probe.returncode != 0:
        assert f"{capability}, but this CPU does not support it" in probe.stderr
        pytest.skip("this CPU does not have it")
    assert probe.stdout == capability + "\n"
    files = [str(TESTS / f"test_{name}.py") for name in ("values", "special_values", "threads")]
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", *files, check=False, **variable)
    assert done.returncode == 0, done.stdout[-5000:]


def test_unknown_instruction_set(python: conftest.Python) -> None:
    code = "import torch, fused_softplus; fused_softplus.softplus(torch.ones(1))"
    done = python("-c", code, check=False, FUSED_SOFTPLUS_CPU_CAPABILITY="avx1024")
    assert done.returncode != 0
    assert (
        "FUSED_SOFTPLUS_CPU_CAPABILITY must be avx512, avx2 or default, but is avx1024"
        in done.stderr
    )
