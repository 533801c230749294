"""Links a library in the place of CUDA's, so that torch's aarch64 wheel loads without them: 2 GB.

    python -m tests.arm.cuda_stub SITE SYSTEM FOLDER

Each of its functions returns cudaErrorNoDevice. The wheel in SITE needs them, and the libraries in
SYSTEM are those that it finds.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

PREFIX = "aarch64-linux-gnu-"


def words(*command: object) -> list[list[str]]:
    """Returns the words of each line that a command prints."""
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    return [line.split() for line in done.stdout.splitlines()]


def symbols(libraries: Iterable[Path], which: str) -> dict[str, str]:
    """Returns the names that the libraries define, or that they need, with their versions."""
    lines = words(PREFIX + "nm", "-D", which, *libraries)
    parts = [re.split("@+", line[-1]) for line in lines if len(line) > 1]
    return {name: version for name, *rest in parts for version in rest or [""]}


def main(site: Path, system: Path, folder: Path) -> None:
    torch = [path for path in (site / "torch" / "lib").iterdir() if ".so" in path.name]
    present = {path.name: path for path in system.rglob("*.so*")} | {lib.name: lib for lib in torch}
    needed: set[str] = set()
    for library in torch:
        for line in words(PREFIX + "readelf", "-d", library):
            needed |= {re.sub(r"[\[\]]", "", line[-1])} if "(NEEDED)" in line else set()
    found = torch + [present[name] for name in needed & set(present)]
    defined = symbols(found, "--defined-only")
    versions = defaultdict(list)
    for name, version in sorted(symbols(torch, "--undefined-only").items()):
        if name not in defined and re.match("_*(cu|nv|nccl)", name):
            versions[version].append(name)
    names = [name for group in versions.values() for name in group]
    source, script, library = (folder / f"stub.{kind}" for kind in ("s", "map", "so"))
    labels = "".join(f".globl {name}\n.type {name}, %function\n{name}:\n" for name in names)
    source.write_text(f"{labels}mov w0, #100\nret\n")
    nodes = (f"{name} {{ {'; '.join(group)}; }};\n" for name, group in versions.items() if name)
    script.write_text("".join(nodes))
    link = [PREFIX + "gcc", "-shared", "-nostdlib", f"-Wl,--version-script={script}"]
    subprocess.run([*link, "-o", library, source], check=True)
    for name in needed - set(present):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(library.name)
    print(f"{len(names)} functions in place of {', '.join(sorted(needed - set(present)))}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
