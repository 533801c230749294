"""Runs the C++ tests under sanitizers and valgrind, and counts what they find: see the Makefile.

    python tests/sanitizers/run_sanitizers.py [address thread memcheck]

Each is built by CMake alone, for the CPU, without Python, in a build folder of its own. What torch
does itself is left out by name, in thread.supp; openmp.cpp tells how OpenMP's threads wait.
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Check:
    sanitize: str
    finding: str  # what a report of it starts with
    programs: dict[str, str]  # and which of their tests
    environment: dict[str, str] = field(default_factory=dict)
    runner: tuple[str, ...] = ()


# Every test, but fewer rounds of the longest.
ALL = {"loop_tests": "*", "op_tests": "*", "load_tests": "*"}
LOAD = {"LOAD_ROUNDS": "2000"}
CHECKS = {
    "address": Check(
        "address,undefined",
        r"ERROR: (Address|Leak)Sanitizer|runtime error:",
        ALL,
        {
            **LOAD,
            "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_init_order=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
    ),
    "thread": Check(
        "thread",
        r"WARNING: ThreadSanitizer",
        {"op_tests": "*", "load_tests": "*"},
        {
            **LOAD,
            "TSAN_OPTIONS": f"suppressions={HERE}/thread.supp:ignore_noninstrumented_modules=1",
        },
    ),
    # Of the loops, free of torch, since valgrind takes minutes to start torch. It knows no AVX-512,
    # and says so, so that those loops are left out.
    "memcheck": Check(
        "",
        r"ERROR SUMMARY: [1-9]",
        {"loop_tests": "Loops.*"},
        runner=("valgrind", "--error-exitcode=1", "--leak-check=full"),
    ),
}


def build(name: str, check: Check) -> Path:
    folder = ROOT / "build" / f"sanitize-{name}"
    configure = [
        *("cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja"),
        f"-DTORCH_ROOT={Path(torch.__file__).parent}",
        f"-DFUSED_SOFTPLUS_SANITIZE={check.sanitize}",
        "-DFUSED_SOFTPLUS_CUDA=OFF",
        "-DFUSED_SOFTPLUS_PYTHON=OFF",
    ]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", str(folder), "--target", *check.programs], check=True)
    return folder


def run(name: str, check: Check) -> bool:
    folder = build(name, check)
    clean = True
    for program, tests in check.programs.items():
        done = subprocess.run(
            [*check.runner, str(folder / program), f"--gtest_filter={tests}"],
            env={**os.environ, **check.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        passed = re.search(r"\[  PASSED  \] (\d+) test", done.stdout)
        findings = len(re.findall(check.finding, done.stdout))
        well = done.returncode == 0 and passed and not findings
        print(f"{name:<9} {program:<11} {passed[1] if passed else 0:>3} passed, ", end="")
        print(f"{findings} findings{'' if well else ', FAILED'}", flush=True)
        if not well:
            print(done.stdout)
            clean = False
    return clean


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(CHECKS)
    if shutil.which("valgrind") is None:
        wanted = [name for name in wanted if name != "memcheck"]
        print("memcheck  not run: there is no valgrind on the PATH")
    sys.exit(not all([run(name, CHECKS[name]) for name in wanted]))
