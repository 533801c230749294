"""Fresh processes, for what is decided once in the life of one, and their memory."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

# glibc then maps every tensor by itself. Otherwise the holes left in its heap would decide how much
# a process grows.
MAPPED = {"MALLOC_MMAP_THRESHOLD_": "65536"}


@contextmanager
def fresh_process(**environment: str) -> Iterator[ProcessPoolExecutor]:
    """One new process, with these environment variables besides our own."""
    with (
        patch.dict(os.environ, environment),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
    ):
        yield process


def peak_resident(run: Callable[[], object]) -> int:
    """By how many bytes this process grows, at most, while it runs."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what it is now
    before = _status("VmRSS")
    run()
    return _status("VmHWM") - before


def _status(key: str) -> int:
    """Bytes, from a line such as "VmRSS:  1024 kB"."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 2**10
    raise LookupError(key)
