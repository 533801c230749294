"""Measures how accurate each implementation is: its largest error in units in the last place.

    python -m benchmarks.accuracy               # part of make bench

float16 and bfloat16 are tried on all finite inputs, float32 on one in 1499 of the numbers below 200
in absolute value, float64 on a random sample below the threshold. The exact values are the tests'.
"""

import numpy as np
import torch
from torch import Tensor

from benchmarks import kit, peers
from tests.tools import reference

PEERS = (peers.Ours(), peers.Aten(), peers.Compiled())
QUANTITIES = {"forward": reference.softplus, "backward": reference.slope}


def inputs(dtype: torch.dtype) -> Tensor:
    if dtype.itemsize == 2:
        return reference.points(dtype, 1.0)
    if dtype == torch.float32:
        end = int(np.float32(200).view(np.int32))
        positive = torch.arange(0, end, 1499, dtype=torch.int32).view(torch.float32)
        return torch.cat([positive, -positive])
    generator = torch.Generator().manual_seed(0)
    spread = torch.empty(8000, dtype=dtype).uniform_(-740, 20, generator=generator)
    near = torch.empty(8000, dtype=dtype).uniform_(-20, 20, generator=generator)
    scale = torch.empty(8000, dtype=dtype).uniform_(-60, 0, generator=generator)
    return torch.cat([spread, near, near * 2**scale])


def measure(operation: str, dtype_name: str) -> list[kit.Row]:
    """A row for each measure."""
    dtype = getattr(torch, dtype_name)
    x = inputs(dtype)
    exact = QUANTITIES[operation](x, 1.0)
    normal = exact >= torch.finfo(dtype).tiny
    rows: dict[str, kit.Row] = {
        what: {"operation": operation, "dtype": dtype_name, "measure": what, "": {}}
        for what in ("largest error, ULP", "subnormal results, ULP", "misrounded")
    }
    for name, run in peers.runs(PEERS, operation, x, torch.ones_like(x)).items():
        errors = reference.ulp_error(run(), exact)
        errors = np.where(np.isnan(errors), np.inf, errors)
        rows["largest error, ULP"][""][name] = float(errors[normal].max())
        rows["subnormal results, ULP"][""][name] = float(errors[~normal].max(initial=0))
        rows["misrounded"][""][name] = int(np.count_nonzero(errors > 0.5))
    return list(rows.values())


def main() -> None:
    options = kit.parser(__doc__).parse_args()
    torch.set_num_threads(1)
    rows = [row for dtype in kit.DTYPES for name in QUANTITIES for row in measure(name, dtype)]
    kit.publish("accuracy", rows, options)


if __name__ == "__main__":
    main()
