"""Hands the build to CMake (CMakeLists.txt has the sources) and the result to setuptools."""

import os
import subprocess
import sys
from pathlib import Path

import torch
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
PACKAGE = "fused_softplus"
EXTRAS = ("FUSED_SOFTPLUS_TESTS", "FUSED_SOFTPLUS_BENCHMARKS")  # ON in the environment builds them


class CMakeBuild(build_ext):
    """Configures once for each torch, rebuilds what changed, installs into the package."""

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


setup(
    ext_modules=[Extension(f"{PACKAGE}._C", [])],
    cmdclass={"build_ext": CMakeBuild},
    # C++ interfaces change with every minor release: what is built here runs with this one only.
    install_requires=["torch=={}.{}.*".format(*torch.__version__.split("."))],
)
