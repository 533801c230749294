"""Shows what fused_softplus does, on real data.

The demo checks every result that it reports as equal, and exits with status 1 if one is not.
"""

import argparse
import copy
import logging
import shutil
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset
from tqdm import tqdm

import fused_softplus
from examples import diabetes, sdf

# Importing the timer makes PyTorch warn if there is no GPU. The demo does not need one.
logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
from torch.utils.benchmark import Timer  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
CPP_SOURCE = ROOT / "examples" / "cpp"
# One folder for each torch, because CMake caches the torch that it found.
CPP_BUILD = ROOT / "build" / f"examples-cpp-{torch.__version__}"
EPOCHS = 60
COVERAGE = 0.9
SHAPE_STEPS, SHAPE_WIDTH, SHAPE_POINTS = 300, 64, 2048

BEGINNING = """This compares fused_softplus with PyTorch's softplus. It takes a minute or two:

1. values and gradients
2. a small network
3. training on the data of 442 patients
4. training where softplus takes much of the time: learning a shape (half a minute)
5. the speed of the activation by itself
6. the trained model in a C++ program, which is built first (half a minute)
"""
END = """
In short
- fused_softplus gives the values and gradients of nn.Softplus, and a model trains to
  the same result after replace_softplus(model).
- The activation alone, forward and backward, is {activation:.1f} times as fast as PyTorch's.
  A step of training the shape is {shape:.2f} times as fast.
- The trained model also ran and continued training in a C++ program without Python.
- Picture: {picture}

What next
- Your own model: import fused_softplus; fused_softplus.replace_softplus(model)
  or, without changing a line: .venv/bin/python -m fused_softplus YOUR_SCRIPT.py
- The whole bunny, with a picture of what the network has learned: make demo-sdf (five minutes)
- Functions, modules, deployment: docs/usage.md"""

Activation = Callable[[Tensor], Tensor]


def check(holds: bool, message: str) -> None:
    if not holds:
        sys.exit(f"demo failed: {message}")


def difference(ours: Tensor, expected: Tensor, limit: float, what: str) -> float:
    """Returns the largest difference relative to the largest value, which must not exceed limit."""
    worst = ((ours - expected).abs().max() / expected.abs().max()).item()
    check(worst <= limit, f"{what} differ by {worst:.1e}, more than {limit:.0e}")
    return worst


def value_and_gradient(activation: Activation, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clone().requires_grad_()
    y = activation(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), gradient


def show_values() -> None:
    print("1. Softplus and its gradient at a few points\n")
    x = torch.arange(-2.0, 3.0)
    ours = value_and_gradient(fused_softplus.Softplus(), x)
    expected = value_and_gradient(nn.Softplus(), x)
    print(f"{'x':>6}{'ours':>12}{'nn.Softplus':>14}{'our gradient':>16}{'its gradient':>14}")
    for row in zip(x, ours[0], expected[0], ours[1], expected[1], strict=True):
        print("{:6.1f}{:12.6f}{:14.6f}{:16.6f}{:14.6f}".format(*row))
    difference(ours[0], expected[0], 1e-6, "values")
    difference(ours[1], expected[1], 1e-6, "gradients")


def show_small_network() -> None:
    print("\n2. The same small network with each: Linear(4, 3), Softplus, Linear(3, 1)\n")
    expected = nn.Sequential(nn.Linear(4, 3), nn.Softplus(), nn.Linear(3, 1))
    ours = copy.deepcopy(expected)
    ours[1] = fused_softplus.Softplus()
    x = torch.randn(16, 4)
    pairs = {"outputs": (ours(x), expected(x))}
    for output in pairs["outputs"]:
        output.square().mean().backward()
    for name, parameter in expected.named_parameters():
        pairs[f"gradients of {name}"] = ours.get_parameter(name).grad, parameter.grad

    print(f"{'':22}{'ours, first':>13}{'nn.Softplus':>13}{'largest difference':>20}")
    for what, (a, b) in pairs.items():
        worst = difference(a, b, 1e-6, what)
        print(f"{what:22}{a.flatten()[0]:13.6f}{b.flatten()[0]:13.6f}{worst:20.1e}")


def epoch_means(losses: list[float]) -> Tensor:
    return torch.tensor(losses).view(EPOCHS, -1).mean(1)


def show_training(training: TensorDataset, held_out: TensorDataset) -> dict[str, diabetes.Training]:
    print("\n3. Real data: how far will diabetes progress, and how sure is that?\n")
    expected = diabetes.Regressor()
    ours = copy.deepcopy(expected)
    swapped = fused_softplus.replace_softplus(ours)
    check(swapped == 3, f"replace_softplus replaced {swapped} modules, not 3")
    print(f"replace_softplus replaced {swapped} nn.Softplus modules: 2 hidden, 1 for the variance.")

    runs = diabetes.train({"nn.Softplus": expected, "fused_softplus": ours}, training, EPOCHS)
    print(f"\n{'':16}{'first epoch':>12}{'last epoch':>12}{'coverage':>10}{'time a step':>14}")
    for name, run in runs.items():
        first, *_, last = epoch_means(run.losses)
        share = diabetes.coverage(run.model, held_out, COVERAGE)
        step = 1e3 * statistics.median(run.seconds)
        print(f"{name:16}{first:12.4f}{last:12.4f}{share:10.1%}{step:11.2f} ms")
    losses = [torch.tensor(run.losses) for run in runs.values()]
    worst = difference(losses[1], losses[0], 1e-4, "loss curves")
    print(
        f"\nOver {len(losses[0])} steps the losses differ by {worst:.1e} of the largest at most.\n"
        f"Coverage: the share of {len(held_out)} new patients in their {COVERAGE:.0%} interval.\n"
        "In a network this small, most of a step is spent in the optimizer and in starting each\n"
        "layer, so the time of a step hardly changes. It does in the next network."
    )
    return runs


def show_shape() -> float:
    """Returns how many times as fast a step is."""
    print("\n4. Learning a shape, the Stanford bunny, as a signed distance\n")
    print(
        "The loss contains the gradient of the network, so a step differentiates twice through\n"
        f"{SHAPE_POINTS} points times {SHAPE_WIDTH} units times 8 layers of nn.Softplus(beta=100)."
    )
    expected = sdf.SDF(lambda: nn.Softplus(beta=100), SHAPE_WIDTH)
    ours = copy.deepcopy(expected)
    fused_softplus.replace_softplus(ours, inplace=True)
    models = {"nn.Softplus": expected, "fused_softplus": ours}
    runs = sdf.train(models, sdf.batches(sdf.load_mesh(), SHAPE_POINTS, seed=0), SHAPE_STEPS)
    # Later, rounding errors have grown: both learn the same shape by other steps.
    start = [torch.tensor(run.losses[:20]) for run in runs.values()]
    difference(start[1], start[0], 1e-3, "the first losses")
    print(f"\n{'':16}{'first loss':>12}{'last losses':>12}{'time a step':>14}")
    for name, run in runs.items():
        last = statistics.mean(run.losses[-20:])
        check(last < run.losses[0] / 2, f"{name} did not learn the shape")
        step = 1e3 * statistics.median(run.seconds)
        print(f"{name:16}{run.losses[0]:12.4f}{last:12.4f}{step:11.1f} ms")
    pairs = zip(*(run.seconds for run in runs.values()), strict=True)
    ratio = statistics.median(theirs / own for theirs, own in pairs)
    print(f"\nA step is {ratio:.2f} times as fast.")
    return ratio


def show_speed() -> float:
    print("\n5. The activation by itself: 2^18 float32 values, one thread\n")
    peers: list[Activation] = [F.softplus, fused_softplus.softplus]
    x = 3 * torch.randn(2**18)
    exact = F.softplus(x.double())
    for peer in peers:
        difference(peer(x) / exact, torch.ones_like(exact), 1e-6, "float32 and float64 results")

    inputs = {"x": x, "z": x.clone().requires_grad_(), "g": torch.ones_like(x)}
    statements = {"forward": "f(x)", "forward + backward": "torch.autograd.grad(f(z), z, g)"}
    ratios = {}
    print(f"{'':20}{'F.softplus':>14}{'fused_softplus':>18}{'times as fast':>16}")
    for what, statement in statements.items():
        timers = [Timer(statement, globals={"f": peer, **inputs}) for peer in peers]
        theirs, ours = median_seconds(timers, what)
        ratios[what] = theirs / ours
        print(f"{what:20}{1e6 * theirs:11.0f} us{1e6 * ours:15.0f} us{ratios[what]:16.1f}")
    return ratios["forward + backward"]


def median_seconds(timers: list[Timer], what: str) -> list[float]:
    """Returns the median times of the timers, which take turns, so noise affects all equally."""
    rounds = [
        [timer.blocked_autorange(min_run_time=0.1).median for timer in timers]
        for _ in tqdm(range(10), desc=what, disable=None, leave=False)
    ]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def show_cpp(model: nn.Module, training: TensorDataset) -> None:
    print("\n6. The trained model in a C++ program, without Python\n")
    program = build_cpp()
    files = [CPP_BUILD / name for name in ("model.pt", "data.pt", "result.pt")]
    features, target = training.tensors
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"`torch\.jit\.\w+` is deprecated")
        torch.jit.script(model.eval()).save(files[0])
    torch.save((features, target), files[1])
    print(output_of([program, *files]))

    with torch.no_grad():
        mean, variance = model(features)
        expected = mean, variance, diabetes.negative_log_likelihood(mean, variance, target)
    *results, loss_after = torch.load(files[2])
    names = "means", "variances", "losses"
    worst = max(map(difference, results, expected, [1e-6] * 3, names))
    print(f"Means, variances and loss from C++ and from Python differ by {worst:.1e} at most.")
    check(bool(loss_after < results[2]), "one step of training in C++ did not reduce the loss")


def build_cpp() -> Path:
    check(shutil.which("cmake") is not None, "cmake is not on the PATH, where `make demo` puts it")
    prefixes = f"{torch.utils.cmake_prefix_path};{fused_softplus.cmake_prefix_path()}"
    configure: list[str | Path]
    configure = ["cmake", "-S", CPP_SOURCE, "-B", CPP_BUILD, f"-DCMAKE_PREFIX_PATH={prefixes}"]
    build: list[str | Path] = ["cmake", "--build", CPP_BUILD]
    print("Building it takes about half a minute the first time.")
    for command in tqdm([configure, build], desc="cmake", disable=None, leave=False):
        output_of(command)
    return CPP_BUILD / "run_model"


def output_of(command: list[str | Path]) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    check(done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def plot(runs: dict[str, diabetes.Training], path: Path) -> None:
    figure = Figure(figsize=(13, 4), layout=ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.1))
    values, gradients, losses = figure.subplots(1, 3)
    x = torch.linspace(-5, 5, 401)
    peers: dict[str, tuple[Activation, str]] = {
        "ReLU": (F.relu, "0.6"),
        "softplus": (fused_softplus.softplus, "tab:blue"),
    }
    for name, (activation, color) in peers.items():
        y, gradient = value_and_gradient(activation, x)
        values.plot(x, y, color=color, label=name)
        gradients.plot(x, gradient, color=color, label=name)
    values.set(title="Softplus is a smooth ReLU", xlabel="x", ylabel="activation")
    gradients.set(title="Its gradient is never zero", xlabel="x", ylabel="gradient")

    ours: dict[str, Any] = {"color": "tab:blue"}
    theirs: dict[str, Any] = {"color": "tab:orange", "linewidth": 5, "alpha": 0.5}
    for (name, run), style in zip(runs.items(), (theirs, ours), strict=True):
        losses.plot(range(1, EPOCHS + 1), epoch_means(run.losses), label=name, **style)
    losses.set(title="Either trains the same", xlabel="epoch", ylabel="negative log likelihood")
    for axes in (values, gradients, losses):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "demo.png", help="the picture to write"
    )
    output = parser.parse_args().output

    # Networks this small gain nothing from threads, and wait for them on a busy machine.
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print(BEGINNING)
    # On some CPUs, log1p in PyTorch's softplus is many times slower until its first -0.0.
    torch.log1p(torch.full((64,), -0.0))
    show_values()
    show_small_network()
    training, held_out = diabetes.load_data()
    runs = show_training(training, held_out)
    shape = show_shape()
    activation = show_speed()
    show_cpp(runs["fused_softplus"].model, training)
    plot(runs, output)
    print(END.format(activation=activation, shape=shape, picture=output))


if __name__ == "__main__":
    main()
