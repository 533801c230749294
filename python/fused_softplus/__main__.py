"""Prints where the package is installed and what it was built for."""

import argparse

import torch

from . import _C, __version__, _build, cmake_prefix_path, library_path

parser = argparse.ArgumentParser(prog="python -m fused_softplus", description=__doc__)
only = parser.add_mutually_exclusive_group()
only.add_argument("--library", action="store_true", help="print only the library path")
only.add_argument("--cmake-prefix", action="store_true", help="print only the CMake prefix path")
arguments = parser.parse_args()

if arguments.library:
    print(library_path())
elif arguments.cmake_prefix:
    print(cmake_prefix_path())
else:
    print(f"fused_softplus  {__version__}, built for torch {_build.torch_version}")
    print(f"torch           {torch.__version__}")
    print(f"CUDA kernels    {'built' if _build.cuda else 'not built'}")
    print(f"CPU kernels     {_C.cpu_capability()}")
    print(f"library         {library_path()}")
    print(f"CMake prefix    {cmake_prefix_path()}")
