"""torch's timer, without the warning, as it is imported, that this machine has no GPU."""

import logging

logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Timer  # noqa: E402

__all__ = ["Timer"]
