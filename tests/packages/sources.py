"""Where the packages and their tests are: the pins, the index and the sdists."""

import hashlib
import json
import re
import shutil
import tarfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build"
INSTALLED = BUILD / "packages-for-tests"
INDEX = "https://pypi.org/simple/"


def pins() -> dict[str, str]:
    """The version of each package that this Python installs."""
    found = {}
    for line in (ROOT / "requirements-packages.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate():
                (pin,) = requirement.specifier
                found[requirement.name] = pin.version
    return found


def sdist(package: str, version: str) -> Path:
    """The sdist of a release. `pip download` would build it to learn its dependencies."""
    page = urljoin(INDEX, f"{package}/")
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    request = urllib.request.Request(page, headers=accept)
    with urllib.request.urlopen(request, timeout=60) as response:
        files = json.load(response)["files"]
    name = re.sub("[-_.]+", "[-_.]", package)
    pattern = re.compile(rf"{name}-{re.escape(version)}\.tar\.gz", re.IGNORECASE)
    (file,) = (file for file in files if pattern.fullmatch(file["filename"]))
    archive = BUILD / "sdists" / file["filename"]
    if not archive.exists():
        archive.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(urljoin(page, file["url"]), timeout=60) as response:
            content = response.read()
        if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
            raise ValueError(f"{file['filename']} is not what the index lists")
        archive.write_bytes(content)
    return archive


def unpacked(package: str, version: str) -> Path:
    """The tests of a release. They import the installed package, because its own is left out."""
    target = BUILD / "packages-tested" / package
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(sdist(package, version)) as archive:
        for member in archive:
            _, _, path = member.name.partition("/")
            if path.startswith(("test/", "tests/")) and member.isfile():
                archive.extract(member.replace(name=path), target, filter="data")
    return target
