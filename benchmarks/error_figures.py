"""Draws the pictures of docs/how-it-works.md: the errors of results, and of the table, against x.

make figures
"""

import argparse
import re
from pathlib import Path

import matplotlib
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

import fused_softplus
from benchmarks import kit
from tests.tools import reference

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

ROOT = Path(__file__).parents[1]
CONSTANTS = ROOT / "csrc" / "math" / "constants.h"
# As in figure.py
FUNCTIONS = {
    "F.softplus": (F.softplus, "#1f77b4"),
    "ours": (fused_softplus.softplus, "#d62728"),
}

Numbers = NDArray[np.float64]


def largest_errors(points: int) -> tuple[Numbers, dict[str, Numbers]]:
    """The middles of the intervals, and for each function its largest error in ULP in each."""
    ends = np.linspace(-20, 20, 401)
    generator = torch.Generator().manual_seed(0)
    inside = torch.rand(400, points, dtype=torch.float64, generator=generator).numpy()
    x = torch.from_numpy(ends[:-1, None] + inside * (ends[1] - ends[0])).float()
    exact = reference.softplus(x.flatten(), 1.0)
    errors = {
        name: reference.ulp_error(function(x.flatten()), exact).reshape(x.shape).max(axis=1)
        for name, (function, _) in FUNCTIONS.items()
    }
    return (ends[:-1] + ends[1:]) / 2, errors


def draw_errors(path: Path, points: int) -> None:
    x, errors = largest_errors(points)
    figure, panel = plt.subplots(figsize=(8, 3.6))
    for name, numbers in errors.items():
        print(f"{name}: largest error {numbers.max():.3f} ULP at x = {x[numbers.argmax()]:.2f}")
        panel.plot(x, numbers, color=FUNCTIONS[name][1], label=name, linewidth=1.2)
    panel.axhline(1, color="#d62728", linestyle="--", linewidth=1, label="our bound")
    panel.axhline(0.5, color="#888888", linestyle=":", linewidth=1, label="correctly rounded")
    panel.set_xlim(-20, 20)
    panel.set_ylim(0)
    panel.set_xlabel("x, in intervals of 0.1")
    panel.set_ylabel("largest error, ULP")
    panel.legend(loc="upper right", ncols=2)
    panel.grid(alpha=0.25)
    about = "{cpu}, {instruction set}, torch {torch}".format(**kit.describe())
    panel.set_title(f"float32 softplus, beta = 1, forward ({about})", fontsize=10)
    save(figure, path)


def log1p_table() -> Numbers:
    """Log1pTable<6> of constants.h: a row for each column of the file, -centre first."""
    (text,) = re.findall(
        r"struct Log1pTable<6> \{.*?coefficients\[size\]\[rows\] = \{(.*?)\};",
        CONSTANTS.read_text(),
        re.DOTALL,
    )
    columns = [
        [float.fromhex(number.removesuffix("f")) for number in column.split(", ")]
        for column in re.findall(r"\{(.*?)\}", text)
    ]
    return np.array(columns).T


def errors_of_the_table(points: int) -> tuple[Numbers, Numbers]:
    """Each row's u, and the error of its polynomial in ULP of log1p(exp(-u))."""
    table = log1p_table()
    number = np.arange(len(table))[:, None]
    u = np.maximum(0, (number + np.linspace(-0.5, 0.5, points)) * np.log(2))
    minus_centre, *coefficients = (column[:, None] for column in table.T)
    r = u + minus_centre
    value = np.zeros_like(r)
    for coefficient in reversed(coefficients):
        value = value * r + coefficient
    exact = np.log1p(np.exp(-u))
    return u, (value - exact) / reference.ulp(exact, torch.float32)


def draw_table(path: Path) -> None:
    u, errors = errors_of_the_table(33)
    print(f"table: largest error {abs(errors).max():.3f} ULP")
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(8, 5), sharex=True, height_ratios=(2, 3), layout="constrained"
    )
    for row, (its_u, its_errors) in enumerate(zip(u, errors, strict=True)):
        color = ("#d62728", "#1f77b4")[row % 2]
        above.plot(its_u[::8], np.log1p(np.exp(-its_u[::8])), color=color, linewidth=1.6)
        below.plot(its_u, its_errors, color=color, linewidth=1)
    above.set_yscale("log", base=2)
    above.set_ylabel("log(1 + exp(-u))")
    above.set_title("The table for float32: a polynomial for each change of color", fontsize=10)
    below.set_ylabel("error of the polynomials, ULP")
    below.set_xlabel("u = abs(beta x)")
    below.set_xlim(0, u.max())
    for panel in (above, below):
        panel.grid(alpha=0.25)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    figure.set_layout_engine("constrained")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    print(f"Written to {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000, help="in each interval of x")
    parser.add_argument("--output", type=Path, default=ROOT / "docs", help="the folder of both")
    options = parser.parse_args()
    matplotlib.rcParams["svg.hashsalt"] = "fused_softplus"
    draw_errors(options.output / "errors.svg", options.points)
    draw_table(options.output / "table.svg")


if __name__ == "__main__":
    main()
