"""Does the installed package work: values, gradients, the module, and enable() under mambapy where
that is installed? Prints where the package is."""

from importlib.util import find_spec

import torch
import torch.nn.functional as F

import fused_softplus

x = torch.linspace(-5, 25, 61, dtype=torch.float64, requires_grad=True)
for beta in (0.1, 1, 100):
    y, expected = fused_softplus.softplus(x, beta), F.softplus(x, beta)
    torch.testing.assert_close(y, expected, rtol=1e-14, atol=0)
    gradients = [torch.autograd.grad(result.sum(), x)[0] for result in (y, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-14, atol=0)
model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Softplus())
assert fused_softplus.replace_softplus(model) == 1
assert model(torch.ones(4, 3)).isfinite().all()
assert fused_softplus.restore_softplus(model) == 1
assert fused_softplus.restore_softplus(torch.nn.Sequential(fused_softplus.Softplus())) == 1
with fused_softplus.enabled():
    torch.testing.assert_close(F.softplus(x), fused_softplus.softplus(x), rtol=0, atol=0)
if find_spec("mambapy"):
    from mambapy.mamba import Mamba, MambaConfig

    torch.manual_seed(0)
    mamba, tokens = Mamba(MambaConfig(d_model=16, n_layers=2)), torch.randn(2, 8, 16)
    expected = mamba(tokens)
    with fused_softplus.enabled(), torch.autograd.profiler.profile() as profiler:
        actual = mamba(tokens)
        actual.sum().backward()
    torch.testing.assert_close(actual, expected)
    assert any(event.name == "FusedSoftplusBackward" for event in profiler.function_events)
print(fused_softplus.__file__)
