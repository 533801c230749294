"""Do the loops for 64-bit ARM pass their tests, and have they the bits of what CUDA computes?

They are cross-compiled and run on an emulated CPU, which takes about a minute on one core.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]
RELEASE = torch.__version__.split("+")[0]
NATIVE = ROOT / "build" / f"torch-{RELEASE}-{sys.implementation.cache_tag}"
CROSS = ROOT / "build" / "loops-aarch64"
QEMU = ("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu")
GOOGLETEST = (Path("/usr/src/googletest"), NATIVE / "_deps" / "googletest-src")

Hashes = dict[str, str]  # of the results, by kernel, dtype and beta

pytestmark = [
    pytest.mark.skipif(platform.machine() == "aarch64", reason="this is one: ctest runs its loops"),
    pytest.mark.skipif(
        not (shutil.which("aarch64-linux-gnu-g++") and shutil.which("qemu-aarch64")),
        reason="needs aarch64-linux-gnu-g++ and qemu-aarch64",
    ),
    pytest.mark.skipif(
        not (NATIVE / "loop_tests").exists(), reason="needs the C++ tests that make build compiles"
    ),
]


def run(*command: str | Path, **environment: str | Path) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # with the cmake of this Python
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def loop_tests() -> Path:
    """Returns the program, compiled for ARM with the headers of this machine's torch."""
    sources = [
        f"-DFETCHCONTENT_SOURCE_DIR_GOOGLETEST={path}" for path in GOOGLETEST if path.exists()
    ]
    run(
        *("cmake", "-S", ROOT, "-B", CROSS, "-G", "Ninja", "--toolchain", "cmake/aarch64.cmake"),
        *(f"-DTORCH_ROOT={Path(torch.__file__).parent}", "-DFUSED_SOFTPLUS_CUDA=OFF", *sources[:1]),
    )
    run("cmake", "--build", CROSS, "--target", "loop_tests")
    return CROSS / "loop_tests"


def hashes(*program: str | Path, file: Path) -> dict[str, Hashes]:
    """Returns what the program writes, by instruction set."""
    run(*program, "--gtest_filter=Bits.AreWritten*", LOOP_BITS=file)
    sets: dict[str, Hashes] = {}
    for line in file.read_text().splitlines():
        name, case, number = line.split(" ", 1)[0], *line.split(" ", 1)[1].rsplit(" ", 1)
        sets.setdefault(name, {})[case] = number
    return sets


def test_loops(loop_tests: Path) -> None:
    printed = run(*QEMU, loop_tests, "--gtest_filter=Loops.*", BEST_INSTRUCTION_SET="neon")
    assert "[  PASSED  ]" in printed and "SKIPPED" not in printed


def test_bits_are_those_of_cuda(loop_tests: Path, tmp_path: Path) -> None:
    """On this machine, AVX-512 has the same bits, and AVX2 and the default have them in float64."""
    native = hashes(NATIVE / "loop_tests", file=tmp_path / "native")
    if "cuda" not in native:
        pytest.skip("this CPU has no fused multiply-add")
    emulated = hashes(*QEMU, loop_tests, file=tmp_path / "emulated")
    assert set(emulated) == {"neon", "cuda"}
    assert len(native["cuda"]) == 11 * 4 * 3  # kernels, dtypes and betas
    assert emulated["neon"] == native["cuda"]
    assert emulated["cuda"] == native["cuda"]
    assert native.get("avx512", native["cuda"]) == native["cuda"]
