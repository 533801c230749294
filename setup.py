"""Builds with CMake and packages the result with setuptools. CMakeLists.txt lists the sources."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import torch
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
PACKAGE = "fused_softplus"
EXTRAS = ("FUSED_SOFTPLUS_TESTS", "FUSED_SOFTPLUS_BENCHMARKS")  # built if ON in the environment


class CMakeBuild(build_ext):
    """Configures one build folder per torch version, builds it and installs into the package."""

    def run(self) -> None:
        inplace = self.inplace or self.editable_mode
        package = ROOT / "python" / PACKAGE if inplace else Path(self.build_lib) / PACKAGE
        release = torch.__version__.split("+")[0]
        build = ROOT / "build" / f"torch-{release}-{sys.implementation.cache_tag}"
        configure = [
            "cmake",
            *("-S", str(ROOT)),
            *("-B", str(build)),
            *("-G", "Ninja"),
            f"-DTORCH_ROOT={Path(torch.__file__).parent}",
            f"-DPython3_EXECUTABLE={sys.executable}",
            "-DFUSED_SOFTPLUS_PYTHON=ON",
            "-DCMAKE_INSTALL_MESSAGE=LAZY",
            *(f"-D{extra}={os.environ.get(extra, 'OFF')}" for extra in EXTRAS),
            *os.environ.get("CMAKE_ARGS", "").split(),
        ]
        subprocess.run(configure, check=True)
        subprocess.run(["cmake", "--build", str(build)], check=True)
        subprocess.run(
            ["cmake", "--install", str(build), "--prefix", str(package.absolute())], check=True
        )


RELEASE = "{}.{}".format(*torch.__version__.split("."))
# A built package is for one torch: that is in its version, as torch's own extensions have it.
version = runpy.run_path(str(ROOT / "python" / PACKAGE / "_version.py"))["__version__"]
setup(
    version=version if "sdist" in sys.argv else f"{version}+torch{RELEASE}",
    ext_modules=[Extension(f"{PACKAGE}._C", [])],
    cmdclass={"build_ext": CMakeBuild},
    # The C++ interfaces of PyTorch change with every minor release.
    install_requires=[f"torch=={RELEASE}.*"],
)
