"""Do packages that use softplus give the same results with enable(), and take our functions?

A test is skipped where its package is not installed. `make test-packages` installs all of them.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.profiler import profile
from torch.distributions import Transform
from torch.distributions import transforms as torchs
from torch.nn.utils import parameters_to_vector

from fused_softplus import ShiftedSoftplus, enabled, inverse_softplus, shifted_softplus, softplus
from fused_softplus.distributions import SoftplusTransform

# What the profiler calls PyTorch's nodes of autograd, and ours.
FIRST = "SoftplusBackward0", "FusedSoftplusBackward"
SECOND = "SoftplusBackwardBackward0", "FusedSoftplusBackwardBackward"


@pytest.fixture(autouse=True, params=[torch.float32, torch.float64], ids=str)
def eps(request: pytest.FixtureRequest) -> Iterator[float]:
    """Runs each test in both dtypes, and returns the distance from 1 to the next number."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield torch.finfo(request.param).eps
    torch.set_default_dtype(before)


def observe(run: Callable[[], list[Tensor]]) -> tuple[list[Tensor], Counter[str]]:
    """Returns the results, and how often each operator and each node of autograd ran."""
    torch.manual_seed(0)
    with profile() as profiler:
        results = run()
    return results, Counter(event.name for event in profiler.function_events)


def assert_near(actual: Iterable[Tensor], expected: Iterable[Tensor], seen: float) -> None:
    """Takes the error relative to the largest element, because the others may be sums that cancel.

    Our softplus and PyTorch's differ by a few eps, and a package's computation magnifies that.
    ``seen`` is the largest difference of twelve seeds and both dtypes. Four times as much is
    allowed, for processors and releases that round differently.
    """
    for ours, theirs in zip(actual, expected, strict=True):
        bound = 4 * seen * theirs.abs().max().item()
        torch.testing.assert_close(ours, theirs, rtol=0, atol=bound)


def assert_unchanged(run: Callable[[], list[Tensor]], seen: float, *, orders: int = 1) -> None:
    """Asserts that the results are near, and that each node up to this order has become ours."""
    expected, before = observe(run)
    with enabled():
        actual, after = observe(run)
    for node, ours in (FIRST, SECOND)[:orders]:
        assert after[ours] == before[node] > after[node] == before[ours] == 0
    assert_near(actual, expected, seen)


def train(module: nn.Module, loss: Callable[[], Tensor]) -> list[Tensor]:
    """Returns the losses of three steps, and the last gradients and parameters."""
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        losses.append(loss())
        losses[-1].backward()
        optimizer.step()
    trained = [x for x in module.parameters() if x.grad is not None]
    vectors = map(parameters_to_vector, (losses, trained, [x.grad for x in trained]))
    return [x.detach() for x in vectors]


def fit_of_a_process(**options: nn.Module) -> list[Tensor]:
    gpytorch = pytest.importorskip("gpytorch")

    class Process(gpytorch.models.ExactGP):
        def __init__(self, x: Tensor, y: Tensor) -> None:
            super().__init__(x, y, gpytorch.likelihoods.GaussianLikelihood())
            self.mean = gpytorch.means.ConstantMean()
            self.kernel = gpytorch.kernels.ScaleKernel(gpytorch.kernels.RBFKernel(**options))

        def forward(self, x: Tensor) -> Any:
            return gpytorch.distributions.MultivariateNormal(self.mean(x), self.kernel(x))

    x = torch.linspace(0, 1, 20)
    model = Process(x, torch.sin(6 * x) + 0.1 * torch.randn(20))
    likelihood = gpytorch.mlls.ExactMarginalLogLikelihood(model.likelihood, model)
    return train(model, lambda: -likelihood(model(x), model.train_targets))


def test_gpytorch(eps: float) -> None:
    """The lengthscale, the output scale and the noise have constraints."""
    assert_unchanged(fit_of_a_process, 2 * eps)


def test_our_functions_in_constraints_of_gpytorch(eps: float) -> None:
    constraints = pytest.importorskip("gpytorch.constraints")
    functions = {"transform": softplus, "inv_transform": inverse_softplus}

    positive, y = constraints.Positive(**functions), torch.logspace(-30, 2, 100)
    raw = positive.inverse_transform(y)
    # A small y has the raw value log(y), up to 69 in size. Rounding it changes y by up to 69 eps.
    torch.testing.assert_close(positive.transform(raw), y, rtol=70 * eps, atol=0)

    above = constraints.GreaterThan(0.25, **functions)
    assert torch.equal(above.transform(raw), softplus(raw, floor=0.25))
    assert torch.equal(above.inverse_transform(y + 0.25), inverse_softplus(y + 0.25, floor=0.25))
    assert pickle.loads(pickle.dumps(above))._transform is softplus
    expected, _ = observe(fit_of_a_process)
    actual, names = observe(lambda: fit_of_a_process(lengthscale_constraint=positive))
    assert names["FusedSoftplusBackward"] == 3  # steps; the other parameters keep nn.Softplus
    assert_near(actual, expected, 2 * eps)


@pytest.mark.filterwarnings("ignore:The model inputs are of type torch.float32")
def test_botorch(eps: float) -> None:
    """The logarithm of the improvement has a softplus with beta = 10."""
    acquisition = pytest.importorskip("botorch.acquisition")
    models = pytest.importorskip("botorch.models")

    def run() -> list[Tensor]:
        x, candidates = torch.rand(8, 2), torch.rand(5, 2, 2).requires_grad_()
        model = models.SingleTaskGP(x, x.prod(1, keepdim=True))
        improvement = acquisition.qLogExpectedImprovement(model, 0.5, fat=False, tau_relu=0.1)
        y = improvement(candidates)
        return [y.detach(), *torch.autograd.grad(y.sum(), candidates)]

    assert_unchanged(run, 6 * eps)


def variational_fit(guide: Callable[[Callable[[], None]], Any]) -> list[Tensor]:
    """Returns the losses and parameters of three steps towards the scale of normal data."""
    pyro, infer = pytest.importorskip("pyro"), pytest.importorskip("pyro.infer")
    distributions, data = pyro.distributions, 2 * torch.randn(50)

    def model() -> None:
        scale = pyro.sample("scale", distributions.LogNormal(0.0, 1.0))
        pyro.sample("data", distributions.Normal(0.0, scale.expand(50)).to_event(1), obs=data)

    pyro.clear_param_store()
    inference = infer.SVI(model, guide(model), pyro.optim.SGD({"lr": 0.002}), infer.Trace_ELBO())
    losses = torch.tensor([inference.step() for _ in range(3)])
    return [losses, *(x.detach().clone() for x in pyro.get_param_store().values())]


def test_pyro(eps: float) -> None:
    """The guide's scale has the constraint softplus_positive."""
    autoguide = pytest.importorskip("pyro.infer.autoguide")
    assert_unchanged(lambda: variational_fit(autoguide.AutoNormal), eps)


def test_our_transform_in_pyro(eps: float) -> None:
    """It does what three of PyTorch's do."""
    pyro, distributions = pytest.importorskip("pyro"), pytest.importorskip("pyro.distributions")

    def run(*transforms: Transform) -> list[Tensor]:
        def guide() -> None:
            normal = distributions.Normal(pyro.param("mean", torch.tensor(0.5)), 0.3)
            pyro.sample("scale", distributions.TransformedDistribution(normal, [*transforms]))

        return variational_fit(lambda model: guide)

    affine = torchs.AffineTransform
    expected, _ = observe(lambda: run(affine(0, 2), torchs.SoftplusTransform(), affine(0.1, 0.5)))
    actual, names = observe(lambda: run(SoftplusTransform(2, floor=0.1)))
    assert names["FusedSoftplusBackward"] == names["FusedInverseSoftplusBackward"] == 3
    assert_near(actual, expected, 2 * eps)


def test_nflows(eps: float) -> None:
    """A flow of a linear, an affine and a spline layer is trained."""
    flows, layers = pytest.importorskip("nflows.flows"), pytest.importorskip("nflows.transforms")
    distributions = pytest.importorskip("nflows.distributions")
    affine = layers.MaskedAffineAutoregressiveTransform
    spline = layers.MaskedPiecewiseRationalQuadraticAutoregressiveTransform

    def run() -> list[Tensor]:
        several = layers.LULinear(3), affine(3, 8), spline(3, 8, tails="linear", tail_bound=3.0)
        transform = layers.CompositeTransform([*several, layers.Sigmoid()])
        flow, x = flows.Flow(transform, distributions.StandardNormal([3])), torch.randn(20, 3)
        return train(flow, lambda: -flow.log_prob(x).mean())

    assert_unchanged(run, 57 * eps)


def test_schnet_of_torch_geometric(eps: float) -> None:
    """It is trained on forces, so softplus is differentiated twice."""
    models = pytest.importorskip("torch_geometric.nn.models")

    def all_pairs(positions: Tensor, batch: Tensor) -> tuple[Tensor, Tensor]:
        pairs = (1 - torch.eye(len(positions))).nonzero().t()
        return pairs, (positions[pairs[0]] - positions[pairs[1]]).norm(dim=1)

    def run() -> list[Tensor]:
        model = models.SchNet(16, 16, 2, 10, interaction_graph=all_pairs)
        atoms, positions = torch.tensor([8, 1, 1, 6, 1]), torch.randn(5, 3).requires_grad_()
        seen = []

        def loss() -> Tensor:
            energy = model(atoms, positions)
            (forces,) = torch.autograd.grad(-energy.sum(), positions, create_graph=True)
            seen.extend([energy.detach(), forces.detach()])
            return energy.square().mean() + forces.square().mean()

        return train(model, loss) + seen

    assert_unchanged(run, 90 * eps, orders=2)


def test_shifted_softplus_of_torch_geometric(eps: float) -> None:
    """Theirs rounds softplus and log(2) before it subtracts them, so the error is absolute."""
    schnet = pytest.importorskip("torch_geometric.nn.models.schnet")
    x = torch.linspace(-30, 30, 1001)
    expected = torch.func.jvp(schnet.ShiftedSoftplus(), (x,), (torch.ones_like(x),))
    for function in (shifted_softplus, ShiftedSoftplus()):
        assert_near(torch.func.jvp(function, (x,), (torch.ones_like(x),)), expected, eps)


@pytest.mark.filterwarnings("ignore:Setting forward, backward hooks and attributes on non-linear")
def test_deep_lift_of_captum(eps: float) -> None:
    """The attributions add up to the change of the output."""
    attr = pytest.importorskip("captum.attr")

    def run() -> list[Tensor]:
        model = nn.Sequential(nn.Linear(3, 8), nn.Softplus(2), nn.Linear(8, 1))
        x, origin = torch.randn(5, 3).requires_grad_(), torch.zeros(5, 3)
        attributions = attr.DeepLift(model).attribute(x, origin)
        assert_near([attributions.sum(1, keepdim=True)], [model(x) - model(origin)], 24 * eps)
        return [attributions.detach()]

    assert_unchanged(run, 24 * eps)


def test_mambapy(eps: float) -> None:
    """Softplus gives the time steps of a scan."""
    mamba = pytest.importorskip("mambapy.mamba")

    def run() -> list[Tensor]:
        model, x = mamba.Mamba(mamba.MambaConfig(d_model=8, n_layers=2)), torch.randn(2, 16, 8)
        return train(model, lambda: model(x).square().mean())

    assert_unchanged(run, eps)


@pytest.mark.parametrize(("name", "seen"), [("Mamba", 1), ("FalconMamba", 41), ("Mamba2", 5)])
def test_mambas_of_transformers(name: str, seen: int, eps: float) -> None:
    transformers = pytest.importorskip("transformers")
    options = {"vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2, "state_size": 4}
    if name == "Mamba2":
        options |= {"num_heads": 4, "head_dim": 8, "n_groups": 1, "chunk_size": 4}

    def run() -> list[Tensor]:
        config = getattr(transformers, f"{name}Config")(**options)
        model = getattr(transformers, f"{name}ForCausalLM")(config)
        tokens = torch.randint(20, (2, 8))
        return train(model, lambda: model(tokens, labels=tokens).loss)

    assert_unchanged(run, seen * eps)
