"""Does Softplus stand in for nn.Softplus, and does replace_softplus put it there?"""

import copy
import io
import pickle

import pytest
import torch
from torch import Tensor, nn

from fused_softplus import Softplus, replace_softplus, softplus

MODULES = {
    "default": Softplus(),
    "beta": Softplus(2, 10.5),
    "keywords": Softplus(beta=0.5, threshold=15, inplace=True),
}

of_every_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


@of_every_module
def test_forward(module: Softplus) -> None:
    assert isinstance(module, nn.Softplus)
    x = torch.randn(10)
    expected = softplus(x, module.beta, module.threshold)
    y = module(x)
    assert torch.equal(y, expected)
    assert (y is x) == module.inplace


def test_repr() -> None:
    assert [repr(module) for module in MODULES.values()] == [
        "Softplus(beta=1.0, threshold=20.0)",
        "Softplus(beta=2, threshold=10.5)",
        "Softplus(beta=0.5, threshold=15, inplace=True)",
    ]


def save_and_load(module: nn.Module) -> nn.Module:
    file = io.BytesIO()
    torch.save(module, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


@of_every_module
@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module)), save_and_load],
    ids=["deepcopy", "pickle", "torch.save"],
)
def test_copies(module: Softplus, duplicate) -> None:
    other = duplicate(module)
    assert type(other) is Softplus and other is not module
    assert repr(other) == repr(module)
    x = torch.randn(10)
    assert torch.equal(other(x.clone()), module(x.clone()))


def test_state_dict_is_that_of_torch() -> None:
    plain = nn.Sequential(nn.Linear(3, 4), nn.Softplus())
    fused = nn.Sequential(nn.Linear(3, 4), Softplus())
    fused.load_state_dict(plain.state_dict())
    assert not Softplus().state_dict()
    x = torch.randn(5, 3)
    # Both are within 2 ULP of the same exact value (torch's bound is measured in test_opinfo.py).
    error = 4 * torch.finfo(x.dtype).eps
    torch.testing.assert_close(fused(x), plain(x), rtol=error, atol=0)


class Doubled(nn.Softplus):
    def forward(self, input: Tensor) -> Tensor:
        return 2 * super().forward(input)


def test_replace() -> None:
    shared = nn.Softplus(2, 10)
    called = []
    shared.register_forward_hook(lambda *_: called.append(shared))
    model = nn.Sequential(
        nn.Sequential(shared, nn.Linear(3, 3)),
        nn.ModuleDict({"a": nn.Softplus(), "again": shared}),
        Softplus(3),
        Doubled(),
    )
    model.eval()
    names = [name for name, _ in model.named_modules()]
    assert replace_softplus(model) == 2
    assert [name for name, _ in model.named_modules()] == names
    assert model[0][0] is model[1]["again"] is shared
    assert type(shared) is type(model[1]["a"]) is Softplus
    assert (shared.beta, shared.threshold, shared.inplace, shared.training) == (2, 10, False, False)
    assert model[2].beta == 3
    assert type(model[3]) is Doubled
    x = torch.randn(4)
    assert torch.equal(shared(x), softplus(x, 2, 10))
    assert called == [shared]
    assert replace_softplus(model) == 0


def test_replace_a_bare_module_in_place() -> None:
    module = nn.Softplus()
    assert replace_softplus(module, inplace=True) == 1
    assert repr(module) == "Softplus(beta=1.0, threshold=20.0, inplace=True)"
    x = torch.randn(4)
    assert module(x) is x


def test_replaced_module_is_a_whole_one() -> None:
    model = nn.Sequential(nn.Softplus(0.5))
    replace_softplus(model)
    other = save_and_load(model)
    assert type(other[0]) is Softplus
    x = torch.randn(4)
    assert torch.equal(torch.jit.script(other)(x), softplus(x, 0.5))


@pytest.mark.parametrize("position", ["root", "inner"])
def test_scripted_code_is_refused(position: str) -> None:
    scripted = torch.jit.script(nn.Sequential(nn.Softplus()))
    plain = nn.Softplus()
    model = scripted if position == "root" else nn.Sequential(plain, scripted)
    with pytest.raises(TypeError, match=r"scripted.*replace before scripting"):
        replace_softplus(model)
    assert type(plain) is nn.Softplus  # nothing is half done
