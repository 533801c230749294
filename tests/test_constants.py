"""Are the constants in constants.h the ones that its generator computes?"""

import subprocess
import sys
from pathlib import Path

MATH = Path(__file__).parent.parent / "csrc" / "math"


def test_the_file_is_the_generators_output() -> None:
    generator = [sys.executable, str(MATH / "generate_constants.py")]
    generated = subprocess.run(generator, check=True, capture_output=True, text=True).stdout
    assert (MATH / "constants.h").read_text() == generated
