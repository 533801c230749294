"""Whether a pin has a known vulnerability: prints an answer for each, and fails on any doubt.

    pip-audit --format json ... | python -m tests.tools.audit

pip-audit asks PyPI about a version and skips what it gets no answer for. A mirror of PyPI may serve
only a project's page, which lists what is known of the newest version: an answer for a pin that is
the newest. What has been mended since an older pin is not on it; a person has to read that in the
releases' notes, and again when there is a newer release.
"""

import json
import re
import sys
import urllib.request
from typing import Any

# Pin: the newest version whose notes, and all before it back to the pin, name no vulnerability.
READ = {
    # The last for Python 3.11. Release notes.
    "numpy 2.4.6": "2.5.5",
    # The last that sympy takes, which torch needs. CHANGES; its one advisory is mended in 1.3.0.
    "mpmath 1.3.0": "1.4.1",
    # The last for Python 3.11. CHANGES.
    "sphinx 9.0.4": "9.2.0",
}


def ask_page(pin: str) -> tuple[str, bool]:
    """What the page of a project says about a pin, and whether that clears it."""
    name, version = pin.split()
    with urllib.request.urlopen(f"https://pypi.org/pypi/{name}/json", timeout=60) as response:
        page = json.load(response)
    found = [entry["id"] for entry in page["vulnerabilities"] if not entry["withdrawn"]]
    newest = page["info"]["version"]
    if found:
        return f"the newest, {newest}, has {', '.join(found)}", False
    if version == newest:
        return "none known (it is the newest, and its page lists none)", True
    if newest == READ.get(pin):
        return f"none known ({newest} has none, and the notes since name none)", True
    return f"not the newest: take {newest}, or read what changed up to it and say so in READ", False


def audit(dependency: dict[str, Any]) -> tuple[str, str, bool]:
    """A pin, what is known about it, and whether that clears it."""
    if "skip_reason" not in dependency:
        found = [entry["id"] for entry in dependency["vulns"]]
        pin = f"{dependency['name']} {dependency['version']}"
        return pin, ", ".join(found) or "none known", not found
    skipped = re.search(r"not found on PyPI .*: (\S+) \((\S+)\)$", dependency["skip_reason"])
    if not skipped:
        return dependency["name"], dependency["skip_reason"], False
    pin = f"{skipped[1]} {skipped[2]}"
    return pin, *ask_page(pin)


answers = [audit(dependency) for dependency in json.load(sys.stdin)["dependencies"]]
for pin, answer, _ in answers:
    print(f"{pin:34}{answer}")
doubtful = [pin for pin, _, cleared in answers if not cleared]
print(f"{len(answers)} pins, {len(doubtful)} vulnerable or not cleared {doubtful or ''}")
sys.exit(bool(doubtful) or not answers)
