# Everything runs in a virtual environment made here. TORCH=2.11.0 uses another torch, in an
# environment and a build folder of its own. TORCH=installed takes the python that is active, its
# torch and its packages, as they are: for a machine without a network.
PYTHON ?= python3
TORCH ?= 2.15.0
ifeq ($(TORCH),installed)
BIN := $(patsubst %/,%,$(dir $(shell command -v $(PYTHON))))
export PYTHONPATH := $(CURDIR)/python
else
VENV := $(if $(filter 2.15.0,$(TORCH)),.venv,.venv-$(TORCH))
BIN := $(CURDIR)/$(VENV)/bin
READY := $(VENV)/.complete
endif
BUILD = $(firstword $(wildcard build/torch-$(TORCH)-*))
export PATH := $(BIN):$(PATH)
export FUSED_SOFTPLUS_TESTS = ON

.PHONY: build demo demo-sdf test test-exhaustive clean
.PHONY: test-cuda test-load test-sanitize fuzz lint audit mutants coverage
.PHONY: bench bench-cuda bench-models bench-sdf bench-schnet bench-memory readme-tables roofline
.DEFAULT_GOAL := build

# The environment, made again when what it holds changes. Torch comes last: 2.11 puts an older
# setuptools in the place of the one pinned.
$(VENV)/.complete: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check torch==$(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check \
	    --no-build-isolation --no-deps --editable .
	touch $@

# CMake and Ninja rebuild what changed, and only that.
build: $(READY)
	$(BIN)/python setup.py --quiet build_ext --inplace

demo: build
	$(BIN)/python -m examples.demo

# A signed-distance network trained on the Stanford bunny: some five minutes on two cores.
demo-sdf: build
	$(BIN)/python -m examples.demo_sdf

test: build
	$(BIN)/ctest --test-dir $(BUILD) --output-on-failure --parallel 2
	$(BIN)/python -m pytest tests

# Every contract with its worst case, found on every float32 input and on millions of float64 ones.
# Six to fifteen minutes on two cores.
test-exhaustive: build
	$(BIN)/python tests/cpp/accuracy/against_mpmath.py $(BUILD)/reference_points --exhaustive
	$(BUILD)/accuracy --exhaustive

# New random cases, 25,000 of each kind (FUZZ_CASES=n: n), until one fails and is printed.
fuzz: build
	$(BIN)/python -m pytest tests/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-show-statistics

# Threads, an interop pool and memory, for minutes, and how much threads do together.
test-load: build
	LOAD_ROUNDS=1500000 $(BUILD)/load_tests

# The C++ tests under Address- and UndefinedBehaviorSanitizer, ThreadSanitizer and valgrind.
test-sanitize: $(READY)
	$(BIN)/python tests/sanitizers/run_sanitizers.py

# What needs a GPU, in minutes. On a machine without a network: make test-cuda TORCH=installed
test-cuda: export FUSED_SOFTPLUS_TESTS = OFF
test-cuda: build
	$(BIN)/python -m pytest tests/test_cuda.py tests/test_autocast.py tests/test_sass.py

# The tools of the next three.
$(VENV)/.complete-lint: requirements-lint.txt $(VENV)/.complete
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-lint.txt
	touch $@

# Formatting, types and what static analysis finds; the build is for clang-tidy's flags.
lint: build $(VENV)/.complete-lint
	BUILD=$(BUILD) $(BIN)/pre-commit run --all-files --hook-stage manual

# Known vulnerabilities in what is pinned, torch included; asks PyPI's database.
audit: $(VENV)/.complete-lint
	echo torch==$(TORCH) | $(BIN)/pip-audit --no-deps --disable-pip --format json -r /dev/stdin \
	    -r requirements-dev.txt -r requirements-lint.txt \
	    | $(BIN)/python -m tests.tools.audit

# Whether the tests notice when the library is broken, in each of some ninety ways.
mutants: $(READY)
	$(BIN)/python -m tests.mutants.run_mutants

# Which lines the tests reach, and which not.
coverage: $(VENV)/.complete-lint
	tests/tools/coverage.sh

# Some five minutes on two cores. BENCH=--quick takes one.
bench: export FUSED_SOFTPLUS_BENCHMARKS = ON
bench: build
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.operators --loops $(BUILD)/loop_benchmarks $(BENCH)

# A training step of a signed-distance network, and of a network for the energy of molecules: some
# minutes each on two cores.
bench-sdf bench-schnet: bench-%: build
	$(BIN)/python -m benchmarks.$*_step $(BENCH)

# The memory that a training step takes.
bench-memory: build
	$(BIN)/python -m benchmarks.memory $(BENCH)

# One after the other, also under make -j.
bench-models: build
	for name in sdf schnet memory; do $(MAKE) bench-$$name || exit; done

# The CUDA kernels against their peers: needs a GPU, but not the network (TORCH=installed).
bench-cuda: export FUSED_SOFTPLUS_TESTS = OFF
bench-cuda: build
	$(BIN)/python -m benchmarks.cuda_operators $(BENCH)

# An estimate from the machine code of the CUDA kernels: needs no GPU.
roofline: build
	$(BIN)/python -m benchmarks.cuda_roofline

# Writes what the records say into the tables of the Markdown files.
readme-tables: $(READY)
	$(BIN)/python -m benchmarks.readme

clean:
	rm -rf build dist .venv .venv-* python/*.egg-info
	cd python/fused_softplus && rm -rf lib include share _build.py _C.*.so
