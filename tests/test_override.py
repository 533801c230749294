"""Does enable() make every softplus of PyTorch ours, and change nothing else?"""

import io
import pickle
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

import fused_softplus
from fused_softplus import disable, enable, enabled, is_enabled, softplus
from tests.conftest import Python

DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


@pytest.fixture
def on() -> Iterator[None]:
    with enabled():
        yield


# ---- What becomes ours -------------------------------------------------------------------------


def is_ours(function: Callable[..., Tensor], x: Tensor, *numbers: float) -> bool:
    """Whether the results of all orders are ours, to the last bit, and are not ATen's by chance."""

    def results(function: Callable[..., Tensor]) -> list[Tensor]:
        leaf = x.clone().requires_grad_()
        y = function(leaf, *numbers)
        (grad,) = torch.autograd.grad(y, leaf, torch.ones_like(y), create_graph=True)
        (second,) = torch.autograd.grad(grad, leaf, torch.ones_like(grad))
        return [y.detach(), grad.detach(), second]

    return all(map(torch.equal, results(function), results(softplus)))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("numbers", [(), (100.0,), (0.1, 3.0), (-2, float("inf"))], ids=str)
def test_every_order(numbers: tuple[float, ...], dtype: torch.dtype) -> None:
    x = torch.randn(2000).to(dtype)
    assert not is_ours(F.softplus, x, *numbers) or dtype.itemsize == 2
    with enabled():
        assert is_ours(F.softplus, x, *numbers)
        assert is_ours(lambda x, *numbers: nn.Softplus(*numbers)(x), x, *numbers)
    leaf = x.requires_grad_()
    assert F.softplus(leaf, *numbers).grad_fn.name() == "SoftplusBackward0"


def test_gradgradcheck(on: None) -> None:
    x = torch.randn(7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(F.softplus, x, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(F.softplus, x)


MODES: dict[str, Callable[[Tensor], Tensor]] = {
    "no_grad": torch.no_grad()(F.softplus),
    "inference mode": torch.inference_mode()(F.softplus),
    "out=": lambda x: torch._C._nn.softplus(x, out=torch.empty(0)),
    "autocast": lambda x: torch.autocast("cpu")(F.softplus)(x),
    "a scripted module": lambda x: torch.jit.script(nn.Softplus())(x),
    "a traced function": lambda x: torch.jit.trace(F.softplus, x)(x),
    "the operator": torch.ops.aten.softplus,
    "a strided tensor": lambda x: F.softplus(x[::2].t() if x.dim() > 1 else x[::2]),
    "vmap": torch.func.vmap(F.softplus),
    "grad": lambda x: torch.func.grad(lambda x: F.softplus(x).sum())(x),
    "jvp": lambda x: torch.func.jvp(F.softplus, (x,), (torch.ones_like(x),))[1],
    "vmap of grad": torch.func.vmap(torch.func.grad(F.softplus)),
    "another thread": lambda x: in_a_thread(lambda: F.softplus(x)),
}


def in_a_thread(function: Callable[[], Tensor]) -> Tensor:
    results: list[Tensor] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode: str) -> None:
    x = torch.randn(2000)
    before = MODES[mode](x)
    with enabled():
        ours = MODES[mode](x)
    leaf = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(softplus(leaf).sum(), leaf)
    expected = slope if mode in ("grad", "jvp", "vmap of grad") else softplus(x)
    expected = expected[::2] if mode == "a strided tensor" else expected
    assert torch.equal(ours, expected) and not torch.equal(before, expected)
    assert torch.equal(MODES[mode](x), before)


# ---- What stays as it is -----------------------------------------------------------------------


class Seen(TorchDispatchMode):
    """A mode that writes down the operators that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, op: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(op.name())
        return op(*args, **kwargs or {})


class Subclass(Tensor):
    """A subclass that writes down the operators that reach it."""

    names: ClassVar[list[str]] = []

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, op: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        cls.names.append(op.name())
        plain = torch.utils._pytree.tree_map_only(cls, lambda x: x.as_subclass(Tensor), args)
        return op(*plain, **kwargs or {})


def names_seen(x: Tensor) -> list[str]:
    with Seen() as seen:
        F.softplus(x).sum().backward()
    return seen.names


def names_of_a_subclass(x: Tensor) -> list[str]:
    Subclass.names = []
    F.softplus(x.detach().as_subclass(Subclass))
    return Subclass.names


def compiled_graphs(function: Callable[[Tensor], Tensor], x: Tensor) -> list[str]:
    from torch._dynamo.backends.common import aot_autograd
    from torch._functorch.aot_autograd import make_boxed_func

    graphs: list[str] = []

    def keep(graph: torch.fx.GraphModule, inputs: Any) -> Any:
        graphs.append(graph.print_readable(print_output=False))
        return make_boxed_func(graph)

    torch._dynamo.reset()
    torch.compile(function, backend=aot_autograd(fw_compiler=keep, bw_compiler=keep))(x).backward()
    return graphs


def exported(x: Tensor) -> str:
    return str(torch.export.export(nn.Softplus(2), (x,)).graph)


def pickled(x: Tensor) -> bytes:
    return pickle.dumps(nn.Sequential(nn.Softplus(2)))


def traced(x: Tensor) -> str:
    return str(torch.jit.trace(F.softplus, x).graph)


UNTOUCHED: dict[str, Callable[[Tensor], object]] = {
    "integers": lambda x: F.softplus(torch.arange(3)),
    "complex numbers": lambda x: F.softplus(x.to(torch.complex64)),
    "float8": lambda x: F.softplus(x.to(torch.float8_e5m2)),
    "sparse": lambda x: F.softplus(x.to_sparse()),
    "meta": lambda x: F.softplus(x.to("meta")).shape,
    "nested": lambda x: F.softplus(torch.nested.nested_tensor([x, x[:2]])).unbind()[1],
    "quantized": lambda x: F.softplus(torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)),
    "beta = 0": lambda x: F.softplus(x, 0.0),
    "an infinite beta": lambda x: F.softplus(x, float("inf")),
    "a beta that float32 cannot invert": lambda x: F.softplus(x, 1e-40),
    "a NaN threshold": lambda x: F.softplus(x, 1, float("nan")),
    "a complex beta": lambda x: F.softplus(x, 1j),
    "an out of another dtype": lambda x: torch._C._nn.softplus(
        x, out=torch.empty(0, dtype=torch.float64)
    ),
    "an out that requires grad": lambda x: torch._C._nn.softplus(
        x, out=torch.empty(0, requires_grad=True)
    ),
    "a dispatch mode": names_seen,
    "a subclass": names_of_a_subclass,
    "make_fx": lambda x: make_fx(F.softplus)(x.detach()).code,
    "make_fx of fake tensors": lambda x: (
        make_fx(F.softplus, tracing_mode="symbolic")(x.detach()).code
    ),
    "torch.func.functionalize": lambda x: (
        make_fx(torch.func.functionalize(F.softplus))(x.detach()).code
    ),
    "torch.export": lambda x: exported(x.detach()),
    "torch.compile": lambda x: compiled_graphs(lambda x: F.softplus(x * 2, 3).sum(), x),
    "torch.jit.trace": lambda x: traced(x.detach()),
    "pickle": pickled,
}


def outcome(function: Callable[[Tensor], object]) -> object:
    """What it gives, or what it raises. The sources of an operator's kernels are left out."""
    x = torch.linspace(-3, 3, 5).requires_grad_()
    try:
        result = function(x)
    except (RuntimeError, TypeError, NotImplementedError) as error:
        return type(error), str(error).partition("CPU: registered")[0]
    if isinstance(result, Tensor):
        return result.dtype, result.isnan().tolist(), result.nan_to_num().tolist()
    return result


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors is in prototype")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor.*are deprecated")
@pytest.mark.parametrize("name", UNTOUCHED)
def test_untouched(name: str) -> None:
    before = outcome(UNTOUCHED[name])
    with enabled():
        assert outcome(UNTOUCHED[name]) == before
    assert "fused_softplus" not in str(before)


def test_the_registrations_end() -> None:
    """The dispatcher's table is what it was, after calls that nest and after an error."""
    operators = "aten::softplus", "aten::softplus.out"
    before = [torch._C._dispatch_dump_table(name) for name in operators]
    assert not is_enabled()
    enable()
    with pytest.raises(ZeroDivisionError), enabled():
        assert is_enabled()
        raise ZeroDivisionError
    assert is_enabled()
    assert [torch._C._dispatch_dump_table(name) for name in operators] != before
    disable()
    assert not is_enabled()
    assert [torch._C._dispatch_dump_table(name) for name in operators] == before
    with pytest.raises(RuntimeError, match=r"fused_softplus::disable\(\): it is not enabled"):
        disable()


def test_it_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with enabled():
            F.softplus(torch.randn(3))
    assert capfd.readouterr() == ("", "")


# ---- Other processes ---------------------------------------------------------------------------


CHECK = """
import torch, torch.nn.functional as F
x = torch.randn(1000, requires_grad=True)
print(F.softplus(x).grad_fn.name())
"""


def test_a_script(python: Python, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(CHECK + "import sys, neighbor; print(sys.argv[1:], __name__)")
    (tmp_path / "neighbor.py").touch()
    done = python("-m", "fused_softplus", str(script), "--flag", "x", "-m")
    assert done.stdout == "FusedSoftplusBackward\n['--flag', 'x', '-m'] __main__\n"
    assert done.stderr == ""


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("0", False), ("", False)])
def test_the_environment_variable(value: str, is_on: bool, python: Python) -> None:
    """It is read when the operator library is loaded, with the package or without."""
    load = f"import torch; torch.ops.load_library({fused_softplus.library_path()!r})"
    for first in (load, "import fused_softplus"):
        done = python("-W", "error", "-c", first + CHECK, FUSED_SOFTPLUS_ENABLE=value)
        expected = "FusedSoftplusBackward" if is_on else "SoftplusBackward0"
        assert (done.stdout, done.stderr) == (expected + "\n", "")


def test_the_compile_cache_does_not_need_the_package(python: Python, tmp_path: Path) -> None:
    """A process without the package runs what a process with enable() left in the cache."""
    program = """
        import torch, torch.nn.functional as F
        f = torch.compile(lambda x: F.softplus(x * 2, 3).sum())
        x = torch.linspace(-3, 3, 100, requires_grad=True)
        f(x).backward()
        from torch._dynamo.utils import counters
        print(x.grad.tolist(), counters["inductor"]["fxgraph_cache_hit"])
    """.replace("        ", "")
    cache = str(tmp_path)
    start = "import fused_softplus; fused_softplus.enable()"
    first = python("-c", start + program, TORCHINDUCTOR_CACHE_DIR=cache).stdout
    second = python("-c", program, TORCHINDUCTOR_CACHE_DIR=cache).stdout
    values, hits = re.fullmatch(r"(\[.*\]) (\d+)\n", second).groups()
    assert int(hits) > 0 and first.startswith(values)


def test_a_saved_script_does_not_need_the_package(on: None) -> None:
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Softplus()), file)
    assert b"fused_softplus" not in file.getvalue()
