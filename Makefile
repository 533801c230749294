# Everything runs in a virtual environment that make creates. TORCH=2.11.0 uses another torch, in
# its own environment and build folder. TORCH=installed uses the active python with its torch and its
# packages, for machines without a network.
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

.PHONY: build wheels docs figures clean demo demo-sdf test test-exhaustive test-load test-packages
.PHONY: test-cuda test-cuda-emulated gpu-day build-arm test-arm bench-arm test-sanitize fuzz lint
.PHONY: audit mutants coverage
.PHONY: bench bench-cuda bench-models bench-sdf bench-schnet bench-memory readme-tables roofline
.DEFAULT_GOAL := build

# The environment is updated when its requirements change. Torch is installed after them, because
# torch 2.11 replaces setuptools by an older version.
$(VENV)/.complete: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check torch==$(TORCH)
	$(BIN)/pip install --quiet --disable-pip-version-check \
	    --no-build-isolation --no-deps --editable .
	touch $@

# CMake and Ninja rebuild only what has changed.
build: $(READY)
	$(BIN)/python setup.py --quiet build_ext --inplace

demo: build
	$(BIN)/python -m examples.demo

# Trains a signed-distance network on the Stanford bunny: three to five minutes on two cores.
demo-sdf: build
	$(BIN)/python -m examples.demo_sdf

test: build
	$(BIN)/ctest --test-dir $(BUILD) --output-on-failure --parallel 2
	$(BIN)/python -m pytest tests
	$(BIN)/python -m tests.cuda_emulation

# Tests every error bound on all float32 inputs and millions of float64 inputs, and prints the worst
# case of each: six to fifteen minutes on two cores.
test-exhaustive: build
	$(BIN)/python tests/cpp/accuracy/against_mpmath.py $(BUILD)/reference_points --exhaustive
	$(BUILD)/accuracy --exhaustive

# Tests 25,000 new random cases of each kind (FUZZ_CASES=n: n cases) and prints the first failure.
fuzz: build
	$(BIN)/python -m pytest tests/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-show-statistics

# Tests threads, an interop pool and memory for minutes, and measures how the load scales.
test-load: build
	LOAD_ROUNDS=1500000 $(BUILD)/load_tests

# Runs the C++ tests with AddressSanitizer, UBSan, ThreadSanitizer and valgrind.
test-sanitize: $(READY)
	$(BIN)/python tests/sanitizers/run_sanitizers.py

# The whole stack on an emulated 64-bit ARM CPU: torch's aarch64 wheel, Debian's Python for arm64,
# the library cross-compiled. Half an hour, of which the Python tests take twenty minutes, and 3 GB.
# Needs Debian's debootstrap, g++-aarch64-linux-gnu and qemu-user, and the network.
export ARM := $(CURDIR)/build/aarch64
$(ARM)/.complete: requirements-dev.txt tests/arm/environment.sh tests/arm/cuda_stub.py $(READY)
	TORCH=$(TORCH) tests/arm/environment.sh
	touch $@

build-arm: $(ARM)/.complete
	tests/arm/build.sh

test-arm: build-arm
	tests/arm/run.sh

# Runs the tests that need a GPU, in minutes. Without a network: make test-cuda TORCH=installed
test-cuda: export FUSED_SOFTPLUS_TESTS = OFF
test-cuda: build
	$(BIN)/python -m pytest tests/test_cuda.py tests/test_autocast.py tests/test_sass.py

# Everything that is worth knowing from a GPU, in eight minutes, resumable: build, tests,
# sanitizers, benchmarks. On a machine without a network: make gpu-day TORCH=installed
gpu-day: $(READY)
	$(BIN)/python -m tests.tools.gpu_day

# Tests the CUDA kernels without a GPU: what `make test` tests of them, then every size, random
# layouts, and whether the tests notice broken PTX. Takes some twenty minutes.
test-cuda-emulated: build
	$(BIN)/python -m tests.cuda_emulation
	$(BIN)/python -m tests.cuda_emulation tests/cuda_emulation/sweep.py
	$(BIN)/python -m tests.cuda_emulation.ptx_mutants

# The packages that test-packages tries, without their dependencies, for which pip might replace
# torch. They are installed outside of the environment, where `pip check` would miss these.
PACKAGES := build/packages-for-tests
$(PACKAGES)/.complete: requirements-packages.txt $(READY)
	rm -rf $(PACKAGES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	    --target $(PACKAGES) -r requirements-packages.txt
	touch $@

# Tries packages that use softplus: our own fits with enable() and our functions, in half a minute,
# and the packages' own tests with enable() and replace_softplus(), in six minutes on one core.
# Needs the network, because the tests come from the packages' sdists. Our own fits run without the
# plugins of pytest that the packages' tests need.
test-packages: export PYTHONPATH := $(CURDIR)/$(PACKAGES):$(PYTHONPATH)
test-packages: build $(PACKAGES)/.complete
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/python -m pytest tests/test_packages.py
	$(BIN)/python -m tests.packages

# Builds a wheel for each torch release into dist/, for all Pythons that are at hand, and tests each
# in a clean environment of each Python. On two cores, a release takes ten minutes, and each of its
# Pythons one more. It needs 11 GB of disk, and the network.
TORCHES ?= 2.11.0 2.12.0 2.13.0 2.14.0 2.15.0
PYTHONS ?= python3.10 python3.11 python3.12 python3.13 python3.14
wheels:
	$(PYTHON) packaging/wheels.py --torches $(TORCHES) --pythons $(PYTHONS)

# The tools for lint, audit and coverage.
$(VENV)/.complete-lint: requirements-lint.txt $(VENV)/.complete
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-lint.txt
	touch $@

# Checks formatting and types, and runs static analysis. clang-tidy takes its flags from the build.
lint: build $(VENV)/.complete-lint
	BUILD=$(BUILD) $(BIN)/pre-commit run --all-files --hook-stage manual

# Builds the pages of docs/ into a site, in seconds. A warning is an error.
$(VENV)/.complete-docs: requirements-docs.txt $(VENV)/.complete
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

docs: build $(VENV)/.complete-docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs build/docs
	@echo build/docs/index.html

# Draws the pictures of docs/how-it-works.md.
figures: build
	$(BIN)/python -m benchmarks.error_figures

# Lists known vulnerabilities of the pinned dependencies and torch, from the database of PyPI. The
# packages that test-packages tries are left out, because they need old releases of one another.
AUDITED := $(filter-out requirements-packages.txt,$(wildcard requirements-*.txt))
audit: $(VENV)/.complete-lint
	(echo torch==$(TORCH) && grep --no-filename == $(AUDITED)) \
	    | $(BIN)/pip-audit --no-deps --disable-pip --format json -r /dev/stdin \
	    | $(BIN)/python -m tests.tools.audit

# Breaks the library in some hundred ways and checks that a test notices each.
mutants: $(READY)
	$(BIN)/python -m tests.mutants.run_mutants

# Measures which lines the tests reach.
coverage: $(VENV)/.complete-lint
	tests/tools/coverage.sh

# Measures the operators: about five minutes on two cores. BENCH=--quick takes one, with more noise.
bench: export FUSED_SOFTPLUS_BENCHMARKS = ON
bench: build
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.operators --loops $(BUILD)/loop_benchmarks $(BENCH)

# Measures training steps, for some minutes each on two cores: a signed-distance network, and a
# network for the energy of molecules.
bench-sdf bench-schnet: bench-%: build
	$(BIN)/python -m benchmarks.$*_step $(BENCH)

# Measures the memory of a training step.
bench-memory: build
	$(BIN)/python -m benchmarks.memory $(BENCH)

# Runs them one after the other, even under make -j.
bench-models: build
	for name in sdf schnet memory; do $(MAKE) bench-$$name || exit; done

# Measures the CUDA kernels against their peers. Needs a GPU, but no network (TORCH=installed).
bench-cuda: export FUSED_SOFTPLUS_TESTS = OFF
bench-cuda: build
	$(BIN)/python -m benchmarks.cuda_operators $(BENCH)

# Estimates from the machine code of the CUDA kernels how fast they can be. Needs no GPU.
roofline: build
	$(BIN)/python -m benchmarks.cuda_roofline

# Counts the instructions of the kernels for 64-bit ARM, ours and torch's. Times nothing.
bench-arm: build-arm
	$(BIN)/python -m benchmarks.arm_instructions \
	    $(ARM)/build/CMakeFiles/loops_neon.dir/csrc/cpu/loops.cpp.o \
	    $(ARM)/site/torch/lib/libtorch_cpu.so

# Writes the recorded results into the tables of the Markdown files.
readme-tables: $(READY)
	$(BIN)/python -m benchmarks.readme

clean:
	rm -rf build dist .venv .venv-* python/*.egg-info
	cd python/fused_softplus && rm -rf lib include share _build.py _C.*.so
