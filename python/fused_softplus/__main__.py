"""Runs a script with fused_softplus.enable(), or prints where the package is installed."""

import argparse
import runpy
import sys
from pathlib import Path

import torch

from . import _C, __version__, _build, cmake_prefix_path, enable, library_path

parser = argparse.ArgumentParser(prog="python -m fused_softplus", description=__doc__)
only = parser.add_mutually_exclusive_group()
only.add_argument("--library", action="store_true", help="print only the library path")
only.add_argument("--cmake-prefix", action="store_true", help="print only the CMake prefix path")
parser.add_argument("script", nargs="?", help="the script to run, as python SCRIPT runs it")
parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the arguments of the script")
options = parser.parse_args()

if options.library:
    print(library_path())
elif options.cmake_prefix:
    print(cmake_prefix_path())
elif options.script:
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = str(Path(options.script).resolve().parent)
    enable()
    runpy.run_path(options.script, run_name="__main__")
else:
    print(f"fused_softplus  {__version__}, built for torch {_build.torch_version}")
    print(f"torch           {torch.__version__}")
    print(f"CUDA kernels    {'built' if _build.cuda else 'not built'}")
    print(f"CPU kernels     {_C.cpu_capability()}")
    print(f"library         {library_path()}")
    print(f"CMake prefix    {cmake_prefix_path()}")
