#!/usr/bin/env bash
# Which lines the tests reach: of C++ with gcov, of Python with coverage.py. The instrumented copy is
# in build/coverage, and what is installed stays as it is.
#
# Left out: tests of what is built apart from it (test_packaging; test_library's damaged copies run
# all the same), those of the machine code and the sources' text, which run nothing of ours, and the
# accuracy program, which runs the loops that others run, and would for an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=build/coverage
torch=$(python -c 'import pathlib, torch; print(pathlib.Path(torch.__file__).parent)')

cmake -S . -B $folder -G Ninja -DTORCH_ROOT="$torch" -DPython3_EXECUTABLE="$(command -v python)" \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS="--coverage -fprofile-update=atomic -w" \
  -DFUSED_SOFTPLUS_PYTHON=ON -DFUSED_SOFTPLUS_CUDA=OFF -DFUSED_SOFTPLUS_TESTS=ON >/dev/null
cmake --build $folder
find $folder -name '*.gcda' -delete
rm -rf $folder/python $folder/.coverage*
cp -r python $folder
cmake --install $folder --prefix $folder/python/fused_softplus >/dev/null

export PYTHONPATH=$PWD/$folder/python COVERAGE_FILE=$PWD/$folder/.coverage
ctest --test-dir $folder --output-on-failure --exclude-regex accuracy
python -m coverage run -m pytest tests -q --ignore tests/test_packaging.py \
  --ignore tests/test_sass.py --ignore tests/test_constants.py --ignore tests/test_mutants.py

python -m coverage combine -q
python -m coverage report
gcovr --root . --filter csrc/ --filter python/ --exclude csrc/dispatch/stubs/ --merge-lines $folder
