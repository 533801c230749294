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


def run(*command: str | Path, **environment: str) -> str:
    """What the command prints. An error shows it."""
    print("+", *command, flush=True)
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": "", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.exit(done.stdout + f"\n{command[0]} failed")
    return done.stdout


def environment(name: str, python: str, *requirements: str | Path) -> Path:
    """The bin folder of a new environment."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    run(python, "-m", "venv", folder)
    run(*pip(folder / "bin"), *requirements)
    return folder / "bin"


def pip(bin_folder: Path) -> tuple[str | Path, ...]:
    return bin_folder / "pip", "install", "--quiet", "--disable-pip-version-check"


def version_of(python: str) -> str:
    """311, or nothing where there is no such Python."""
    code = "import sys; print(*sys.version_info[:2], sep='')"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def only(paths: Iterable[Path]) -> Path:
    (path,) = paths
    return path


def unpacked_sdist(bin_folder: Path) -> Path:
    for old in DIST.glob("*.tar.gz"):
        old.unlink()
    run(bin_folder / "python", "-m", "build", "--no-isolation", "--sdist", "--outdir", DIST, ROOT)
    (archive,) = DIST.glob("*.tar.gz")
    folder = WORK / archive.name.removesuffix(".tar.gz")
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as sources:
        sources.extractall(WORK, filter="data")
    return folder


def build(release: str, pythons: dict[str, str]) -> Path:
    """A wheel with the operator library, and with the bindings of all these Pythons."""
    first, *others = pythons
    folder = WORK / f"torch-{release}"
    shutil.rmtree(folder, ignore_errors=True)
    bin_folder = environment("env-build", pythons[first], f"torch=={release}", "-r", REQUIREMENTS)
    path = {"PATH": f"{bin_folder}:{os.environ['PATH']}"}
    sources = unpacked_sdist(bin_folder)
    run(
        *(bin_folder / "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"),
        *("--wheel-dir", folder, sources),
        **path,
    )
    wheel = only(folder.glob("*.whl"))
    run(bin_folder / "wheel", "unpack", "--dest", folder, wheel)
    wheel.unlink()
    unpacked = only(folder.iterdir())
    build_folder = only((sources / "build").glob(f"torch-{release}-*"))
    for other in others:
        unset = ("-U", "Python3_*", "-U", "_Python3_*")
        run("cmake", "-B", build_folder, *unset, f"-DPython3_EXECUTABLE={pythons[other]}", **path)
        run("cmake", "--build", build_folder, "--target", "_C", **path)
        run("cmake", "--install", build_folder, "--prefix", sources / other, **path)
        shutil.copy(only((sources / other).glob("_C.*.so")), unpacked / PACKAGE)
    run(bin_folder / "wheel", "pack", "--dest-dir", folder, unpacked)
    tags = ".".join(f"cp{version}" for version in pythons)
    set_tags = ("--python-tag", tags, "--abi-tag", tags, "--remove")
    run(bin_folder / "wheel", "tags", *set_tags, only(folder.glob("*.whl")))
    excluded = [word for library in TORCHS_LIBRARIES for word in ("--exclude", library)]
    repaired = folder / "repaired"
    packed = only(folder.glob("*.whl"))
    run(bin_folder / "auditwheel", "repair", *excluded, "--wheel-dir", repaired, packed, **path)
    return only(repaired.iterdir())


def test(release: str, python: str, others: list[Path]) -> str:
    """Installs the wheel that pip chooses from all of them, and says where it is. The others must
    refuse this torch in one sentence."""
    bin_folder = environment("env-test", python, f"torch=={release}")
    install = pip(bin_folder)
    run(*install, "--no-deps", "-c", ROOT / "requirements-packages.txt", "mambapy", "numpy")
    run(*install, "--no-index", "--find-links", DIST, PACKAGE)
    where = run(bin_folder / "python", ROOT / "packaging" / "smoke.py").strip().splitlines()[-1]
    for wheel in others:
        run(*install, "--no-deps", "--force-reinstall", wheel)
        code = f"try: import {PACKAGE}\nexcept ImportError as error: print(error)"
        said = run(bin_folder / "python", "-c", code)
        if "was built for torch" not in said:
            sys.exit(f"{wheel.name} under torch {release} says: {said or 'nothing'}")
    return where


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
    wheels = {
        release: Path(shutil.copy(build(release, pythons), DIST)) for release in options.torches
    }
    for release, wheel in wheels.items():
        for version, python in pythons.items():
            others = [other for other in wheels.values() if other != wheel]
            print(f"torch {release}, Python {version}: {test(release, python, others)}", flush=True)
    for wheel in wheels.values():
        print(f"{wheel}: {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
