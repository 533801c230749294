"""Fixtures and settings that several test files share."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest
import torch
from hypothesis import HealthCheck, settings

# For test_fuzz.py: always the same cases, or many new ones (--hypothesis-profile=fuzz). A slow case
# is not a failure, since other jobs may use the machine.
_any_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("fixed", _any_time, max_examples=500, derandomize=True, database=None)
settings.register_profile("fuzz", _any_time, max_examples=int(os.environ.get("FUZZ_CASES", 25000)))
settings.load_profile("fixed")

# torch.compile's cache on disk is keyed by the graph, and would survive a change of our code.
_compiled = tempfile.TemporaryDirectory(prefix="torchinductor-")
os.environ["TORCHINDUCTOR_CACHE_DIR"] = _compiled.name

Python = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def seed() -> None:
    """Makes the random numbers independent of the tests that run before."""
    torch.manual_seed(0)


@pytest.fixture
def python() -> Python:
    """Returns a function that runs Python with arguments and extra environment variables."""

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
    """Returns torch.set_num_threads, and undoes its effect after the test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)
