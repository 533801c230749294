"""Writes softplus_constants.h: every number that softplus_math.h uses, and where it comes from.

    python csrc/generate_constants.py > csrc/softplus_constants.h

The polynomials are weighted minimax fits (Remez exchange), so that the weighted error is the
relative error of the quantity they serve; their coefficients are then rounded to the type.
"""

import mpmath as mp
import numpy as np

mp.mp.prec = 240

# exp(-u) = 2**-k * (1 + p) with 3/4 <= 1 + p <= 3/2: this split, rather than +-ln(2)/2, keeps
# |p| < 1/4 where 1 + p < 1 and |p| < 1/2 elsewhere, so rounding p costs at most 1/8 ulp of 1 + p.
EXP_LOW, EXP_HIGH = mp.log(mp.mpf(3) / 4), mp.log(mp.mpf(3) / 2)
# log1p is fitted on what softplus_math.h feeds it: k = 0 gives [-1/8, 0], k = 1 gives [-1/12, 1/6],
# k = 2 gives [-1/20, 1/10], and k >= 3 gives (0, 3/16].
LOG_LOW, LOG_HIGH = mp.mpf(-1) / 8, mp.mpf(3) / 16
MARGIN = mp.mpf(2) ** -11  # for k being found in working precision, and for the table's offsets


def expm1_core(r):
    """(exp(r) - 1 - r) / r**2."""
    return (mp.expm1(r) - r) / r**2 if abs(r) > mp.mpf(10) ** -20 else mp.mpf(1) / 2 + r / 6


def expm1_weight(r):
    return r**2 / mp.exp(r)


def log1p_core(v):
    """(v - log1p(v)) / v**2."""
    return (v - mp.log1p(v)) / v**2 if abs(v) > mp.mpf(10) ** -20 else mp.mpf(1) / 2 - v / 3


def log1p_weight(v):
    """v**2 over the smallest logarithm that has this v: log1p(v) for v > 0, or that of k = 2."""
    return v**2 / (mp.log1p(v) if v > 0 else mp.log(mp.mpf(19) / 16)) if v else mp.mpf(0)


def remez(function, weight, low, high, degree, points=400, rounds=30):
    """Coefficients (constant first) of the weighted minimax polynomial on [low, high]."""
    middle, half = (low + high) / 2, (high - low) / 2
    xs = [middle - half * mp.cos(mp.pi * (i + mp.mpf(1) / 3) / points) for i in range(points)]
    targets = [function(x) for x in xs]
    weights = [weight(x) for x in xs]
    nodes = [round((points - 1) * (i + 0.5) / (degree + 2)) for i in range(degree + 2)]
    best, best_error = None, mp.inf
    for _ in range(rounds):
        system = mp.matrix(degree + 2, degree + 2)
        for row, node in enumerate(nodes):
            for power in range(degree + 1):
                system[row, power] = xs[node] ** power
            system[row, degree + 1] = (-1) ** row / weights[node]
        solution = mp.lu_solve(system, mp.matrix([targets[node] for node in nodes]))
        coefficients = list(solution)[: degree + 1]
        errors = [
            (mp.polyval(coefficients[::-1], x) - target) * w
            for x, target, w in zip(xs, targets, weights, strict=True)
        ]
        error = max(map(abs, errors))
        if error < best_error:
            best, best_error = coefficients, error
        extrema = []  # the largest error of each run of one sign
        for i, e in enumerate(errors):
            if not extrema or (e > 0) != (errors[extrema[-1]] > 0):
                extrema.append(i)
            elif abs(e) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        while len(extrema) > degree + 2:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < degree + 2 or extrema == nodes:
            break
        nodes = extrema
    return best, best_error


def rounded_fit(function, weight, low, high, degree, dtype):
    """remez() with the coefficients rounded to dtype, and the error reached with those."""
    low, high = low - MARGIN, high + MARGIN
    exact, _ = remez(function, weight, low, high, degree)
    rounded = [mp.mpf(float(dtype(float(coefficient)))) for coefficient in exact]
    xs = [low + (high - low) * i / 4001 for i in range(4002)]
    error = max(abs((mp.polyval(rounded[::-1], x) - function(x)) * weight(x)) for x in xs)
    return rounded, error


def table_row(k, dtype):
    """(scale, offset, log) with log(1 + 2**-k (1 + p)) = log + log1p(scale * p + offset).

    Any scale near 1 / (1 + 2**k) will do; this takes the one, of 8,000 near it, for which
    -log(2**k scale) lies closest to a number of the type, so that the table needs no low part.
    """
    exact = mp.mpf(1) / (1 + 2**k)
    start = mp.mpf(float(dtype(float(exact))))
    # Of the order of the root of the type's precision: much finer, and scale and log step alike.
    step = mp.mpf(2) ** -(np.finfo(dtype).nmant // 2 + 13)
    best = None
    for i in range(-4000, 4001):
        scale = start + i * step
        log, offset = -mp.log(2**k * scale), scale / exact - 1
        if mp.mpf(float(dtype(float(offset)))) != offset:
            continue
        log_rounded = mp.mpf(float(dtype(float(log))))
        error = abs(log - log_rounded)
        if best is None or error < best[0]:
            best = (error, scale, offset, log_rounded)
    return best


def split_ln2(dtype, high_bits):
    """ln(2) as high + low; k * high is exact for every k that occurs."""
    high = mp.floor(mp.log(2) * 2**high_bits) / 2**high_bits
    return high, mp.mpf(float(dtype(float(mp.log(2) - high))))


def literal(value, suffix):
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}{suffix}"


def emit(name, dtype, suffix, exp_degree, log_degree, ln2_bits):
    exp_fit = rounded_fit(expm1_core, expm1_weight, EXP_LOW, EXP_HIGH, exp_degree, dtype)
    emit_polynomial(
        "Expm1Core", "(exp(r) - 1 - r) / r^2; relative error of exp(r)", name, suffix, *exp_fit
    )
    log_fit = rounded_fit(log1p_core, log1p_weight, LOG_LOW, LOG_HIGH, log_degree, dtype)
    emit_polynomial(
        "Log1pCore", "(v - log1p(v)) / v^2; relative error of the logarithm", name, suffix, *log_fit
    )
    print(f"template <>\nstruct Table<{name}> {{")
    for k in range(3):
        error, *row = table_row(k, dtype)
        row = ", ".join(literal(value, suffix) for value in row)
        print(f"  // k = {k}; error of log: 2^{float(mp.log(error, 2)):.1f}")
        print(f"  static constexpr Row<{name}> row{k}{{{row}}};")
    high, low = split_ln2(dtype, ln2_bits)
    print(f"  static constexpr {name} ln2_high = {literal(high, suffix)};")
    print(f"  static constexpr {name} ln2_low = {literal(low, suffix)};")
    print("};\n")


def emit_polynomial(struct, meaning, name, suffix, coefficients, error):
    print(f"// {meaning}: 2^{float(mp.log(error, 2)):.1f}")
    print(f"template <>\nstruct {struct}<{name}> {{")
    print(f"  static constexpr int size = {len(coefficients)};")
    print(f"  static constexpr {name} coefficient(int power) {{")
    print(f"    constexpr {name} coefficients[size] = {{")
    for value in coefficients:
        print(f"        {literal(value, suffix)},")
    print("    };\n    return coefficients[power];\n  }\n};\n")


HEADER = """\
// Written by generate_constants.py, which says where each number comes from. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

template <typename T>
struct Expm1Core;

template <typename T>
struct Log1pCore;

// log(1 + 2^-k (1 + p)) = log + log1p(scale * p + offset)
template <typename T>
struct Row {
  T scale, offset, log;
};

template <typename T>
struct Table;
"""

if __name__ == "__main__":
    print(HEADER)
    emit("float", np.float32, "f", exp_degree=4, log_degree=5, ln2_bits=16)
    emit("double", np.float64, "", exp_degree=10, log_degree=13, ln2_bits=42)
    print("}  // namespace fused_softplus::math")
