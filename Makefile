# Everything runs in a virtual environment made here. TORCH=2.11.0 uses another torch, in an
# environment and a build folder of its own.
PYTHON ?= python3
TORCH ?= 2.15.0
VENV := $(if $(filter 2.15.0,$(TORCH)),.venv,.venv-$(TORCH))
BIN := $(VENV)/bin
BUILD = $(firstword $(wildcard build/torch-$(TORCH)-*))
export FUSED_SOFTPLUS_TESTS = ON

.PHONY: build demo test test-exhaustive bench clean
.DEFAULT_GOAL := build

# The environment, made again when what it holds changes.
$(VENV)/.complete: requirements-dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check torch==$(TORCH) -r requirements-dev.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pip install --quiet --disable-pip-version-check \
	    --no-build-isolation --no-deps --editable .
	touch $@

# CMake and Ninja rebuild what changed, and only that.
build: $(VENV)/.complete
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python setup.py --quiet build_ext --inplace

demo: build
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python examples/demo.py

test: build
	$(BIN)/ctest --test-dir $(BUILD) --output-on-failure --parallel 2
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest tests

# Every contract with its worst case, found on every float32 input and on millions of float64 ones.
# Six minutes on two cores.
test-exhaustive: build
	$(BIN)/python tests/cpp/accuracy/against_mpmath.py $(BUILD)/reference_points --exhaustive
	$(BUILD)/accuracy --exhaustive

# The peers; whatever of them cannot be had, the benchmark skips.
$(VENV)/.complete-bench: requirements-bench.txt $(VENV)/.complete
	-$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	touch $@

# Seven minutes on two cores. BENCH=--quick takes two and answers the same questions less surely.
bench: export FUSED_SOFTPLUS_BENCHMARKS = ON
bench: build $(VENV)/.complete-bench
	$(BIN)/python benchmarks/operators.py --loops $(BUILD)/loop_benchmarks $(BENCH)

clean:
	rm -rf build dist .venv .venv-* python/*.egg-info
	cd python/fused_softplus && rm -rf lib include share _build.py _C.*.so
