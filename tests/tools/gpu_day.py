"""Everything that is worth knowing from a GPU, in one command for a machine lent for minutes.

    make gpu-day TORCH=installed                  # PATIENCE=4: four times as long for each step

The steps, the most important first: the library for the device's own architecture, one call, the
tests of the CUDA kernels, compute-sanitizer, the operators' benchmark, and a training step of a
signed-distance network. What a step prints is in build/gpu-day/STEP.log from its first line on, and
the records of the benchmarks are there. A step that lacks a package or a program is skipped by its
name. After an interruption, the same command goes on with the steps that have not passed since the
library was built.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "gpu-day"
LIBRARY = ROOT / "python" / "fused_softplus" / "lib" / "libfused_softplus.so"
# Fails where the tests would be skipped: without a GPU, and without nvcc.
CALL = """
import torch, fused_softplus
assert fused_softplus._build.cuda, "the library was built without the CUDA kernels"
print(fused_softplus.softplus(torch.zeros(1000, device="cuda")).sum().item())
"""
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-ra")


@dataclass(frozen=True)
class Step:
    name: str
    arguments: tuple[str, ...]  # of python
    seconds: int  # after which it is stopped: 480 for all steps together, on 16 cores
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def lacks(self) -> list[str]:
        packages = [one for one in self.packages if find_spec(one) is None]
        return packages + [one for one in self.programs if shutil.which(one) is None]


PATIENCE = float(os.environ.get("PATIENCE", 1))


def steps(architecture: str) -> list[Step]:
    tests = ("pytest", "mpmath", "numpy")
    records = ("--output", str(RESULTS))
    return [
        Step(
            "build",
            ("setup.py", "--quiet", "build_ext", "--inplace"),
            seconds=120,
            packages=("setuptools",),
            programs=("cmake", "ninja"),
            environment={"TORCH_CUDA_ARCH_LIST": architecture, "FUSED_SOFTPLUS_TESTS": "OFF"},
        ),
        Step("call", ("-c", CALL), seconds=30),
        Step(
            "tests",
            (*PYTEST, "tests/test_cuda.py", "tests/test_autocast.py", "-k", "not sanitizers"),
            seconds=120,
            packages=tests,
        ),
        Step(
            "sanitizers",
            (*PYTEST, "tests/test_cuda.py", "-k", "sanitizers"),
            seconds=40,
            packages=tests,
            programs=("compute-sanitizer",),
        ),
        Step(
            "operators",
            ("-m", "benchmarks.cuda_operators", "--rounds", "3", *records),
            seconds=110,
            packages=("triton", "tqdm"),
        ),
        Step(
            "sdf-step",
            ("-m", "benchmarks.sdf_step", "--device", "cuda", "--widths", "256", "512", *records),
            seconds=60,
            packages=("numpy", "trimesh", "skimage", "pymeshfix", "tqdm"),
        ),
    ]


def device() -> tuple[str, str]:
    """The name and the compute capability. Asked in another process, which leaves the GPU again."""
    code = "import torch; print(torch.cuda.get_device_name(), *torch.cuda.get_device_capability())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if done.returncode != 0:
        return "none", os.environ.get("TORCH_CUDA_ARCH_LIST", "9.0")
    name, major, minor = done.stdout.rsplit(maxsplit=2)
    return name, f"{major}.{minor}"


def run(step: Step) -> str:
    """How it ended. Its output goes to its log as it comes."""
    if step.lacks:
        return f"skipped: this machine lacks {', '.join(step.lacks)}"
    log = RESULTS / f"{step.name}.log"
    start = time.monotonic()
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, *step.arguments],
            cwd=ROOT,
            env={**os.environ, **step.environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            code = process.wait(step.seconds * PATIENCE)
            ended = "passed" if code == 0 else f"failed ({code})"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it has started
            ended = "stopped"
    return f"{ended} in {time.monotonic() - start:.0f} s: {last_line(log)}"


def is_newer(file: Path, other: Path) -> bool:
    return file.exists() and other.exists() and file.stat().st_mtime > other.stat().st_mtime


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:150] if lines else "no output"


def main() -> int:
    RESULTS.mkdir(parents=True, exist_ok=True)
    name, architecture = device()
    print(f"device: {name}, compute capability {architecture}", flush=True)
    failed = 0
    for step in steps(architecture):
        passed = RESULTS / f"{step.name}.passed"
        if step.name != "build" and is_newer(passed, LIBRARY):
            print(f"{step.name:12} {passed.read_text()} (before)", flush=True)
            continue
        outcome = run(step)
        print(f"{step.name:12} {outcome}", flush=True)
        if outcome.startswith("passed"):
            passed.write_text(outcome)
        elif not outcome.startswith("skipped"):
            failed += 1
            print(f"             see {RESULTS / step.name}.log", flush=True)
            if step.name == "build":
                break
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
