"""What several test files need: seeds, fresh processes, threads put back, how long to fuzz."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import HealthCheck, settings

# Of test_fuzz.py: the same cases always, or new ones for long (--hypothesis-profile=fuzz). A slow
# case is no failure, on a machine that others use as well.
_any_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("fixed", _any_time, max_examples=500, derandomize=True, database=None)
settings.register_profile("fuzz", _any_time, max_examples=int(os.environ.get("FUZZ_CASES", 25000)))
settings.load_profile("fixed")

# What torch.compile keeps on disk is found again by the graph, whatever our code is by then.
_compiled = tempfile.TemporaryDirectory(prefix="torchinductor-")
os.environ["TORCHINDUCTOR_CACHE_DIR"] = _compiled.name

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def seed() -> None:
    """The same random numbers in every run, whichever tests run before."""
    torch.manual_seed(0)


@pytest.fixture
def python() -> Python:
    """Runs the interpreter with these arguments and extra environment variables."""

    def run(
        *arguments: str, check: bool = True, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """torch.set_num_threads, undone after the test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
