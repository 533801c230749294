"""Breaks a copy of the library in each way that mutants.py lists, and looks which test notices.

    python -m tests.mutants.run_mutants [--only TEXT]

Prints a table, and fails where no test does or where a mutant does not compile. The copy lies in
build/mutants. The tests that are quickest to notice come first, and the whole of `make test` last.
The CUDA kernels are compiled only for the mutants in cuda/, which the emulation must notice.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.mutants.mutants import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build" / "mutants"
ENVIRONMENT = {
    **os.environ,
    "TORCH_CUDA_ARCH_LIST": "9.0",
    "FUSED_SOFTPLUS_TESTS": "ON",
    "PYTHONPATH": str(TREE / "python"),
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}
TIMEOUT = 1800  # seconds; a mutant may hang

MATHS = {
    *("formulas.h", "parameters.h", "branches.h", "reduction.h", "scale.h", "tables.h"),
    *("table_row.h", "octaves.h"),
    *("exponential.h", "by_exponential.h", "rounding.h", "storage.h", "loops.cpp"),
}
# Files of tests that are likely to notice, by the file that is broken.
LIKELY = {
    "arguments.cpp": ("errors", "special_values"),
    "autograd.cpp": ("autograd", "errors", "module"),
    "autograd.h": ("autograd",),
    "autograd_node.h": ("autograd", "compile"),
    "autograd_rules.h": ("autograd", "variants"),
    "autograd_writing.cpp": ("autograd", "errors", "module", "variants"),
    "beta.cpp": ("variants",),
    "bindings.cpp": ("errors", "variants", "dispatch", "compile"),
    "decompositions.h": ("decompositions",),
    "override.cpp": ("override",),
    "bias.cpp": ("errors", "autograd", "layouts"),
    "floor.cpp": ("variants",),
    "elementwise.h": ("errors", "layouts", "autograd"),
    "instruction_sets.h": ("library",),
    "rows.h": ("errors", "layouts", "func"),
    "vmap.cpp": ("func",),
}
MATHS_LIKELY = ("special_values", "autograd", "errors", "values", "func")

# What a test program says of its first failure.
FAILURE = re.compile(
    r"^BROKEN +(?P<contract>.*?):|\[  FAILED  \] (?P<gtest>[\w.]+)"
    r"|^(?:FAILED|ERROR) (?P<pytest>\S+)|\d+ - (?P<ctest>\S+) \((?:Failed|ILLEGAL)\)"
)


class Step(NamedTuple):
    """What has to be built, and the command that then tests it."""

    targets: tuple[str, ...]
    command: tuple[str | Path, ...]


def needs_cuda(mutant: Mutant) -> bool:
    return mutant.file.startswith("cuda/")


def steps(mutant: Mutant) -> Iterator[Step]:
    build = build_folder()
    if needs_cuda(mutant):
        emulation = (sys.executable, "-m", "tests.cuda_emulation", "-x", "-q")
        yield Step(("emulated_library", "emulated_ptx"), emulation)
        return
    pytest = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
    name = Path(mutant.file).name
    if name in MATHS:
        yield Step(("accuracy",), (build / "accuracy",))
        yield Step(("loop_tests",), (build / "loop_tests", "--gtest_brief=1"))
    likely = (f"tests/test_{file}.py" for file in LIKELY.get(name, MATHS_LIKELY))
    yield Step(("_C",), (*pytest, *likely))
    yield Step(("all",), ("ctest", "--test-dir", build, "--output-on-failure", "--stop-on-failure"))
    # test_mutants.py compares the sources with the list.
    yield Step(("all",), (*pytest, "tests", "--ignore=tests/test_mutants.py"))


def build_folder() -> Path:
    return next((TREE / "build").glob("torch-*"))


def copy_tree() -> None:
    """What git knows or would know, and of that only what has changed, for Ninja's sake."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.split("\0")[:-1]:
        source, copy = ROOT / name, TREE / name
        if source.exists() and not (copy.exists() and copy.read_bytes() == source.read_bytes()):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=TREE, env=ENVIRONMENT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)


def build(targets: tuple[str, ...]) -> None:
    run("cmake", "--build", build_folder(), "--target", *targets)
    if targets in (("_C",), ("all",)):
        run("cmake", "--install", build_folder(), "--prefix", TREE / "python" / "fused_softplus")


def first_failure(command: tuple[str | Path, ...]) -> str | None:
    """The name of the test that fails first, None where all pass."""

    def stop() -> None:
        os.killpg(process.pid, signal.SIGKILL)

    with subprocess.Popen(
        command,
        cwd=TREE,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        clock = threading.Timer(TIMEOUT, stop)
        clock.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := FAILURE.search(line):
                    stop()
                    named = {kind: name for kind, name in found.groupdict().items() if name}
                    ((kind, name),) = named.items()
                    return f"accuracy: {' '.join(name.split())}" if kind == "contract" else name
        finally:
            clock.cancel()
    return None if process.returncode == 0 else f"{Path(command[0]).name}: {process.returncode}"


def killer(mutant: Mutant) -> str | None:
    for step in steps(mutant):
        build(step.targets)
        if failure := first_failure(step.command):
            return failure
    return None


def try_all(mutants: list[Mutant], cuda: bool) -> int:
    """Prints a row for each mutant, and returns how many nothing has noticed."""
    if not mutants:
        return 0
    without_warnings = "-DCMAKE_CXX_FLAGS=-w -DCMAKE_CUDA_FLAGS=-Xcompiler=-w"
    ENVIRONMENT["CMAKE_ARGS"] = (
        f"-DFUSED_SOFTPLUS_CUDA={'ON' if cuda else 'OFF'} {without_warnings}"
    )
    run(sys.executable, "setup.py", "--quiet", "build_ext", "--inplace")
    for step in {step: None for mutant in mutants for step in steps(mutant)}:
        if "all" not in step.targets and (failure := first_failure(step.command)):
            raise RuntimeError(f"without any mutant there fails {failure}")
    alive = 0
    for mutant in mutants:
        path = TREE / mutant.file
        text = path.read_text()
        if text.count(mutant.old) != 1:
            raise ValueError(f"{mutant.file} does not have this exactly once: {mutant.old}")
        start = time.monotonic()
        path.write_text(text.replace(mutant.old, mutant.new))
        try:
            by = killer(mutant)
        finally:
            path.write_text(text)
        alive += by is None
        row = (mutant.wrong, mutant.file, by or "**nothing**", f"{time.monotonic() - start:.0f}")
        print(f"| {' | '.join(row)} |", flush=True)
    return alive


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", help="only mutants with this text in them")
    only = parser.parse_args().only
    chosen = [mutant for mutant in MUTANTS if any(only in text for text in mutant)]

    copy_tree()
    alive = 0
    print("| what is wrong | file | noticed by | seconds |\n| --- | --- | --- | ---: |", flush=True)
    for cuda in (False, True):
        alive += try_all([mutant for mutant in chosen if needs_cuda(mutant) == cuda], cuda)
    print(f"\n{len(chosen) - alive} of {len(chosen)} noticed", flush=True)
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
