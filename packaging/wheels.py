"""Builds a wheel for each torch release, and tests it with each Python: see `make wheels`.

The operator library holds no Python, so one copy of it serves all Pythons of a torch release. Its
wheel has a binding for each Python beside it, and the tags of all of them. The wheels are built
from the sdist. auditwheel checks what they link besides torch's own libraries, and sets the tag of
the platform.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "wheels"
DIST = ROOT / "dist"
PACKAGE = "fused_softplus"
REQUIREMENTS = ROOT / "requirements-wheels.txt"
TORCHS_LIBRARIES = ("libc10*", "libtorch*")


def run(*command: str | Path, tools: Path) -> str:
    """What the command prints. An error shows it. The folder of tools is the first of the PATH."""
    print("+", *command, flush=True)
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": "", "PATH": f"{tools}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(done.stdout + f"\n{command[0]} failed")
    return done.stdout


def environment(name: str, python: str) -> Path:
    """The bin folder of a new environment."""
    tools = WORK / name / "bin"
    shutil.rmtree(tools.parent, ignore_errors=True)
    run(python, "-m", "venv", tools.parent, tools=tools)
    return tools


def install(tools: Path, *requirements: str | Path) -> None:
    run("pip", "install", "--quiet", "--disable-pip-version-check", *requirements, tools=tools)


def version_of(python: str) -> str:
    """311, or nothing where there is no such Python."""
    code = "import sys; print(*sys.version_info[:2], sep='')"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def with_torch(release: str, pythons: dict[str, str]) -> dict[str, str]:
    """Those of the Pythons for which there is a wheel of this torch."""
    return {version: python for version, python in pythons.items() if has_torch(python, release)}


def has_torch(python: str, release: str) -> bool:
    """Asks pip, which downloads the metadata of the wheel only."""
    command = (*(python, "-m", "pip", "install"), "--dry-run", "--no-deps", "--ignore-installed")
    done = subprocess.run([*command, f"torch=={release}"], capture_output=True)
    return done.returncode == 0


def only(paths: Iterable[Path]) -> Path:
    (path,) = paths
    return path


def unpacked_sdist(tools: Path) -> Path:
    for old in DIST.glob("*.tar.gz"):
        old.unlink()
    run("python", "-m", "build", "--no-isolation", "--sdist", "--outdir", DIST, ROOT, tools=tools)
    archive = only(DIST.glob("*.tar.gz"))
    folder = WORK / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as sources:
        sources.extractall(WORK, filter="data")
    return folder


def build(release: str, pythons: dict[str, str]) -> Path:
    """A wheel with the operator library, and with the bindings of all these Pythons."""
    first, *others = pythons
    tools = environment("env-build", pythons[first])
    install(tools, "-r", REQUIREMENTS)
    install(tools, f"torch=={release}")  # last: torch 2.11 replaces setuptools by an older version
    sources = unpacked_sdist(tools)
    folder = WORK / f"torch-{release}"
    pip_wheel = ("pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps")
    run(*pip_wheel, "--wheel-dir", folder, sources, tools=tools)
    wheel = only(folder.glob("*.whl"))
    run("wheel", "unpack", "--dest", folder, wheel, tools=tools)
    wheel.unlink()
    unpacked = only(folder.iterdir())
    build_folder = only((sources / "build").glob(f"torch-{release}-*"))
    for other in others:
        unset = ("-U", "Python3_*", "-U", "_Python3_*")
        python = f"-DPython3_EXECUTABLE={pythons[other]}"
        run("cmake", "-S", sources, "-B", build_folder, *unset, python, tools=tools)
        run("cmake", "--build", build_folder, "--target", "_C", tools=tools)
        run("cmake", "--install", build_folder, "--prefix", sources / other, tools=tools)
        shutil.copy(only((sources / other).glob("_C.*.so")), unpacked / PACKAGE)
    return packed(unpacked, pythons, tools)


def packed(folder: Path, pythons: Iterable[str], tools: Path) -> Path:
    """The stripped wheel of this folder, with the tags of these Pythons and of the platform."""
    out = folder.parent
    run("wheel", "pack", "--dest-dir", out, folder, tools=tools)
    tags = ".".join(f"cp{version}" for version in pythons)
    set_tags = ("--python-tag", tags, "--abi-tag", tags, "--remove")
    run("wheel", "tags", *set_tags, only(out.glob("*.whl")), tools=tools)
    excluded = [word for library in TORCHS_LIBRARIES for word in ("--exclude", library)]
    wheel, repaired = only(out.glob("*.whl")), out / "repaired"
    repair = ["auditwheel", "repair", "--strip", *excluded]
    run(*repair, "--wheel-dir", repaired, wheel, tools=tools)
    return only(repaired.iterdir())


def test(release: str, python: str, others: list[Path]) -> str:
    """Installs the wheel that pip chooses from all of them, and says where it is. The others must
    refuse this torch in one sentence."""
    tools = environment("env-test", python)
    install(tools, f"torch=={release}")
    install(tools, "--no-deps", "-c", ROOT / "requirements-packages.txt", "mambapy", "numpy")
    install(tools, "--no-index", "--find-links", DIST, PACKAGE)
    smoke = run("python", ROOT / "packaging" / "smoke.py", tools=tools)
    for wheel in others:
        install(tools, "--no-deps", "--force-reinstall", wheel)
        code = f"try: import {PACKAGE}\nexcept ImportError as error: print(error)"
        said = run("python", "-c", code, tools=tools)
        if "was built for torch" not in said:
            sys.exit(f"{wheel.name} under torch {release} says: {said or 'nothing'}")
    return smoke.strip().splitlines()[-1]


def test_all(wheels: dict[str, Path], matrix: dict[str, dict[str, str]]) -> None:
    for release, pythons in matrix.items():
        for version, python in pythons.items():
            others = [
                wheel
                for other, wheel in wheels.items()
                if other != release and version in matrix[other]
            ]
            print(f"torch {release}, Python {version}: {test(release, python, others)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torches", nargs="+", required=True, help="releases, such as 2.15.0")
    parser.add_argument("--pythons", nargs="+", required=True, help="those that exist are taken")
    options = parser.parse_args()
    pythons = {version: python for python in options.pythons if (version := version_of(python))}
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    matrix = {release: with_torch(release, pythons) for release in options.torches}
    if missing := [release for release, those in matrix.items() if not those]:
        sys.exit(f"pip finds no wheel of torch {missing} for any Python of {list(pythons)}")
    wheels = {
        release: Path(shutil.copy(build(release, those), DIST)) for release, those in matrix.items()
    }
    test_all(wheels, matrix)
    for wheel in wheels.values():
        print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
