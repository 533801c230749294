"""Are the constants in softplus_constants.h the ones that its generator computes?"""

import subprocess
import sys
from pathlib import Path

CSRC = Path(__file__).parent.parent / "csrc"


def test_the_file_is_the_generators_output() -> None:
    generator = [sys.executable, str(CSRC / "generate_constants.py")]
    generated = subprocess.run(generator, check=True, capture_output=True, text=True).stdout
    assert (CSRC / "softplus_constants.h").read_text() == generated
