"""Is every beta and threshold accepted that F.softplus accepts, wherever F.softplus accepts it?

The tests try every kind of number, in every mode, for every function. What F.softplus accepts must
give the bits that a Python float gives. Where F.softplus raises an error, ours must have its type,
except that some of our functions also take tensors for beta as torch.mul does.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.distributed.tensor import DTensor, Shard, init_device_mesh
from torch.fx.experimental.proxy_tensor import make_fx
from torch.testing._internal.distributed.fake_pg import FakeStore

from fused_softplus import Softplus, inverse_softplus, softplus, softplus_
from fused_softplus.distributions import SoftplusTransform

Function = Callable[[Tensor, Any], Tensor]
Program = Callable[[Tensor, Tensor], Tensor]  # of an input and a 0-D tensor

X = torch.tensor([[0.5, 1.25], [3.0, 0.125]])
TWO = torch.tensor(2.0)


class Numbers(nn.Module):
    buffer: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("buffer", torch.tensor(2.0))
        self.frozen = nn.Parameter(torch.tensor(2.0), requires_grad=False)
        self.parameter = nn.Parameter(torch.tensor(2.0))


MODULE = Numbers()


# ---- What is passed ----------------------------------------------------------------------------


def always(value: Any) -> Callable[[Tensor, Tensor], Any]:
    return lambda x, two: value


# Each makes the number from the two inputs of the program. All are 2 (True is 1), or invalid.
KINDS: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "int": always(2),
    "float": always(2.0),
    "bool": always(True),
    "numpy.float32": always(np.float32(2)),
    "numpy.float64": always(np.float64(2)),
    "numpy.float16": always(np.float16(2)),
    "numpy.int64": always(np.int64(2)),
    "numpy.uint8": always(np.uint8(2)),
    "numpy.bool": always(np.bool_(True)),
    "0-D tensor": lambda x, two: two,
    "0-D tensor of a constant": always(TWO),
    "0-D int64 tensor": lambda x, two: two.long(),
    "0-D bool tensor": lambda x, two: two.bool(),
    "0-D float64 tensor": lambda x, two: two.double(),
    "buffer": lambda x, two: MODULE.buffer,
    "frozen parameter": lambda x, two: MODULE.frozen,
    "arithmetic": lambda x, two: two * 3 - 4,
    "item": lambda x, two: two.item(),
    "size": lambda x, two: x.shape[0],
    "half of a size": lambda x, two: (x.shape[0] + x.shape[1]) / 2,
    "1-D tensor": lambda x, two: two.reshape(1),
    "parameter": lambda x, two: MODULE.parameter,
    "None": always(None),
    "str": always("2"),
    "list": always([2.0]),
    "10**400": always(10**400),
}


# One kind for each path through the code. Modes that would take seconds for all kinds try only
# these, except for softplus itself.
FEW = ("float", "numpy.float32", "0-D tensor", "item", "size", "parameter", "None")
SLOW = ("compile", "compile fullgraph", "compile dynamic", "export", "export strict")

# ---- The functions: ours, and the same in torch's ----------------------------------------------


def bias_of(x: Tensor) -> Tensor:
    return x.new_full((2,), 0.25)


def with_out(function: Callable[..., Tensor]) -> Function:
    return lambda x, beta: function(x, beta, out=torch.empty_like(x))


FUNCTIONS: dict[str, tuple[Function, Function]] = {
    "softplus": (softplus, F.softplus),
    "threshold": (lambda x, limit: softplus(x, 1, limit), lambda x, limit: F.softplus(x, 1, limit)),
    "softplus_": (lambda x, beta: softplus_(x.clone(), beta), F.softplus),
    "inverse_softplus": (inverse_softplus, F.softplus),
    "out": (with_out(softplus), with_out(F.softplus)),
    "bias": (
        lambda x, beta: softplus(x, beta, bias=bias_of(x)),
        lambda x, beta: F.softplus(x + bias_of(x), beta),
    ),
    "module": (lambda x, beta: Softplus(beta)(x), lambda x, beta: nn.Softplus(beta)(x)),
    "transform": (lambda x, beta: SoftplusTransform(beta)(x), F.softplus),
}

# Unlike F.softplus, these of our functions take these kinds. With respect to beta, they can be
# differentiated and batched, which test_variants.py tests.
TAKE_TENSORS = ("softplus", "inverse_softplus", "module", "transform")
TENSORS = ("1-D tensor", "parameter")
BY_BETA = ("vmap over beta", "grad of beta")

# ---- The modes ---------------------------------------------------------------------------------


class Subclass(Tensor):
    pass


class FunctionMode(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        return function(*args, **(kwargs or {}))


class AsModule(nn.Module):
    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program, self.numbers = program, MODULE

    def forward(self, x: Tensor, two: Tensor) -> Tensor:
        return self.program(x, two)


def compiled(**options: Any) -> Callable[[Program], Tensor]:
    def run(program: Program) -> Tensor:
        torch._dynamo.reset()
        return torch.compile(program, backend="aot_eager", **options)(X, TWO)

    return run


def exported(strict: bool) -> Callable[[Program], Tensor]:
    def run(program: Program) -> Tensor:
        module = torch.export.export(AsModule(program), (X, TWO), strict=strict).module()
        return module(X, TWO)

    return run


def in_context(context: Callable[[], Any]) -> Callable[[Program], Tensor]:
    def run(program: Program) -> Tensor:
        with context():
            return program(X, TWO)

    return run


@contextmanager
def default_device() -> Iterator[None]:
    torch.set_default_device("cpu")
    try:
        yield
    finally:
        torch.set_default_device(None)


def fake(program: Program) -> Tensor:
    with FakeTensorMode() as mode:
        result = program(mode.from_tensor(X), TWO)
    assert result.shape == X.shape
    return program(X, TWO)


def meta(program: Program) -> Tensor:
    result = program(X.to("meta"), TWO)
    assert result.shape == X.shape
    return program(X, TWO)


def jagged(program: Program) -> Tensor:
    nested = torch.nested.nested_tensor([X[:1], X[1:]], layout=torch.jagged)
    return program(nested, TWO).values()


def dtensor(program: Program) -> Tensor:
    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=1)
    try:
        mesh = init_device_mesh("cpu", (1,))
        return program(DTensor.from_local(X, mesh, [Shard(0)]), TWO).to_local()
    finally:
        torch.distributed.destroy_process_group()


MODES: dict[str, Callable[[Program], Tensor]] = {
    "eager": lambda program: program(X, TWO),
    "no_grad": in_context(torch.no_grad),
    "function mode": in_context(FunctionMode),
    "with torch.device": in_context(lambda: torch.device("cpu")),
    "default device": in_context(default_device),
    "compile": compiled(),
    "compile fullgraph": compiled(fullgraph=True),
    "compile dynamic": compiled(dynamic=True),
    "export": exported(strict=False),
    "export strict": exported(strict=True),
    "make_fx": lambda program: make_fx(program)(X, TWO)(X, TWO),
    "make_fx fake": lambda program: make_fx(program, tracing_mode="fake")(X, TWO)(X, TWO),
    "make_fx symbolic": lambda program: make_fx(program, tracing_mode="symbolic")(X, TWO)(X, TWO),
    "fx": lambda program: torch.fx.symbolic_trace(AsModule(program))(X, TWO),
    "trace": lambda program: torch.jit.trace(program, (X, TWO))(X, TWO),
    "FakeTensor": fake,
    "meta": meta,
    "subclass": lambda program: program(X.as_subclass(Subclass), TWO).as_subclass(Tensor),
    "jagged": jagged,
    "DTensor": dtensor,
    "vmap": lambda program: torch.vmap(program, in_dims=(0, None))(X, TWO),
    "vmap over beta": lambda program: torch.vmap(program, in_dims=(None, 0))(X, TWO.expand(2))[0],
    "grad": lambda program: torch.func.grad(lambda x: program(x, TWO).sum())(X),
    "grad of beta": lambda program: torch.func.grad(lambda two: program(X, two).sum())(TWO),
}

# ---- The comparison ----------------------------------------------------------------------------

# The errors that torch.compile and torch.export raise if they cannot continue, for whatever reason.
# Our function may continue there, or raise the error of eager mode.
ERRORS_OF_TRACING = (
    torch._dynamo.exc.TorchDynamoException,
    torch.fx.experimental.symbolic_shapes.PendingUnbackedSymbolNotFound,
    torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode,
)


def outcome(mode: Callable[[Program], Tensor], program: Program) -> Tensor | Exception:
    try:
        return mode(program)
    except Exception as error:
        return error


def differs(ours: Tensor | Exception, torchs: Tensor | Exception, plain: Tensor | Exception) -> str:
    """Describes how our outcome differs from the expected one; empty if it does not."""
    if isinstance(ours, Tensor):
        if isinstance(torchs, Exception) and not isinstance(torchs, ERRORS_OF_TRACING):
            return f"no {type(torchs).__name__}"
        assert isinstance(plain, Tensor)
        return "" if torch.equal(ours.detach(), plain) else f"{ours} instead of {plain}"
    if isinstance(torchs, Tensor):
        return repr(ours)
    same = isinstance(torchs, ERRORS_OF_TRACING) or type(ours) is type(torchs)
    return "" if same else f"{ours!r} instead of {torchs!r}"


@pytest.mark.filterwarnings("ignore")  # the tracers warn about constants
@pytest.mark.parametrize(
    ("mode", "function"),
    [
        (mode, function)
        for mode, function in product(MODES, FUNCTIONS)
        if not (mode in BY_BETA and function in TAKE_TENSORS)
    ],
)
def test_kinds(mode: str, function: str) -> None:
    run = MODES[mode]
    ours, torchs = (using(one) for one in FUNCTIONS[function])
    plain = {number: outcome(run, ours(always(number))) for number in (1.0, 2.0)}
    if isinstance(plain[2.0], Exception):  # such as out= under autograd
        assert isinstance(outcome(run, torchs(always(2.0))), Exception), plain[2.0]
        return
    found = {}
    for kind in FEW if mode in SLOW and function != "softplus" else KINDS:
        result = outcome(run, ours(KINDS[kind]))
        if function in TAKE_TENSORS and kind in TENSORS:
            multiplied = outcome(run, using(torch.mul)(KINDS[kind]))
            if isinstance(multiplied, Tensor):
                torch.testing.assert_close(result, plain[2.0])
            else:  # for instance, no operator takes a real tensor beside a fake one
                assert type(result) is type(multiplied), result
            continue
        expected = outcome(run, torchs(KINDS[kind]))
        found[kind] = differs(result, expected, plain[1.0 if "bool" in kind else 2.0])
    assert not {kind: what for kind, what in found.items() if what}


def using(function: Function) -> Callable[[Callable[[Tensor, Tensor], Any]], Program]:
    """Returns a program that calls the function with a number from ``make``."""
    return lambda make: lambda x, two: function(x, make(x, two))
