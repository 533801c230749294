#!/bin/sh
# Runs the tests on an emulated 64-bit ARM CPU, after build.sh: those of the operators in C++, then
# the Python tests as far as they go in twenty minutes. It prints the counts, and fails if one fails.
set -eu
emulate=$(dirname "$0")/emulate.sh
"$emulate" ctest --test-dir "$ARM/build" --output-on-failure -R '^(Ops|Devices|Loops)\.'

# The tests of the operators come first. torch.compile is left out, because it needs a compiler that
# runs on ARM, and so are the files that need ONNX or other packages. Two tests fail for QEMU's
# sake: it needs memory beyond the limit that test_no_memory sets, and 7.2 ends at the forks of a
# program that has threads.
files=$(printf 'tests/test_%s.py ' values special_values threads autograd func layouts kinds \
    dispatch module variants distributions drop_in errors override torchscript decompositions \
    faults autocast library processes bounds fuzz)
log=$ARM/pytest.log
PYTHONPATH="$ARM/python" timeout --signal=INT 1200 \
    "$emulate" "$ARM/root/usr/bin/python3.11" -m pytest -p no:cacheprovider -rfE \
    -k 'not compile and not test_no_memory and not test_forks' $files |
    tee "$log"
grep --quiet ' passed' "$log" && ! grep --quiet -E '^(FAILED|ERROR) ' "$log"
