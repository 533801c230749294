"""Is the installed package complete, the library free of Python, and its error messages clear?"""

import platform
import re
import subprocess
from pathlib import Path

import pytest
import torch

import fused_softplus
from fused_softplus import _C, _build
from tests.conftest import Python

TESTS = Path(__file__).parent
# The best one first, as csrc/cpu/instruction_sets.h has them.
X86 = ["avx512", "avx2", "default"]
INSTRUCTION_SETS = {"x86_64": X86, "aarch64": ["neon"]}.get(platform.machine(), ["default"])


# Libraries that torch provides, and those that every Linux with C++ programs has.
TORCHS = {f"lib{name}.so" for name in ("torch", "torch_cpu", "torch_cuda", "c10", "c10_cuda")}
SYSTEMS = {
    *("libc.so.6", "libm.so.6", "libpthread.so.0", "libstdc++.so.6", "libgcc_s.so.1"),
    *("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"),
}


@pytest.mark.parametrize(
    ("library", "others", "runpath"),
    [
        (fused_softplus.library_path(), set(), []),  # no Python
        (_C.__file__, {"libtorch_python.so", "libfused_softplus.so"}, ["$ORIGIN/lib"]),
    ],
    ids=["operator library", "Python module"],
)
def test_what_is_linked(
    library: str, others: set[str], runpath: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Follows auditwheel's rules, except for the libraries that importing torch loads."""

    def readelf(section: str) -> str:
        command = ["readelf", "--wide", section, library]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    dynamic = readelf("--dynamic")
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    assert {"libtorch_cpu.so", *others} <= needed <= TORCHS | SYSTEMS | others
    assert re.findall(r"(?:RUNPATH|RPATH).*\[(.*)\]", dynamic) == runpath
    required = re.findall(r"Name: (GLIBC|GLIBCXX|CXXABI)_([\d.]+) ", readelf("--version-info"))
    newest: dict[str, tuple[int, ...]] = {}
    for name, version in required:
        number = tuple(map(int, version.split(".")))
        newest[name] = max(number, newest.get(name, number))
    assert set(newest) == {"GLIBC", "GLIBCXX", "CXXABI"}
    with capsys.disabled():
        needs = ", ".join(f"{name}_{'.'.join(map(str, v))}" for name, v in sorted(newest.items()))
        print(f"\n{Path(library).name} needs {needs}")


def test_main(python: Python) -> None:
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


def test_paths(python: Python) -> None:
    library = python("-m", "fused_softplus", "--library").stdout
    prefix = python("-m", "fused_softplus", "--cmake-prefix").stdout
    assert library == fused_softplus.library_path() + "\n"
    assert prefix == fused_softplus.cmake_prefix_path() + "\n"
    assert Path(library.strip()).is_file()
    assert list(Path(prefix.strip()).rglob("FusedSoftplusConfig.cmake"))
    assert list(Path(prefix.strip()).rglob("softplus.h"))


@pytest.mark.parametrize("package_first", [True, False])
def test_loading_twice_does_no_harm(package_first: bool, python: Python) -> None:
    lines = [
        "import fused_softplus",
        f"torch.ops.load_library({fused_softplus.library_path()!r})",
    ]
    code = """
x = torch.randn(4)
print(torch.equal(torch.ops.fused_softplus.softplus(x), fused_softplus.softplus(x)))
"""
    done = python(
        "-c", "\n".join(["import torch", *(lines if package_first else lines[::-1])]) + code
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_another_torch(python: Python) -> None:
    """Fakes the version of torch or of the build. The real import of the package must then fail."""
    built, torchs = ".".join(_build.torch_version.split(".")[:2]), torch.__version__
    cases = {
        "build.torch_version = '1.2.3'": ("1.2", torchs),
        "build.torch_version = '99.0.1'": ("99.0", torchs),
        "torch.__version__ = '2.1.0+cpu'": (built, "2.1.0+cpu"),
        "torch.__version__ = '99.0.0a0+git1'": (built, "99.0.0a0+git1"),
        "build.cuda, torch.version.cuda = True, None": (
            f"{built} with CUDA",
            f"{torchs} without CUDA",
        ),
    }
    code = f"""
import importlib.util, sys, torch
spec = importlib.util.find_spec("fused_softplus")
sys.modules["fused_softplus"] = importlib.util.module_from_spec(spec)
import fused_softplus._build as build
original = build.torch_version, False, torch.__version__, "13.0"
for fake in {list(cases)}:
    build.torch_version, build.cuda, torch.__version__, torch.version.cuda = original
    exec(fake)
    try:
        spec.loader.exec_module(sys.modules["fused_softplus"])
    except ImportError as error:
        print(error)
"""
    said = python("-c", code).stdout.splitlines()
    for (built_for, found), sentence in zip(cases.values(), said, strict=True):
        assert sentence.startswith(
            f"this fused_softplus was built for torch {built_for}, but torch {found} is installed; "
            "to build it again, run this in a clone of its repository: pip install"
        )


@pytest.mark.parametrize("capability", INSTRUCTION_SETS)
def test_every_instruction_set(capability: str, python: Python) -> None:
    """Runs test_values.py again with the bounds of this instruction set."""
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


def test_unknown_instruction_set(python: Python) -> None:
    code = "import torch, fused_softplus; fused_softplus.softplus(torch.ones(1))"
    done = python("-c", code, check=False, FUSED_SOFTPLUS_CPU_CAPABILITY="avx1024")
    assert done.returncode != 0
    assert (
        f"FUSED_SOFTPLUS_CPU_CAPABILITY must be one of {', '.join(INSTRUCTION_SETS)}, "
        "but is avx1024" in done.stderr
    )
