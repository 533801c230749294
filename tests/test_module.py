"""Do Softplus and replaced modules behave like nn.Softplus, and can they be restored?"""

import copy
import importlib.util
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.fx
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils._python_dispatch import TorchDispatchMode

from fused_softplus import Softplus, replace_softplus, restore_softplus, softplus
from tests.conftest import Python

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
    # Both are within 2 ULP of the exact value (test_opinfo.py measures PyTorch's error).
    error = 4 * torch.finfo(x.dtype).eps
    torch.testing.assert_close(fused(x), plain(x), rtol=error, atol=0)


def test_a_subclass_without_our_init() -> None:
    class Sharp(Softplus):
        def __init__(self) -> None:
            nn.Softplus.__init__(self, 100.0)

    x = torch.randn(4)
    y = Sharp()(x)
    assert torch.equal(y, softplus(x, 100)) and y is not x


# ---- replace_softplus --------------------------------------------------------------------------


class Doubled(nn.Softplus):
    def forward(self, input: Tensor) -> Tensor:
        return 2 * super().forward(input)


class Sharp(nn.Softplus):
    def __init__(self) -> None:
        super().__init__(100.0)


class Operators(TorchDispatchMode):
    """Records the softplus operators that run."""

    def __init__(self) -> None:
        super().__init__()
        self.called: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if "softplus" in str(func):
            self.called.append(str(func))
        return func(*args, **(kwargs or {}))


def operators(model: nn.Module) -> list[str]:
    with Operators() as operators, torch.no_grad():
        model(torch.ones(1, 3))
    return operators.called


OURS, TORCHS = "fused_softplus.softplus.default", "aten.softplus.default"


def test_replace() -> None:
    shared = nn.Softplus(2, 10)
    called = []
    shared.register_forward_hook(lambda module, *_: called.append(module))
    model = nn.Sequential(
        nn.Sequential(shared, nn.Linear(3, 3)),
        nn.ModuleDict({"a": nn.Softplus(), "again": shared}),
        Softplus(3),
        Doubled(),
        Sharp(),
    )
    model.eval()
    names, shown = [name for name, _ in model.named_modules()], repr(model)
    assert replace_softplus(model) == 3
    assert [name for name, _ in model.named_modules()] == names
    assert repr(model) == shown
    replaced = model[0][0]
    assert model[1]["again"] is replaced
    assert type(replaced) is type(model[1]["a"]) is nn.Softplus and type(model[4]) is Sharp
    assert (replaced.beta, replaced.threshold, replaced.training) == (2, 10, False)
    assert model[2].beta == 3
    assert type(model[3]) is Doubled
    x = torch.randn(1, 3)
    assert torch.equal(replaced(x), softplus(x, 2, 10))
    assert called == [replaced]
    parts = (replaced, model[1]["a"], model[2], model[3], model[4])
    assert [operators(part) for part in parts] == [[OURS], [OURS], [OURS], [TORCHS], [OURS]]
    assert replace_softplus(model) == 0


def test_others_that_share_a_module_keep_theirs() -> None:
    """Libraries may share one activation among all models of a process, such as for constraints."""
    shared = nn.Softplus()
    mine, other = nn.Sequential(shared, shared), nn.Sequential(shared)
    assert replace_softplus(mine, inplace=True) == 1
    assert mine[0] is mine[1] is not shared
    assert other[0] is shared
    assert operators(other) == operators(shared) == [TORCHS]
    assert operators(mine) == ["fused_softplus.softplus_.default"] * 2
    x = torch.zeros(3)
    assert torch.equal(other(x), other(x))


def test_replace_a_bare_module_in_place() -> None:
    module = nn.Softplus()
    assert replace_softplus(module, inplace=True) == 1
    assert repr(module) == "Softplus(beta=1.0, threshold=20.0, inplace=True)"
    x = torch.randn(4)
    assert module(x) is x


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.activation = nn.Softplus()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(x) + 1


@pytest.mark.parametrize("parametrization", [nn.Softplus, Nested])
def test_a_parametrization_is_never_in_place(parametrization: Callable[[], nn.Module]) -> None:
    """Its input is the parameter itself, which an in-place module would overwrite."""
    layer = nn.Linear(3, 3)
    parametrize.register_parametrization(layer, "weight", parametrization())
    model = nn.Sequential(layer, nn.Softplus())
    original = layer.parametrizations.weight.original
    before, weight = original.detach().clone(), layer.weight.detach()
    assert replace_softplus(model, inplace=True) == 2
    with torch.no_grad():
        # Both are within 2 ULP of the exact value.
        torch.testing.assert_close(layer.weight, weight, rtol=4 * 2**-23, atol=0)
        assert operators(model) == [OURS, "fused_softplus.softplus_.default"]
    assert torch.equal(original, before)
    model(torch.ones(1, 3)).sum().backward()
    assert original.grad is not None


def test_a_model_without_softplus_is_told_what_to_write() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.softplus(self.layer(x))

    with pytest.warns(UserWarning) as warned:
        assert replace_softplus(Model()) == 0
    (warning,) = warned
    assert str(warning.message) == (
        "replace_softplus: nothing was replaced. Of the 2 modules of Model, none has the forward "
        "of torch.nn.Softplus. Where the model calls torch.nn.functional.softplus, write "
        "fused_softplus.softplus in its place."
    )
    assert warning.filename == __file__


@pytest.mark.parametrize("ours", [Softplus, Sharp], ids=["explicit", "replaced"])
def test_a_model_that_has_ours_is_not_warned_of(ours: Callable[[], nn.Module]) -> None:
    model = nn.Sequential(ours())
    replace_softplus(model)
    assert replace_softplus(model) == 0  # warnings are errors here


# ---- Replaced modules are complete modules -------------------------------------------------------


def replaced(module: nn.Module | None = None, inplace: bool = False) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 3), module or nn.Softplus(0.5))
    assert replace_softplus(model, inplace) == 1
    return model


duplicates = pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module)), save_and_load],
    ids=["deepcopy", "pickle", "torch.save"],
)


@duplicates
@pytest.mark.parametrize("inplace", [False, True])
def test_copies_of_replaced_modules(duplicate, inplace: bool) -> None:
    model = replaced(inplace=inplace)
    for other in (duplicate(model), nn.Sequential(model[0], duplicate(model[1]))):
        assert type(other[1]) is nn.Softplus and other[1] is not model[1]
        assert repr(other) == repr(model)
        other[1].beta = 3.0  # only of the copy
        x = torch.randn(4, 3)
        y = other[1](x.clone())
        assert torch.equal(y, softplus(x, 3))
        assert torch.equal(model[1](x.clone()), softplus(x, 0.5))
        assert (other[1](x) is x) == inplace


@duplicates
def test_copies_of_a_forward_alone(duplicate) -> None:
    """functools.partial and the target of a process may refer to the method alone."""
    x = torch.randn(4)
    assert torch.equal(duplicate(replaced()[1].forward)(x), softplus(x, 0.5))


@pytest.mark.parametrize("change", [lambda model: None, replace_softplus], ids=["plain", "ours"])
def test_weights_only_is_refused_as_before(change, tmp_path: Path) -> None:
    module = nn.Softplus()
    change(module)
    torch.save(module, tmp_path / "module.pt")
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.nn\.modules\.activation\.Softplus"):
        torch.load(tmp_path / "module.pt", weights_only=True)


def test_later_changes_of_attributes_count() -> None:
    module: Any = replaced()[1]
    x = torch.randn(40)
    module.beta, module.threshold = 2.0, 0.5
    assert torch.equal(module(x), softplus(x, 2, 0.5))
    module.inplace = True
    assert module(x) is x


def test_hooks() -> None:
    """Hooks are registered before and after, on original and copy, and removed by their handles."""
    original = nn.Softplus()
    seen: list[str] = []
    handles = [
        original.register_forward_pre_hook(lambda *_: seen.append("pre")),
        original.register_forward_hook(lambda *_: seen.append("forward")),
        original.register_full_backward_pre_hook(lambda *_: seen.append("backward pre")),
        original.register_full_backward_hook(lambda *_: seen.append("backward")),
        original.register_state_dict_post_hook(lambda *_: seen.append("saved")),
        original.register_load_state_dict_post_hook(lambda *_: seen.append("loaded")),
    ]
    kinds = ["pre", "forward", "backward pre", "backward", "saved", "loaded"]
    model = replaced(original)
    assert model[1] is not original

    def use() -> list[str]:
        seen.clear()
        model(torch.randn(2, 3)).sum().backward()
        model.load_state_dict(model.state_dict())
        return list(seen)

    assert use() == kinds
    handles.append(model[1].register_forward_hook(lambda *_: seen.append("forward later")))
    assert use() == [*kinds[:2], "forward later", *kinds[2:]]
    assert restore_softplus(model) == 1
    assert use() == [*kinds[:2], "forward later", *kinds[2:]]
    for handle in handles:
        handle.remove()
    assert use() == []


def test_state_dict_and_apply() -> None:
    plain = nn.Sequential(nn.Linear(3, 3), nn.Softplus(0.5))
    model = replaced()
    assert model.state_dict().keys() == plain.state_dict().keys()
    model.load_state_dict(plain.state_dict())
    seen: list[nn.Module] = []
    model.double().apply(seen.append).train(False)
    assert [type(module) for module in seen] == [nn.Linear, nn.Softplus, nn.Sequential]
    assert not model[1].training
    assert not list(model[1].parameters()) and not list(model[1].children())


def test_slices_and_replicas_hold_replaced_modules() -> None:
    model = replaced()
    assert model[1:][0] is model[1]
    assert operators(model[1:]) == [OURS]
    replica = model[1]._replicate_for_data_parallel()  # as nn.DataParallel does, which needs GPUs
    assert operators(replica) == [OURS]


def test_fx() -> None:
    """A replaced module is a leaf, as every module of torch.nn, and is pickled with the graph."""
    model, x = replaced(), torch.randn(4, 3)
    traced = torch.fx.symbolic_trace(model)
    assert [node.op for node in traced.graph.nodes if "1" in str(node.target)] == ["call_module"]
    for graph in (traced, pickle.loads(pickle.dumps(traced)), copy.deepcopy(traced)):
        assert torch.equal(graph(x), model(x))
        assert operators(graph) == [OURS]
    assert replace_softplus(torch.fx.symbolic_trace(nn.Sequential(nn.Softplus()))) == 1


# ---- Tools that look modules up by class ---------------------------------------------------------


def test_a_table_of_classes_finds_replaced_modules() -> None:
    """Attribution and quantization tools choose their rules by such a table."""
    table = {nn.Linear: "linear", nn.Softplus: "smooth"}
    assert [table[type(module)] for module in replaced()] == ["linear", "smooth"]


@pytest.mark.skipif(not importlib.util.find_spec("captum"), reason="captum is not installed")
@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks", "ignore:Input Tensor 0 did")
def test_deeplift() -> None:
    from captum.attr import DeepLift

    first, second = nn.Linear(5, 6).double(), nn.Linear(6, 3).double()
    model = nn.Sequential(first, nn.Softplus(2.0), second).eval()
    x = torch.randn(4, 5, dtype=torch.float64)
    expected = DeepLift(model).attribute(x, target=1)
    replace_softplus(model)
    actual = DeepLift(model).attribute(x, target=1)
    # Each softplus in the quotient (y1 - y2) / (x1 - x2) differs by at most 4 ULP.
    with torch.no_grad():
        inputs, results = first(x), model[:2](x)
        quotients = 16 * 2**-53 * results.abs().amax() / (inputs - first.bias).abs()
        error = (quotients * second.weight[1].abs()) @ first.weight.abs() * x.abs()
    # Both models round sums of 6 and 5 products, by far less than is added for them here.
    error += 64 * 2**-53 * (second.weight[1].abs() @ first.weight.abs() * x.abs())
    assert ((actual - expected).abs() <= error).all()


# ---- restore_softplus --------------------------------------------------------------------------


def test_restore() -> None:
    shared = nn.Softplus(2, 10)
    model = nn.Sequential(shared, nn.Sequential(shared, Softplus(3, inplace=True)), Doubled())
    plain = copy.deepcopy(model)
    plain[1][1] = nn.Softplus(3)
    replace_softplus(model, inplace=True)
    replica = nn.Sequential(model[0])
    assert restore_softplus(model) == 2
    assert repr(model) == repr(plain)
    assert model[0] is model[1][0]
    assert [vars(module).keys() for module in model.modules()] == [
        vars(module).keys() for module in plain.modules()
    ]
    assert operators(model) == [TORCHS] * 4
    assert operators(replica) == ["fused_softplus.softplus_.default"]  # it shared the module
    assert restore_softplus(model) == 0
    assert replace_softplus(model) == 2


@pytest.mark.parametrize("make", [nn.Softplus, Softplus])
def test_restore_a_bare_module(make: Callable[[], nn.Module]) -> None:
    module = make()
    if make is nn.Softplus:
        replace_softplus(module)
    assert restore_softplus(module) == 1
    assert type(module) is nn.Softplus
    assert vars(module).keys() == vars(nn.Softplus()).keys()
    assert operators(module) == [TORCHS]


def test_a_restored_model_loads_without_the_package(tmp_path: Path, python: Python) -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Softplus(0.5), Softplus(inplace=True))
    replace_softplus(model)
    restore_softplus(model)
    torch.save(model, tmp_path / "model.pt")
    python(
        "-c",
        "import sys, torch\n"
        f"model = torch.load({str(tmp_path / 'model.pt')!r}, weights_only=False)\n"
        "assert 'fused_softplus' not in sys.modules\n"
        "assert [type(m) for m in model][1:] == [torch.nn.Softplus] * 2\n",
    )


@pytest.mark.parametrize("change", [replace_softplus, restore_softplus])
@pytest.mark.parametrize("position", ["root", "inner"])
def test_scripted_code_is_refused(change: Callable[[nn.Module], int], position: str) -> None:
    scripted = torch.jit.script(nn.Sequential(nn.Softplus()))
    parts = nn.Softplus(), Softplus()
    model = scripted if position == "root" else nn.Sequential(*parts, scripted)
    verb = change.__name__.split("_")[0]
    with pytest.raises(TypeError, match=rf"scripted.*{verb} before scripting"):
        change(model)
    assert position == "root" or (model[0], model[1]) == parts  # nothing has changed
    assert operators(parts[0]) == [TORCHS] and operators(parts[1]) == [OURS]
