"""Runs the packages' own tests without our softplus, with enable(), and with replace_softplus().

    python -m tests.packages [PACKAGE ...]

Prints a table. Its columns are the tests that call softplus and pass, those calls, how many of them
enable() answers, how many modules replace_softplus() replaces, and how many tests end differently
with either. A test that does is an error, and so is a package in which enable() answers no call.
Outcomes show what breaks. Small errors are for our own tests of the bounds.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.packages.sources import BUILD, INSTALLED, ROOT, pins, unpacked
from tests.packages.suites import SUITES, Suite

RESULTS = BUILD / "packages-results"
# The tensors in these tests are small: more threads make them slower.
SETTINGS = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
ROW = "{:20}{:>8}{:>7}{:>8}{:>10}{:>10}{:>10}{:>9}"
HEADER = ("package", "version", "tests", "calls", "answered", "replaced", "different", "seconds")


def run(suite: Suite, folder: Path, way: str) -> dict[str, Any]:
    """Runs the tests of a package in one of three ways: plain, enable, replace."""
    results, log = (RESULTS / f"{suite.package}-{way}.{kind}" for kind in ("json", "log"))
    results.unlink(missing_ok=True)
    command = [
        *(sys.executable, ROOT / "tests" / "packages" / "session.py", way, results),
        *("-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder),
        *(*suite.options, *suite.tests),
    ]
    path = os.pathsep.join(map(str, [folder, INSTALLED, os.environ.get("PYTHONPATH", "")]))
    with log.open("w") as output:
        subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **SETTINGS, "PYTHONPATH": path},
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=600,
        )
    found: dict[str, Any] = json.loads(results.read_text())
    return found


def compare(suite: Suite, version: str) -> list[str]:
    """Prints the row of a package, and returns what is wrong."""
    start = time.monotonic()
    folder = INSTALLED if suite.installed else unpacked(suite.package, version)
    plain, enabled, replaced = (run(suite, folder, x) for x in ("plain", "enable", "replace"))
    before = plain["outcomes"]
    wrong = [
        f"{suite.package}: with {way}, {test} is {after.get(test)}, and was {before.get(test)}"
        for way, after in [("enable", enabled["outcomes"]), ("replace", replaced["outcomes"])]
        for test in sorted(before.keys() | after.keys())
        if after.get(test) != before.get(test)
    ]
    different = len(wrong)
    passed = sum(before[test] == "passed" for test in plain["reached"])
    if not passed or not enabled["ours"]:
        wrong.append(f"{suite.package}: nothing was tested")
    if replaced["replaced"] and not replaced["ours"]:
        wrong.append(f"{suite.package}: a replaced module did not run our kernels")
    if plain["ours"]:
        wrong.append(f"{suite.package}: our kernels ran without enable()")
    counts = (enabled["calls"], enabled["ours"], replaced["replaced"], different)
    seconds = round(time.monotonic() - start)
    print(ROW.format(suite.package, version, passed, *counts, seconds), flush=True)
    return wrong


def main() -> int:
    versions = pins()
    chosen = sys.argv[1:] or [suite.package for suite in SUITES if suite.package in versions]
    suites = {suite.package: suite for suite in SUITES}
    RESULTS.mkdir(parents=True, exist_ok=True)
    print(ROW.format(*HEADER))
    wrong = []
    for package in chosen:
        wrong += compare(suites[package], versions[package])
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
