"""Checks the reference with which `accuracy` measures, and the kernels, against mpmath.

    python against_mpmath.py <the reference_points program> [--exhaustive]

Without the option it tries a thousand inputs of each quantity and beta. --exhaustive tries a
million of float64 forward, and more of the others.
"""

import subprocess
import sys
from itertools import islice, product
from multiprocessing import Pool

from mpmath import mp, mpf
from tqdm import tqdm

mp.prec = 120


# ---- The functions of reference.h --------------------------------------------------------------


def softplus(x, beta):
    return (x if beta * x > 0 else 0) + mp.log1p(mp.exp(-abs(beta * x))) / beta


def slope(x, beta):
    return 1 / (1 + mp.exp(-beta * x))


def curvature(x, beta):
    return beta * slope(x, beta) * slope(x, -beta)


def slope_from_result(y, beta):
    return -mp.expm1(-beta * y)


def curvature_from_result(y, beta):
    return beta * mp.exp(-beta * y)


def inverse_softplus(y, beta):
    return (beta * y + mp.log(-mp.expm1(-beta * y))) / beta


def shifted_softplus(x, beta):
    return mp.log1p(mp.expm1(beta * x) / 2) / beta


FUNCTIONS = {
    "softplus": softplus,
    "softplus_backward": slope,
    "softplus_backward_from_result": slope_from_result,
    "softplus_double_backward.self": curvature,
    "softplus_double_backward_from_result.result": curvature_from_result,
    "inverse_softplus": inverse_softplus,
    "shifted_softplus": shifted_softplus,
}
BETAS = (1.0, -1.0, 0.5, 2.0, 0.1, 100.0, -0.7)
FORMATS = {"float32": (24, -149), "float64": (53, -1074)}  # digits, exponent of the smallest


# ---- Errors ------------------------------------------------------------------------------------


def number(text):
    """A number as C prints it with %La."""
    mantissa, exponent = text.split("p")
    whole, _, fraction = mantissa.partition(".")
    return mp.ldexp(int(whole + fraction, 16), int(exponent) - 4 * len(fraction))


def errors(task):
    """The largest error of each column in ULP and its x, and the number of lines."""
    quantity, dtype, beta, lines = task
    digits, smallest = FORMATS[dtype]
    worst = []
    for line in lines:
        x, *results = map(number, line.split())
        exact = FUNCTIONS[quantity](x, mpf(beta))
        exponent = mp.frexp(exact)[1] if exact else smallest
        unit = mp.ldexp(1, max(exponent - digits, smallest))
        found = [(float(abs(value - exact) / unit), float(x)) for value in results]
        worst = list(map(max, worst, found)) if worst else found
    return worst, len(lines)


def check(pool, program, quantity, dtype, beta, blocks):
    """Prints the worst of each column of the output. Returns whether all are within bounds."""
    command = [program, dtype, quantity, beta.hex(), str(blocks)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        names = next(process.stdout).split()[1:]
        bounds = list(map(float.fromhex, next(process.stdout).split()))
        parts = iter(lambda: list(islice(process.stdout, 1000)), [])
        tasks = ((quantity, dtype, beta, part) for part in parts)
        interval = 0.2 if sys.stderr.isatty() else 20
        bar = {"total": blocks, "disable": blocks < 1000, "leave": False, "mininterval": interval}
        found = list(tqdm(pool.imap(errors, tasks), **bar))
    kept = process.returncode == 0
    inputs = sum(count for _, count in found)
    for name, bound, *worst in zip(names, bounds, *(columns for columns, _ in found), strict=True):
        error, x = max(worst)
        kept &= error < bound
        print(
            f"{'kept   ' if error < bound else 'BROKEN '} {name:9} {dtype} beta {beta:<4.3g}"
            f" {quantity}, against mpmath: {error:.9f} ULP, bound {bound:.6g}, at x = {x!r}"
            f" ({x.hex()}); {inputs} inputs",
            flush=True,
        )
    return kept


def main(program, *options):
    exhaustive = options == ("--exhaustive",)
    kept = True
    with Pool() as pool:
        for dtype, quantity, beta in product(FORMATS, FUNCTIONS, BETAS):
            forward = (dtype, quantity, beta) == ("float64", "softplus", 1.0)
            blocks = (1000 if forward else 16) if exhaustive else 1
            kept &= check(pool, program, quantity, dtype, beta, blocks)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
