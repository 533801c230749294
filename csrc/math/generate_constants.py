"""Writes constants.h: every number that the formulas use, and how it is computed.

    python csrc/math/generate_constants.py > csrc/math/constants.h

The polynomials are weighted minimax fits. The weighted error is the relative error of the quantity
that a polynomial is part of. mpmath computes with Python integers only, so every machine writes the
same bytes.
"""

from typing import NamedTuple

import mpmath as mp

mp.mp.prec = 240

# u = k ln(2) + r with exp(-r) from 3/4 to 3/2: csrc/math/reduction.h explains this range.
EXP_INTERVAL = -mp.log(mp.mpf(3) / 2), mp.log(mp.mpf(4) / 3)
# log1p is fitted on the ranges that by_exponential.h needs: [-1/8, 0] for k = 0, [-1/12, 1/6] for
# k = 1, [-1/20, 1/10] for k = 2, and (0, 3/16] for k >= 3.
LOG_INTERVAL = mp.mpf(-1) / 8, mp.mpf(3) / 16
# s = f / (2 + f) for 1 + f from sqrt(1/2) to sqrt(2): csrc/math/log_expm1.h
ATANH_SQUARED_INTERVAL = mp.mpf(0), ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2
# exp(-u) where the shorter table of AVX2 ends
CORRECTED_INTERVAL = mp.mpf(0), mp.mpf(3) / 256
MARGIN = mp.mpf(2) ** -11  # k is found in working precision, and the table has offsets


def rounded(value, digits):
    """The nearest number with that many binary digits, ties to even."""
    with mp.workprec(digits):
        return +value


class Type(NamedTuple):
    name: str
    suffix: str
    digits: int

    def round(self, value):
        return rounded(value, self.digits)

    def literal(self, value):
        """A hexadecimal C++ literal of a number that the type holds."""
        mantissa, exponent = float(value).hex().split("p")
        return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}{self.suffix}"


FLOAT, DOUBLE = Type("float", "f", 24), Type("double", "", 53)


def denser_at_the_ends(low, high, points=200):
    """Points of [low, high] on which to fit. None of them is 0."""
    middle, half = (low + high) / 2, (high - low) / 2
    return [middle - half * mp.cos(mp.pi * (i + mp.mpf(1) / 3) / points) for i in range(points)]


def remez(xs, targets, weights, degree):
    """Coefficients, constant first, of the polynomial with the smallest weighted error on xs."""
    size = degree + 2
    nodes = [len(xs) * (2 * i + 1) // (2 * size) for i in range(size)]
    for _ in range(50):
        # The error is the same at all nodes, with alternating signs.
        system = [
            [*(xs[node] ** power for power in range(degree + 1)), (-1) ** i / weights[node]]
            for i, node in enumerate(nodes)
        ]
        solution = mp.lu_solve(mp.matrix(system), mp.matrix([targets[node] for node in nodes]))
        coefficients = list(solution)[:-1]
        errors = [
            (mp.polyval(coefficients[::-1], x) - target) * weight
            for x, target, weight in zip(xs, targets, weights, strict=True)
        ]
        extrema = []  # the largest error of each run of errors with one sign
        for i, error in enumerate(errors):
            if not extrema or (error > 0) != (errors[extrema[-1]] > 0):
                extrema.append(i)
            elif abs(error) > abs(errors[extrema[-1]]):
                extrema[-1] = i
        while len(extrema) > size:  # Removes the smallest; the signs still alternate.
            sizes = [abs(errors[i]) for i in extrema]
            smallest = sizes.index(min(sizes))
            if smallest in (0, len(extrema) - 1) or len(extrema) == size + 1:
                extrema.pop(0 if sizes[0] < sizes[-1] else -1)
            else:
                first = smallest - (sizes[smallest - 1] < sizes[smallest + 1])
                del extrema[first : first + 2]
        if extrema == nodes:
            return coefficients
        nodes = extrema
    raise ArithmeticError("the exchange of nodes does not end")


def rounded_fit(function, weight, interval, powers, type_):
    """Coefficients of these consecutive powers, and the weighted error of their sum. Each one is
    rounded before those of higher powers are fitted, so that they compensate for the rounding."""
    low, high = interval
    xs = denser_at_the_ends(low - MARGIN, high + MARGIN)
    weights, rest = [weight(x) for x in xs], [function(x) for x in xs]
    coefficients = []
    for power in powers:
        fit = remez(
            xs,
            [y / x**power for x, y in zip(xs, rest, strict=True)],
            [w * abs(x) ** power for x, w in zip(xs, weights, strict=True)],
            powers[-1] - power,
        )
        coefficients.append(type_.round(fit[0]))
        rest = [y - coefficients[-1] * x**power for x, y in zip(xs, rest, strict=True)]
    return coefficients, max(abs(y * w) for y, w in zip(rest, weights, strict=True))


def log1p_weight(v):
    """1 / the smallest logarithm that has this v: log1p(v) for v > 0, otherwise that of k = 2."""
    return 1 / (mp.log1p(v) if v > 0 else mp.log(mp.mpf(19) / 16))


def atanh_rest(s_squared):
    """2 atanh(s) / s - 2. Below 0, which only the margin of the fit reaches, s is imaginary."""
    s = mp.sqrt(s_squared)
    return mp.re(2 * mp.atanh(s) / s) - 2


def log1p_parameters(k, type_):
    """(scale, offset, log) with log(1 + 2**-k (1 + p)) = log + log1p(scale * p + offset).

    Any scale near 1 / (1 + 2**k) would do. Of 8,000 candidates, this is the one for which
    -log(2**k scale) is closest to a number of the type, so that the table needs no low part.
    """
    exact = mp.mpf(1) / (1 + 2**k)
    # About the square root of the precision of the type. With a much finer step, scale and log
    # would change in proportion.
    step = mp.mpf(2) ** -(type_.digits // 2 + 13)
    best = None
    for i in range(-4000, 4001):
        scale = type_.round(exact) + i * step
        offset = scale / exact - 1
        if type_.round(offset) != offset:
            continue
        log = -mp.log(2**k * scale)
        error = abs(log - type_.round(log))
        if best is None or error < best[0]:
            best = error, scale, offset, type_.round(log)
    return best


# csrc/math/tables.h explains this table: how many rows it has, and how far they are apart.
ROWS, STEP = 32, mp.log(2)
CANDIDATES = 2000  # for the centre of each row


def log1p_exp_neg(u):
    return mp.log1p(mp.exp(-u))


def sigmoid_neg(u):
    return 1 / (1 + mp.exp(u))


def log1p_slope(u):
    return -sigmoid_neg(u)


def sigmoid_slope(u):
    return -sigmoid_neg(u) * sigmoid_neg(-u)


def in_row(row, function, exponential):
    """What a row holds: a function, or the mean of it and the exponential in the last row."""
    if row < ROWS - 1:
        return function
    return lambda u: (function(u) + exponential(u)) / 2


def centre_between(low, high, digits, value, slope):
    """The number between low and high, with so many digits after the binary point, for which value
    and slope are nearest to floats (Gal's method)."""
    first, last = int(low * 2**digits) + 1, int(high * 2**digits)
    candidates = range(first, last + 1, max(1, (last - first) // CANDIDATES))

    def lost(exact):
        return abs(exact / FLOAT.round(exact) - 1)

    def error(centre):
        exact, steep = value(centre), slope(centre)
        return lost(exact) + lost(steep) * abs(steep / exact) * STEP / 2

    with mp.workprec(90):
        return min((mp.mpf(i) / 2**digits for i in candidates), key=error)


def table_row(row, centre, value, slope, degree, quantity=None):
    """-centre, value, slope and the other coefficients, and the error of their sum, relative to the
    quantity, or else to the value."""
    quantity = quantity or value
    first = [FLOAT.round(value(centre)), FLOAT.round(slope(centre))]
    low, high = max(0, row - mp.mpf(1) / 2) * STEP, (row + mp.mpf(1) / 2) * STEP
    others, error = rounded_fit(
        lambda r: value(centre + r) - first[0] - first[1] * r,
        lambda r: 1 / abs(quantity(centre + r)),
        (low - centre, high - centre),
        range(2, degree + 1),
        FLOAT,
    )
    return [-centre, *first, *others], error


# Where centres lie, other than in the middle of their rows.
#
# Row 0: the result is value + low r, where low is rounded to 2^-25. Its rounding errors must not
# outweigh a step of r, or neighbouring results would decrease. With r from -1/8 to 1/4 they do not.
# Row 1: value and max(x, 0) are added last, the larger of them after the smaller. The sum that is
# rounded before is x + log1p - value while x < value, and log1p from there on. From 1/2 on, that
# would cost half an ULP. It stays below if value is at least 0.4328, the x with log1p = 1/2. Sums
# that are rounded to bfloat16 may be rounded in any order, and the short rows reach less far.
NEAR_0, ABOVE_HALF = (mp.mpf("0.1231"), mp.mpf("0.1249")), (mp.mpf("0.59"), mp.mpf("0.612"))
LOG1P_CENTRES = {4: {0: NEAR_0}, 6: {0: NEAR_0, 1: ABOVE_HALF}}  # by degree and row
AT_0 = (mp.mpf(0), mp.mpf(0))  # where value and slope are floats
SIGMOID_CENTRES = {4: {0: AT_0}, 6: {0: AT_0}}


def table_rows(function, derivative, centres, degree):
    """The rows of a table, and their relative errors."""
    rows = []
    for row in range(ROWS):
        value = in_row(row, function, lambda u: mp.exp(-u))
        slope = in_row(row, derivative, lambda u: -mp.exp(-u))
        # So coarse that u - centre, and k ln2 + centre, are exact, except near 0.
        digits = 16 if row == ROWS - 1 else 19 if row * STEP > 8 else 21
        low, high = centres.get(row, ((row - mp.mpf(1) / 32) * STEP, (row + mp.mpf(1) / 32) * STEP))
        centre = centre_between(low, high, digits, value, slope) if low < high else low
        rows.append(table_row(row, centre, value, slope, degree))
    return rows


# csrc/math/octaves.h explains this one.
OCTAVES = 8


def octave_row(k, r):
    """2**k log1p(exp(-u)) with u = k ln(2) + r, and exp(-r) in the last row."""
    return mp.exp(-r) if k == OCTAVES - 1 else mp.log1p(mp.exp(-r) / 2**k) * 2**k


def octave_high(k):
    """high and relu = max(x, 0) are added last, the larger of them after the smaller. The sum that
    is rounded before is relu + log1p - high while relu < high, and log1p from there on. Neither may
    reach 1/2, where rounding it would cost half an ULP. Therefore high is 7/16 for k = 1: log1p of
    exp(-7/16) is just below 1/2."""
    return mp.mpf(7) / 8 if k == 1 else FLOAT.round(octave_row(k, mp.mpf(0)))


def octave_coefficients(k, high, degree):
    """high, slope, core and low with octave_row(k, r) = high + low + slope r + r**2 core(r), and
    the relative error of that sum. Without a number for high, high is fitted and there is no low.
    """
    (constant, *others), error = rounded_fit(
        lambda r: octave_row(k, r) - (high or 0),
        lambda r: 1 / octave_row(k, r),
        EXP_INTERVAL,
        range(degree + 1),
        FLOAT,
    )
    return [high, *others, constant] if high else [constant, *others], error


def log2(error):
    return f"2^{float(mp.log(error, 2)):.1f}"


def emit_columns(rows):
    print(f"  static constexpr int size = {len(rows[0])}, rows = {len(rows)};")
    print("  alignas(64) static constexpr float coefficients[size][rows] = {")
    for column in zip(*rows, strict=True):
        print(f"      {{{', '.join(FLOAT.literal(value) for value in column)}}},")
    print("  };")


def emit_tables(struct, meaning, function, derivative, centres):
    print(f"// {meaning} = value + slope r + c2 r^2 + ... with r = u - centre: a column for")
    print("// -centre, value, slope and each of the other coefficients")
    print(f"template <int degree>\nstruct {struct};\n")
    for degree, centres_of_degree in centres.items():
        fits = table_rows(function, derivative, centres_of_degree, degree)
        rows, errors = zip(*fits, strict=True)
        print(f"// Relative error: {log2(max(errors))}")
        print(f"template <>\nstruct {struct}<{degree}> {{")
        emit_columns(rows)
        print("};\n")


def emit_row_exact_at_0():
    def shifted(u):
        return log1p_exp_neg(u) - mp.log(2)

    nearest = FLOAT.round(mp.log(2))
    row, error = table_row(0, mp.mpf(0), lambda u: nearest + shifted(u), log1p_slope, 6, shifted)
    print("// Another row 0 of Log1pTable<6>: value is NearestLn2<float>::high, and the rest is")
    print(f"// log1p(exp(-u)) - ln(2). Relative error of the rest: {log2(error)}")
    print("struct Log1pRowExactAt0 {")
    numbers = ", ".join(FLOAT.literal(value) for value in row)
    print(f"  static constexpr float coefficients[{len(row)}] = {{{numbers}}};")
    print("};\n")


def emit_geometry():
    print("// The last row of log1p(exp(-u)) and sigmoid(-u), and just below its end")
    print("struct TableEnd {")
    print(f"  static constexpr int last = {ROWS - 1};")
    end = FLOAT.round((ROWS - mp.mpf(1) / 2) * STEP * (1 - mp.mpf(2) ** -18))
    print(f"  static constexpr float u = {FLOAT.literal(end)};")
    print("};\n")


def emit_octaves(struct, high, degree):
    highs = [octave_high(k) if high else None for k in range(OCTAVES)]
    fits = [octave_coefficients(k, highs[k], degree) for k in range(OCTAVES)]
    terms = "high + slope r + r^2 (core0 + core1 r + ...)" + (" + low" if high else "")
    print(f"// 2^k log1p(exp(-u)) = {terms}, a column for each;")
    print(f"// relative error: {log2(max(error for _, error in fits))}")
    print(f"struct {struct} {{")
    print(f"  static constexpr bool has_low = {'true' if high else 'false'};")
    emit_columns([row for row, _ in fits])
    print("};\n")


def split_ln2(type_, high_bits):
    """ln(2) as high + low; k * high is exact for every k that occurs."""
    high = mp.floor(mp.log(2) * 2**high_bits) / 2**high_bits
    return high, type_.round(mp.log(2) - high)


def emit_parts(struct, type_, high, low):
    print(f"template <>\nstruct {struct}<{type_.name}> {{")
    print(f"  static constexpr {type_.name} high = {type_.literal(high)};")
    print(f"  static constexpr {type_.name} low = {type_.literal(low)};")
    print("};\n")


def emit_ln2(type_, high_bits):
    emit_parts("Ln2", type_, *split_ln2(type_, high_bits))


def emit_ln2_rest(type_, high_bits):
    rest = type_.round(mp.log(2) - sum(split_ln2(type_, high_bits)))
    print("// ln(2) - high - low, for results near 0")
    print(f"template <>\nstruct Ln2Rest<{type_.name}> {{")
    print(f"  static constexpr {type_.name} value = {type_.literal(rest)};")
    print("};\n")


def emit_nearest_ln2(type_):
    high = type_.round(mp.log(2))
    emit_parts("NearestLn2", type_, high, type_.round(mp.log(2) - high))


def emit_log1p_rows(type_):
    print(f"template <>\nstruct Log1pRows<{type_.name}> {{")
    for k in range(3):
        error, *row = log1p_parameters(k, type_)
        row = ", ".join(type_.literal(value) for value in row)
        print(f"  // k = {k}; error of log: {log2(error)}")
        print(f"  static constexpr Row<{type_.name}> row{k}{{{row}}};")
    print("};\n")


def emit_polynomial(head, meaning, function, weight, interval, powers, type_):
    coefficients, error = rounded_fit(function, weight, interval, powers, type_)
    print(f"// {meaning}")
    print(f"// Relative error of the quantity: {log2(error)}")
    print(f"{head} {{")
    print(f"  static constexpr int size = {len(coefficients)};")
    print(f"  static constexpr {type_.name} coefficient(int power) {{")
    print(f"    constexpr {type_.name} coefficients[size] = {{")
    for value in coefficients:
        print(f"        {type_.literal(value)},")
    print("    };\n    return coefficients[power];\n  }\n};\n")


def emit_exp(type_, degree):
    emit_polynomial(
        f"template <>\nstruct Expm1Core<{type_.name}>",
        "(exp(-r) - 1 + r) / r^2, for exp(-r)",
        lambda r: mp.expm1(-r) + r,
        mp.exp,
        EXP_INTERVAL,
        range(2, degree + 1),
        type_,
    )


def emit_log1p(type_, degree):
    emit_polynomial(
        f"template <>\nstruct Log1pCore<{type_.name}>",
        "(v - log1p(v)) / v^2, for the logarithm",
        lambda v: v - mp.log1p(v),
        log1p_weight,
        LOG_INTERVAL,
        range(2, degree + 1),
        type_,
    )


def emit_atanh(type_, degree):
    emit_polynomial(
        f"template <>\nstruct AtanhCore<{type_.name}>",
        "(2 atanh(s) - 2 s) / s^3 in s^2, for the logarithm",
        atanh_rest,
        lambda s_squared: mp.mpf(1) / 2,
        ATANH_SQUARED_INTERVAL,
        range(1, degree + 1),
        type_,
    )


def emit_log1p_correction():
    emit_polynomial(
        "struct Log1pCorrection",
        "(log1p(exp(-u)) / exp(-u) - 1) / exp(-u) from k = 7 on, where the table of AVX2 ends",
        lambda t: mp.log1p(t) / t - 1,
        lambda t: mp.mpf(1),
        CORRECTED_INTERVAL,
        range(1, 4),
        FLOAT,
    )


HEADER = """\
// Written by generate_constants.py, which computes each number. Do not edit.
// clang-format off
#pragma once

namespace fused_softplus::math {

// ln(2) = high + low; k * high is exact for every k that occurs.
template <typename T>
struct Ln2;

template <typename T>
struct Ln2Rest;

// ln(2) = high + low, where high is the number of the type that is nearest to ln(2).
template <typename T>
struct NearestLn2;

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
    emit_exp(FLOAT, degree=6)
    emit_ln2(FLOAT, high_bits=16)
    emit_nearest_ln2(FLOAT)
    emit_geometry()
    emit_tables("Log1pTable", "log1p(exp(-u))", log1p_exp_neg, log1p_slope, LOG1P_CENTRES)
    emit_row_exact_at_0()
    emit_tables("SigmoidTable", "sigmoid(-u)", sigmoid_neg, sigmoid_slope, SIGMOID_CENTRES)
    emit_log1p_correction()
    emit_octaves("Log1pOctaves", True, 6)
    emit_octaves("ShortLog1pOctaves", False, 5)
    emit_exp(DOUBLE, degree=12)
    emit_ln2(DOUBLE, high_bits=42)
    emit_log1p(DOUBLE, degree=15)
    emit_log1p_rows(DOUBLE)
    emit_atanh(DOUBLE, degree=7)
    emit_ln2_rest(DOUBLE, high_bits=42)
    emit_nearest_ln2(DOUBLE)
    print("}  // namespace fused_softplus::math")
