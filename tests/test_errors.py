"""Does every bad argument give an error that names the argument, the value and what is allowed?"""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from fused_softplus import (
    Softplus,
    inverse_softplus,
    shifted_softplus,
    shifted_softplus_,
    softplus,
    softplus_,
)
from tests.tools.operators import OPERATORS
from tests.tools.reference import DTYPES

ops = torch.ops.fused_softplus

# Everything that takes beta, called with an input, beta and threshold.
WITH_BETA: dict[str, Callable[[Tensor, float, float], object]] = {
    **{f"ops.{name}": operator for name, operator in OPERATORS.items()},
    "softplus": softplus,
    "softplus_": softplus_,
    "out=": lambda x, beta, threshold: softplus(x, beta, threshold, out=torch.empty_like(x)),
    "Softplus": lambda x, beta, threshold: Softplus(beta, threshold)(x),
    "bias=": lambda x, *scalars: softplus(x, *scalars, bias=x),
    "inverse_softplus": inverse_softplus,
    "shifted_softplus_": shifted_softplus_,
    "floor=": lambda x, *scalars: softplus(x, *scalars, floor=1),
    "inverse_softplus, floor=": lambda x, *scalars: inverse_softplus(x, *scalars, floor=1),
}
OF_TENSOR_BETA: dict[str, Callable[[Tensor, float, float], object]] = {
    "softplus, tensor": lambda x, beta, *rest: softplus(x, x.new_full((3,), beta), *rest),
    "inverse, tensor": lambda x, beta, *rest: inverse_softplus(x, x.new_full((3,), beta), *rest),
}
OF_EVERY_KIND = WITH_BETA | OF_TENSOR_BETA
WITH_THRESHOLD = [name for name in WITH_BETA if not name.endswith("from_result")]

# The first three take numbers alone as beta, and the others take tensors too.
TAKE_NUMBERS = (softplus_, shifted_softplus, shifted_softplus_)
FUNCTIONS = (*TAKE_NUMBERS, softplus, inverse_softplus)

on_every_device = pytest.mark.parametrize("device", ["cpu", "meta"])


@on_every_device
@pytest.mark.parametrize("operator", WITH_BETA)
@pytest.mark.parametrize("beta", [0, -0.0, math.nan, math.inf, -math.inf])
def test_beta(operator: str, beta: float, device: str) -> None:
    x = torch.zeros(3, device=device)
    with pytest.raises(ValueError, match=r"beta must be finite and not zero") as error:
        WITH_BETA[operator](x, beta, 20)
    assert str(error.value).endswith(f"but got {beta:g}")


@on_every_device
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("beta", [1e-37, -1e-46, 1e37, -1e39])
def test_beta_beyond_float32(dtype: torch.dtype, beta: float, device: str) -> None:
    x = torch.zeros(3, dtype=dtype, device=device)
    if dtype == torch.float64:
        assert softplus(x, beta).dtype == dtype
        return
    with pytest.raises(
        ValueError, match="abs\\(beta\\) from 1e-30 to 1e\\+30 for float32, float16 and bfloat16"
    ) as error:
        softplus(x, beta)
    assert str(error.value).endswith(f"but got {beta:g}")


@on_every_device
@pytest.mark.parametrize("operator", WITH_THRESHOLD)
def test_threshold(operator: str, device: str) -> None:
    x = torch.zeros(3, device=device)
    with pytest.raises(ValueError, match=r"threshold must be a number .*but got NaN"):
        WITH_BETA[operator](x, 1, math.nan)


@on_every_device
@pytest.mark.parametrize("operator", OF_EVERY_KIND)
@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (torch.int64, "Long"),
        (torch.uint8, "Byte"),
        (torch.bool, "Bool"),
        (torch.complex64, "ComplexFloat"),
        (torch.float8_e4m3fn, "Float8_e4m3fn"),
    ],
    ids=str,
)
def test_dtype(operator: str, dtype: torch.dtype, name: str, device: str) -> None:
    message = (
        rf'"fused_softplus::\w+" not implemented for \'{name}\': '
        "the tensors must be float32, float64, float16 or bfloat16"
    )
    with pytest.raises(NotImplementedError, match=message):
        OF_EVERY_KIND[operator](torch.zeros(3, device=device).to(dtype), 1, 20)


@pytest.mark.parametrize("argument", ["beta", "threshold"])
@pytest.mark.parametrize("value", ["1", None, [1.0], torch.ones(1), torch.ones(2)])
def test_scalar_of_another_type(argument: str, value: object) -> None:
    message = rf"argument '{argument}' \(position \d\) must be Number, not {type(value).__name__}"
    for function in FUNCTIONS:
        if argument == "beta" and isinstance(value, Tensor) and function not in TAKE_NUMBERS:
            continue
        with pytest.raises(TypeError, match=rf"{function.__name__}\(\): {message}"):
            function(torch.zeros(3), **{argument: value})


@pytest.mark.parametrize(
    "learnable",
    [
        torch.nn.Parameter(torch.tensor(2.0)),
        torch.tensor(2.0, requires_grad=True),
        torch.tensor(1.0, requires_grad=True) * 2,
    ],
    ids=["parameter", "leaf", "result"],
)
def test_scalar_with_a_gradient(learnable: Tensor) -> None:
    """Its gradient would be lost, so it is rejected, even under no_grad, as by PyTorch."""
    for context in (torch.enable_grad, torch.no_grad):
        for function in TAKE_NUMBERS:
            message = rf"{function.__name__}\(\): argument 'beta'.*requires grad.*beta\.detach"
            with context(), pytest.raises(TypeError, match=message):
                function(torch.zeros(3), learnable)
        for function in FUNCTIONS:
            with context(), pytest.raises(TypeError, match=r"'threshold'.*requires grad"):
                function(torch.zeros(3), threshold=learnable)


@pytest.mark.parametrize("argument", ["beta", "threshold"])
def test_scalar_with_a_gradient_of_torch_func(argument: str) -> None:
    for function in TAKE_NUMBERS if argument == "beta" else FUNCTIONS:
        derivative = torch.func.grad(
            lambda number, f=function: f(torch.ones(3), **{argument: number}).sum()
        )
        with pytest.raises(TypeError, match=rf"'{argument}'.*requires grad"):
            derivative(torch.tensor(2.0))


@pytest.mark.parametrize("argument", ["beta", "threshold"])
def test_complex_scalar(argument: str) -> None:
    for operator in (*FUNCTIONS, ops.softplus, ops.softplus_):
        with pytest.raises(RuntimeError, match=f"{argument} must be a real number"):
            operator(torch.zeros(3), **{argument: 1j})


@pytest.mark.parametrize("value", [[1.0], 1.0, None])
def test_input_that_is_no_tensor(value: object) -> None:
    for function in FUNCTIONS:
        with pytest.raises(TypeError, match=r"argument 'input' \(position 1\) must be Tensor, not"):
            function(value)


@on_every_device
@pytest.mark.parametrize(
    ("name", "position"),
    [(name, i) for name, operator in OPERATORS.items() for i in range(1, operator.tensors)],
)
def test_different_dtypes(name: str, position: int, device: str) -> None:
    tensors = [torch.zeros(3, device=device) for _ in range(OPERATORS[name].tensors)]
    tensors[position] = tensors[position].double()
    with pytest.raises(RuntimeError) as error:
        OPERATORS[name](*tensors, 1, 20)
    message = str(error.value)
    assert "INTERNAL ASSERT" not in message
    assert "Float" in message or "float32" in message
    assert "Double" in message or "float64" in message


def test_different_shapes() -> None:
    with pytest.raises(RuntimeError, match=r"size of tensor a \(2\) must match .* tensor b \(3\)"):
        ops.softplus_backward(torch.zeros(2), torch.zeros(3), 1, 20)


@on_every_device
@pytest.mark.parametrize("shape", [(3,), (1,), (1, 4), (2, 4), (4, 1)], ids=str)
def test_bias_of_another_shape(shape: tuple[int, ...], device: str) -> None:
    message = (
        r"bias must be 0-D, or 1-D and of input's size in dimension -1, "
        rf"but has shape \[{', '.join(map(str, shape))}\] and input \[2, 4\]"
    )
    with pytest.raises(RuntimeError, match=message):
        softplus(torch.zeros(2, 4, device=device), bias=torch.zeros(shape, device=device))


def test_bias_along_no_dimension() -> None:
    with pytest.raises(IndexError, match=r"expected to be in range of \[-2, 1\], but got 2"):
        softplus(torch.zeros(2, 4), bias=torch.zeros(4), bias_dim=2)
    with pytest.raises(RuntimeError, match="bias must be 0-D"):
        softplus(torch.zeros(()), bias=torch.zeros(1))


def test_bias_that_is_no_tensor() -> None:
    with pytest.raises(TypeError, match=r"argument 'bias' must be Tensor, not list"):
        softplus(torch.zeros(3), bias=[1.0, 2.0, 3.0])


def test_in_place_on_a_parameter() -> None:
    """A parameter is read again later, so overwriting it is an error, even under no_grad."""
    for requires_grad in (True, False):
        parameter = torch.nn.Parameter(torch.ones(3), requires_grad)
        for context in (torch.enable_grad, torch.no_grad, torch.inference_mode):
            for function in (softplus_, Softplus(inplace=True)):
                with context(), pytest.raises(RuntimeError, match=r"must not be an nn\.Parameter"):
                    function(parameter)
        assert torch.equal(parameter, torch.ones(3))


def test_bias_and_out() -> None:
    x = torch.zeros(3)
    with pytest.raises(TypeError, match="argument 'out' cannot be combined with 'bias'"):
        softplus(x, bias=x, out=x)


def test_sparse_tensor() -> None:
    with pytest.raises(NotImplementedError, match=r"Could not run 'fused_softplus::softplus'"):
        softplus(torch.zeros(3).to_sparse())
