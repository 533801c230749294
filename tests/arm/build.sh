#!/bin/sh
# Cross-compiles the library and the C++ tests for 64-bit ARM, and installs a copy of the package.
# ARM is the folder that environment.sh makes.
set -eu
emulate=$(dirname "$0")/emulate.sh
googletest=/usr/src/googletest  # Debian's; otherwise it is fetched
undefined=-Wl,--allow-shlib-undefined  # in torch's libraries: cuda_stub.py has these functions

# Programs for ARM run by themselves here, so CMake needs no emulator.
"$emulate" cmake -S . -B "$ARM/build" -G Ninja --toolchain cmake/aarch64.cmake \
    -D CMAKE_CROSSCOMPILING_EMULATOR=env -D TORCH_ROOT="$ARM/site/torch" \
    -D FUSED_SOFTPLUS_CUDA=OFF -D FUSED_SOFTPLUS_PYTHON=ON \
    -D Python3_EXECUTABLE="$ARM/root/usr/bin/python3.11" \
    -D Python3_INCLUDE_DIR="$ARM/root/usr/include/python3.11" \
    -D CMAKE_CXX_FLAGS="-isystem $ARM/include" -D CMAKE_EXE_LINKER_FLAGS=$undefined \
    $([ ! -d $googletest ] || echo "-D FETCHCONTENT_SOURCE_DIR_GOOGLETEST=$googletest")
"$emulate" cmake --build "$ARM/build"
rm -rf "$ARM/python" && mkdir "$ARM/python" && cp -r python/fused_softplus "$ARM/python"
"$emulate" cmake --install "$ARM/build" --prefix "$ARM/python/fused_softplus"
