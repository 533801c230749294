"""Fresh processes, for what is decided once in the life of one."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from unittest.mock import patch


@contextmanager
def fresh_process(**environment: str) -> Iterator[ProcessPoolExecutor]:
    """One new process, with these environment variables besides our own."""
    with (
        patch.dict(os.environ, environment),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process,
    ):
        yield process
