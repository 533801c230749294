"""Writes softplus_constants.h: every number that the formulas use, and where it comes from.

    python csrc/generate_constants.py > csrc/softplus_constants.h

The polynomials are weighted minimax fits, so that the weighted error is the relative error of the
quantity they serve; their coefficients are then rounded to the type.
"""

import mpmath as mp
import numpy as np

mp.mp.prec = 240

# u = k ln(2) + r with exp(-r) from 3/4 to 3/2: csrc/reduction.h says why.
EXP_LOW, EXP_HIGH = -mp.log(mp.mpf(3) / 2), mp.log(mp.mpf(4) / 3)
# log1p is fitted on what softplus_math.h feeds it: k = 0 gives [-1/8, 0], k = 1 gives [-1/12, 1/6],
# k = 2 gives [-1/20, 1/10], and k >= 3 gives (0, 3/16].
LOG_LOW, LOG_HIGH = mp.mpf(-1) / 8, mp.mpf(3) / 16
MARGIN = mp.mpf(2) ** -11  # for k being found in working precision, and for the table's offsets


def expm1_core(r):
    """(exp(-r) - 1 + r) / r**2."""
    return (mp.expm1(-r) + r) / r**2 if abs(r) > mp.mpf(10) ** -20 else mp.mpf(1) / 2 - r / 6


def expm1_weight(r):
    return r**2 / mp.exp(-r)


def log1p_core(v):
    """(v - log1p(v)) / v**2."""
    return (v - mp.log1p(v)) / v**2 if abs(v) > mp.mpf(10) ** -20 else mp.mpf(1) / 2 - v / 3


def log1p_weight(v):
    """v**2 over the smallest logarithm that has this v: log1p(v) for v > 0, or that of k = 2."""
    return v**2 / (mp.log1p(v) if v > 0 else mp.log(mp.mpf(19) / 16)) if v else mp.mpf(0)


def atanh_core(s_squared):
    """(2 atanh(s) - 2 s) / s**3, in s**2; below 0, which only the fit's margin is, atan's."""
    if abs(s_squared) < mp.mpf(10) ** -20:
        return mp.mpf(2) / 3 + s_squared * 2 / 5
    s = mp.sqrt(s_squared)
    return mp.re(2 * mp.atanh(s) / s - 2) / s_squared


def denser_at_the_ends(low, high, points, offset):
    """Points of [low, high] to fit on, Chebyshev's nodes for offset 1/2."""
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * (i + offset) / points) for i in range(points)]


def remez(function, weight, low, high, degree, points=400, rounds=30):
    """Coefficients (constant first) of the weighted minimax polynomial on [low, high]."""
    xs = denser_at_the_ends(low, high, points, mp.mpf(1) / 3)
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


# csrc/octaves.h has the method. r = u - k ln(2) runs from EXP_LOW to EXP_HIGH.
OCTAVES = 32  # from here on log1p(t) and t / (1 + t) are t = exp(-u) to float's precision
OCTAVE_DEGREE, SHORT_OCTAVE_DEGREE = 6, 5
# exp(-u) where AVX2's shorter table ends
CORRECTED_LOW, CORRECTED_HIGH = mp.mpf(0), mp.mpf(3) / 256


def log1p_octave(k, r):
    """2**k log1p(exp(-u)) with u = k ln(2) + r."""
    return mp.exp(-r) if k == OCTAVES - 1 else mp.log1p(mp.exp(-r) / 2**k) * 2**k


def sigmoid_octave(k, r):
    """2**k sigmoid(-u) with u = k ln(2) + r."""
    return mp.exp(-r) if k == OCTAVES - 1 else mp.exp(-r) / (1 + mp.exp(-r) / 2**k)


def log1p_high(k, value):
    """high and relu = max(x, 0) are added last, the larger of them after the smaller: what is
    rounded before that is relu + log1p - high up to where relu = high, and log1p from there on.
    For neither to reach 1/2, which is where it would cost half an ULP, high must be 7/16 (log1p of
    exp(-7/16) is just below 1/2)."""
    return np.float32(7 / 8) if k == 1 else np.float32(value)


def sigmoid_high(k, value):
    """Short enough that 1 - 2**-k high is exact."""
    return np.float32(np.rint(value * 2 ** (24 - k)) / 2 ** (24 - k)) if k < 12 else np.float32(1)


def long_double(values):
    """Each rounded once. Long double's own exp and log1p depend on the processor's maker."""
    return np.array([np.longdouble(mp.nstr(value, 25)) for value in values])


def solve(a, b):
    """Gaussian elimination in long double, which numpy.linalg does not have: the same bits
    wherever that is the same type."""
    a, b = a.copy(), b.copy()
    n = len(b)
    for i in range(n):
        pivot = i + int(np.argmax(np.abs(a[i:, i])))
        a[[i, pivot]], b[[i, pivot]] = a[[pivot, i]], b[[pivot, i]]
        for j in range(i + 1, n):
            factor = a[j, i] / a[i, i]
            a[j] -= factor * a[i]
            b[j] -= factor * b[i]
    for i in reversed(range(n)):
        b[i] = (b[i] - np.sum(a[i, i + 1 :] * b[i + 1 :])) / a[i, i]
    return b


def lawson(xs, target, weight, powers):
    """Coefficients of these powers, minimax in the weighted error: least squares, again and again,
    with more weight where the error was large. Unlike remez() it needs no consecutive powers."""
    half = np.max(np.abs(xs))
    basis = np.stack([(xs / half) ** p for p in powers], 1) * weight[:, None]
    emphasis = np.ones_like(xs)
    best = None
    for _ in range(60):
        weighted = basis * emphasis[:, None]
        coefficients = solve(weighted.T @ basis, weighted.T @ (target * weight))
        errors = np.abs(basis @ coefficients - target * weight)
        if best is None or np.max(errors) < best[0]:
            best = np.max(errors), coefficients
        emphasis *= errors / np.max(errors)
        emphasis = emphasis / np.sum(emphasis) + 1e-12
    return [c / half**p for c, p in zip(best[1], powers, strict=True)]


def octave_row(function, high, k, degree):
    """high, slope, core and low with function(k, r) = high + low + slope r + r**2 core(r), and the
    relative error of that. Each is rounded before those that can make up for it are fitted. With no
    function for high, high is fitted as well, and there is no low."""
    margin = 2e-5  # for k being found in float
    low_end, high_end = (0 if k == 0 else EXP_LOW - margin), EXP_HIGH + margin
    with mp.workprec(90):  # enough for long double's 64 bits, and faster
        points = denser_at_the_ends(low_end, high_end, 1500, mp.mpf(1) / 2)
        r, value = long_double(points), long_double(function(k, point) for point in points)
    weight = 1 / value
    row = {}

    def fit(powers):
        known = sum(np.longdouble(c) * r**p for p, c in row.items())
        return lawson(r, value - high_value - known, weight, powers)

    high_value = np.longdouble(high(k, float(function(k, mp.mpf(0)))) if high else 0)
    row[1] = np.float32(fit(range(degree + 1))[1])
    row[0] = np.float32(fit([0, *range(2, degree + 1)])[0])
    row[2] = np.float32(fit(range(2, degree + 1))[0])
    powers = range(3, degree + 1)
    row |= {p: np.float32(c) for p, c in zip(powers, fit(powers), strict=True)}
    fitted = high_value + sum(np.longdouble(c) * r**p for p, c in row.items())
    constant = row.pop(0)
    others = [row[p] for p in sorted(row)]
    columns = [high_value, *others, constant] if high else [constant, *others]
    return columns, np.max(np.abs(fitted - value) * weight)


def log1p_correction(t):
    """(log1p(t) / t - 1) / t."""
    return (mp.log1p(t) / t - 1) / t if t else mp.mpf(-1) / 2


def emit_log1p_correction():
    fit = rounded_fit(log1p_correction, lambda t: t, CORRECTED_LOW, CORRECTED_HIGH, 2, np.float32)
    print("// (log1p(exp(-u)) / exp(-u) - 1) / exp(-u) from 7 octaves on, where AVX2's table ends")
    emit_coefficients("struct Log1pCorrection", "float", "f", *fit)
    print()


def emit_octaves(struct, meaning, function, high, degree, correction=""):
    rows, errors = zip(
        *(octave_row(function, high, k, degree) for k in range(OCTAVES)), strict=True
    )
    terms = "high + slope r + r^2 (core0 + core1 r + ...)" + (" + low" if high else "")
    print(f"// 2^k {meaning} = {terms}, a column for each;")
    print(f"// relative error: 2^{float(np.log2(max(errors))):.1f}")
    print(f"struct {struct} {{")
    print(f"  static constexpr int size = {len(rows[0])}, rows = {OCTAVES};")
    print(f"  static constexpr bool has_low = {'true' if high else 'false'};")
    print("  static constexpr float coefficients[size][rows] = {")
    for column in zip(*rows, strict=True):
        print(f"      {{{', '.join(literal(value, 'f') for value in column)}}},")
    print("  };")
    if correction:
        print(f"  using Correction = {correction};")
    print("};\n")


def split_ln2(dtype, high_bits):
    """ln(2) as high + low; k * high is exact for every k that occurs."""
    high = mp.floor(mp.log(2) * 2**high_bits) / 2**high_bits
    return high, mp.mpf(float(dtype(float(mp.log(2) - high))))


def literal(value, suffix):
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}{suffix}"


def emit_exp(name, dtype, suffix, degree, ln2_bits):
    exp_fit = rounded_fit(expm1_core, expm1_weight, EXP_LOW, EXP_HIGH, degree, dtype)
    emit_polynomial("Expm1Core", "(exp(-r) - 1 + r) / r^2, for exp(-r)", name, suffix, *exp_fit)
    high, low = split_ln2(dtype, ln2_bits)
    print(f"template <>\nstruct Ln2<{name}> {{")
    print(f"  static constexpr {name} high = {literal(high, suffix)};")
    print(f"  static constexpr {name} low = {literal(low, suffix)};")
    print("};\n")


def emit_log1p(name, dtype, suffix, degree):
    log_fit = rounded_fit(log1p_core, log1p_weight, LOG_LOW, LOG_HIGH, degree, dtype)
    emit_polynomial("Log1pCore", "(v - log1p(v)) / v^2, for the logarithm", name, suffix, *log_fit)
    print(f"template <>\nstruct Log1pRows<{name}> {{")
    for k in range(3):
        error, *row = table_row(k, dtype)
        row = ", ".join(literal(value, suffix) for value in row)
        print(f"  // k = {k}; error of log: 2^{float(mp.log(error, 2)):.1f}")
        print(f"  static constexpr Row<{name}> row{k}{{{row}}};")
    print("};\n")


def emit_atanh(name, dtype, suffix, degree, ln2_bits):
    # s = f / (2 + f) for 1 + f from sqrt(1/2) to sqrt(2): csrc/log_expm1.h
    high = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2
    fit = rounded_fit(atanh_core, lambda s_squared: s_squared / 2, mp.mpf(0), high, degree, dtype)
    emit_polynomial(
        "AtanhCore", "(2 atanh(s) - 2 s) / s^3 in s^2, for the logarithm", name, suffix, *fit
    )
    rest = mp.log(2) - sum(split_ln2(dtype, ln2_bits))
    print("// ln(2) - high - low, which counts where nothing else is left")
    print(f"template <>\nstruct Ln2Rest<{name}> {{")
    print(f"  static constexpr {name} value = {literal(rest, suffix)};")
    print("};\n")


def emit_polynomial(struct, meaning, name, suffix, coefficients, error):
    print(f"// {meaning}")
    emit_coefficients(f"template <>\nstruct {struct}<{name}>", name, suffix, coefficients, error)
    print()


def emit_coefficients(head, name, suffix, coefficients, error):
    print(f"// Relative error of what it serves: 2^{float(mp.log(error, 2)):.1f}")
    print(f"{head} {{")
    print(f"  static constexpr int size = {len(coefficients)};")
    print(f"  static constexpr {name} coefficient(int power) {{")
    print(f"    constexpr {name} coefficients[size] = {{")
    for value in coefficients:
        print(f"        {literal(value, suffix)},")
    print("    };\n    return coefficients[power];\n  }\n};")


HEADER = """\
// Written by generate_constants.py, which says where each number comes from. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

// ln(2) = high + low; k * high is exact for every k that occurs.
template <typename T>
struct Ln2;

template <typename T>
struct Ln2Rest;

template <typename T>
struct Expm1Core;

template <typename T>
struct Log1pCore;

template <typename T>
struct AtanhCore;

// log(1 + 2^-k (1 + p)) = log + log1p(scale * p + offset)
template <typename T>
struct Row {
  T scale, offset, log;
};

template <typename T>
struct Log1pRows;
"""

if __name__ == "__main__":
    print(HEADER)
    emit_exp("float", np.float32, "f", degree=4, ln2_bits=16)
    log1p = "log1p(exp(-u))", log1p_octave
    sigmoid = "sigmoid(-u)", sigmoid_octave
    emit_log1p_correction()
    emit_octaves("Log1pOctaves", *log1p, log1p_high, OCTAVE_DEGREE, "Log1pCorrection")
    emit_octaves("SigmoidOctaves", *sigmoid, sigmoid_high, OCTAVE_DEGREE)
    emit_octaves("ShortLog1pOctaves", *log1p, None, SHORT_OCTAVE_DEGREE, "Log1pCorrection")
    emit_octaves("ShortSigmoidOctaves", *sigmoid, None, SHORT_OCTAVE_DEGREE)
    emit_exp("double", np.float64, "", degree=10, ln2_bits=42)
    emit_log1p("double", np.float64, "", degree=13)
    emit_atanh("double", np.float64, "", degree=6, ln2_bits=42)
    print("}  // namespace fused_softplus::math")
