"""What a record says of the machine and of the versions that ran."""

import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import Any

import torch

import fused_softplus
from fused_softplus import _C

PACKAGES = ("numpy", "onnxruntime", "jax")


def describe() -> dict[str, Any]:
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "instruction set": _C.cpu_capability(),
        "ATen's": torch.backends.cpu.get_cpu_capability(),
        "fused_softplus": fused_softplus.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{name: version for name in PACKAGES if (version := _version(name))},
    }


def label(about: dict[str, Any]) -> str:
    """What the files of a record are named after."""
    name = re.sub(r"\((r|tm)\)", "", about["cpu"].lower())
    return "-".join([*name.split(), about["instruction set"]])


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
