"""How exact each implementation is: its worst error in units in the last place.

float16 and bfloat16 are tried on all finite inputs, float32 on one in 1499 of the numbers below 200
in absolute value, float64 on a random sample below the threshold. The exact values are the tests'.
"""

import numpy as np
import torch
from torch import Tensor

import reference
from peers import Peer, tensors
from results import Accuracy
from timing import peers, warm

QUANTITIES = {"forward": reference.softplus, "backward": reference.slope}


def inputs(dtype: torch.dtype) -> Tensor:
    if dtype.itemsize == 2:
        numbers = torch.arange(-(2**15), 2**15).to(torch.int16).view(dtype)
        return numbers[numbers.isfinite()]
    if dtype == torch.float32:
        end = int(np.float32(200).view(np.int32))
        positive = torch.arange(0, end, 1499, dtype=torch.int32).view(torch.float32)
        return torch.cat([positive, -positive])
    generator = torch.Generator().manual_seed(0)
    spread = torch.empty(8000, dtype=dtype).uniform_(-740, 20, generator=generator)
    near = torch.empty(8000, dtype=dtype).uniform_(-20, 20, generator=generator)
    scale = torch.empty(8000, dtype=dtype).uniform_(-60, 0, generator=generator)
    return torch.cat([spread, near, near * 2**scale])


def measure(dtype_name: str) -> list[Accuracy]:
    """Of every softplus, forward and backward, on one thread."""
    torch.set_num_threads(1)
    dtype = getattr(torch, dtype_name)
    x = inputs(dtype)
    exact = {operation: quantity(x, 1.0) for operation, quantity in QUANTITIES.items()}
    return [
        _judge(peer, operation, x, exact[operation])
        for operation in QUANTITIES
        for peer in peers(threads=1)
        if peer.is_softplus and dtype_name in peer.dtypes and hasattr(peer, operation)
    ]


def _judge(peer: Peer, operation: str, x: Tensor, exact: reference.Exact) -> Accuracy:
    prepare = getattr(peer, operation)
    warm(prepare, x.dtype)
    (result,) = tensors(prepare(x, torch.ones_like(x))())
    errors = reference.ulp_error(result, exact)
    errors = np.where(np.isnan(errors), np.inf, errors)
    normal = exact >= torch.finfo(x.dtype).tiny
    at = int(np.where(normal, errors, -1).argmax())
    return Accuracy(
        implementation=peer.name,
        operation=operation,
        dtype=str(x.dtype).removeprefix("torch."),
        inputs=len(x),
        worst=float(errors[at]),
        at=x[at].item(),
        worst_denormal=float(errors[~normal].max(initial=0)),
        misrounded=int(np.count_nonzero(errors > 0.5)),
    )
