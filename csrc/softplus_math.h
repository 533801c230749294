// The formulas: softplus and its derivatives, written once for one number or a vector of them,
// for float and double, for the CPU and CUDA. Half and bfloat16 are computed in float.
//
// With u = |beta x| >= 0, everything here follows from exp(-u), held as scale * (1 + p) with
// scale = 2^-k, so that no digits are lost by rounding it:
//
//   softplus(x)  = max(beta x, 0) / beta + log1p(exp(-u)) / beta
//   softplus'(x) = sigmoid(beta x) = 1 / (1 + exp(-u)) or exp(-u) / (1 + exp(-u))
//
// Error bounds stand beside the functions, in units in the last place (ULP) of the result, for beta
// a power of 2 and for any other beta, with every incoming gradient equal to 1 (a product with
// another rounds once more). They hold for float and double on a machine with fused multiply-add;
// float16 and bfloat16 are within half a ULP and this one's share of theirs, and correctly rounded
// for every input where it says so. Where exp(-u) is denormal it is wrong by up to one denormal,
// and results that multiply it by m > 1 by up to m - 1 of them more. tests/cpp/test_accuracy.cpp
// tests exactly these numbers, and those for x86-64 without fused multiply-add.
#pragma once

#include <limits>

#include "lanes.h"
#include "rounding.h"
#include "softplus_constants.h"

namespace fused_softplus::math {

// What follows from beta and threshold alone, computed once a call, in the type of computation.
// abs(beta) is from 1e-36 to 1e36 (double: 1e-300 to 1e300), so that none of it overflows.
template <typename T>
struct Parameters {
  T beta, abs_beta, inverse_beta;
  T beta_log2e;   // |beta| / ln(2)
  T largest_abs;  // exp(-|beta x|) is below half of the smallest number for every larger |x|
  T threshold;    // finite, so that an infinite input always takes the linear branch

  FUSED_SOFTPLUS_INLINE Parameters(double beta_, double threshold_)
      : beta(static_cast<T>(beta_)),
        abs_beta(std::fabs(beta)),
        inverse_beta(T(1) / beta),
        beta_log2e(static_cast<T>(std::fabs(static_cast<double>(beta)) * 1.4426950408889634)),
        largest_abs(T(std::is_same_v<T, float> ? 104.5 : 746) / abs_beta),
        threshold(static_cast<T>(std::fmin(threshold_, static_cast<double>(largest())))) {}

 private:
  FUSED_SOFTPLUS_INLINE static constexpr T largest() { return std::numeric_limits<T>::max(); }
};

template <typename V, int count>
struct Outputs {
  V values[count];
};

namespace detail {

// The polynomial with these coefficients, in powers of x^2 from pairs of terms: half the depth of
// Horner's rule, and it is depth that limits how many vectors are in flight.
template <typename Core, int power = 0, typename V>
FUSED_SOFTPLUS_INLINE V polynomial(V x, V x_squared) {
  const V constant = splat<V>(Core::coefficient(power));
  if constexpr (power + 1 == Core::size) {
    return constant;
  } else {
    const V pair = fma(splat<V>(Core::coefficient(power + 1)), x, constant);
    if constexpr (power + 2 == Core::size) {
      return pair;
    } else {
      return fma(polynomial<Core, power + 2>(x, x_squared), x_squared, pair);
    }
  }
}

// exp(-u) = scale * (1 + p + p_low), scale = 2^-k, -1/4 <= p <= 1/2, p_low what rounding p lost.
template <typename V>
struct ExpNeg {
  V k, scale, p, p_low;
};

// exp(-|beta x|). The product is never rounded on its own: the reduction subtracts k ln(2) from
// it in one fma, so a beta other than 1 costs one rounding of the remainder, not of beta x.
template <typename V>
FUSED_SOFTPLUS_INLINE ExpNeg<V> exp_neg(const Parameters<Element<V>>& parameters, V x) {
  using T = Element<V>;
  using C = Table<T>;
  using B = Bits<V>;
  constexpr bool single = sizeof(T) == 4;
  constexpr int mantissa_bits = single ? 23 : 52;
  // Adding this rounds to an integer, which then stands in the low bits of the sum.
  constexpr T round_to_int = single ? T(0x1.8p23) : T(0x1.8p52);
  // u = k ln(2) - r with exp(r) in [3/4, 3/2] rather than around 1: log2(3/2) - 1/2.
  constexpr T shift = T(0.08496250072115618);

  const V abs_x = abs(x);
  const V largest = splat<V>(parameters.largest_abs);
  const V u = largest < abs_x ? largest : abs_x;  // in this order a NaN stays one

  const V rounded = fma(u, splat<V>(parameters.beta_log2e), splat<V>(shift)) + round_to_int;
  const V k = rounded - round_to_int;
  V r = fma(splat<V>(-parameters.abs_beta), u, k * C::ln2_high);
  r = fma(k, splat<V>(C::ln2_low), r);

  const V r_squared = r * r;
  const V core = polynomial<Expm1Core<T>>(r, r_squared);
  const V p = fma(r_squared, core, r);
  const V p_low = fma(r_squared, core, r - p);

  // 2^-k from k's own bits, in two factors since 2^-k may be denormal.
  constexpr int bias = single ? 127 + 64 : 1023 + 512;
  constexpr T rest = single ? T(0x1p-64) : T(0x1p-512);
  using Bit = Bits<T>;
  const V scale =
      bit_cast<V>((Bit(bias) << mantissa_bits) - (bit_cast<B>(rounded) << mantissa_bits)) * rest;
  return {k, scale, p, p_low};
}

// A sum of two numbers held exactly: high + low, low being what rounding the sum lost.
template <typename V>
struct Sum {
  V high, low;
};

// Knuth's 2Sum: exact whichever of the two is larger.
template <typename V>
FUSED_SOFTPLUS_INLINE Sum<V> two_sum(V a, V b) {
  const V high = a + b;
  const V b_part = high - a;
  return {high, (a - (high - b_part)) + (b - b_part)};
}

// log1p(exp(-u)) = high + low, where high is a constant (0 for k > 2) and |low| < 3/16.
template <typename V>
FUSED_SOFTPLUS_INLINE Sum<V> log1p_exp_neg(const ExpNeg<V>& e) {
  using T = Element<V>;
  using C = Table<T>;
  // log(1 + scale (1 + p)) = log + log1p(v) with v = row_scale * p + offset. For k > 2 the row is
  // (scale, scale, 0), and v is exp(-u) itself.
  const auto below_1 = e.k < T(1);
  const auto below_2 = e.k < T(2);
  const auto below_3 = e.k < T(3);
  const auto select = [&](T row0, T row1, T row2, V others) {
    V chosen = below_3 ? splat<V>(row2) : others;
    chosen = below_2 ? splat<V>(row1) : chosen;
    return below_1 ? splat<V>(row0) : chosen;
  };
  const V row_scale = select(C::row0.scale, C::row1.scale, C::row2.scale, e.scale);
  const V offset = select(C::row0.offset, C::row1.offset, C::row2.offset, e.scale);
  const V log = select(C::row0.log, C::row1.log, C::row2.log, splat<V>(0));

  const V v = fma(e.p, row_scale, offset);
  const V v_low = fma(e.p, row_scale, offset - v);
  const V v_squared = v * v;
  return {log, v + fma(-v_squared, polynomial<Log1pCore<T>>(v, v_squared), v_low)};
}

// exp(-u) and 1 + exp(-u), each with what rounding it lost, and 1 / (1 + exp(-u)).
template <typename Round, typename V>
struct Fraction {
  Sum<V> exp, denominator;
  V reciprocal;

  FUSED_SOFTPLUS_INLINE explicit Fraction(const ExpNeg<V>& e) {
    using T = Element<V>;
    exp.high = fma(e.scale, e.p, e.scale);
    exp.low = fma(e.scale, e.p, e.scale - exp.high);
    if constexpr (Round::again) {
      exp.low = fma(e.scale, e.p_low, exp.low);
    }
    denominator.high = T(1) + exp.high;
    denominator.low = (T(1) - denominator.high) + exp.high + exp.low;
    reciprocal = T(1) / denominator.high;
  }

  // numerator / denominator, corrected to first order for all that was lost on the way.
  FUSED_SOFTPLUS_INLINE V divide(const Sum<V>& numerator) const {
    const V quotient = numerator.high * reciprocal;
    const V remainder = fma(-quotient, denominator.high, numerator.high) +
                        fma(-quotient, denominator.low, numerator.low);
    return Round::fma(remainder, reciprocal, quotient);
  }
};

}  // namespace detail

// softplus: x where beta x > threshold, else log(1 + exp(beta x)) / beta.
// Error: below 1 ULP; any beta: below 2.5 ULP (m = 1 / |beta|). Halves correctly rounded for beta
// a power of 2.
struct Softplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;

  template <typename Round, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Parameters<Element<V>>& parameters,
                                                         V x) {
    using T = Element<V>;
    const V beta_x = parameters.beta * x;
    const auto log = detail::log1p_exp_neg(detail::exp_neg(parameters, x));
    const V linear = beta_x > T(0) ? x : splat<V>(0);
    const auto sum = detail::two_sum(linear, log.high * parameters.inverse_beta);
    const V low = fma(log.low, splat<V>(parameters.inverse_beta), sum.low);
    const V smooth = Round::sum(sum.high, low);
    return {beta_x > parameters.threshold ? x : smooth};
  }
};

// softplus_backward: grad_output * sigmoid(beta x), grad_output itself where beta x > threshold.
// Error: below 1 ULP; any beta: below 1.2 ULP. Halves correctly rounded for beta a power of 2.
struct SoftplusBackward {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;

  template <typename Round, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Parameters<Element<V>>& parameters,
                                                         V grad_output, V x) {
    using T = Element<V>;
    const detail::Fraction<Round, V> fraction(detail::exp_neg(parameters, x));
    const V beta_x = parameters.beta * x;
    const auto positive = beta_x > T(0);
    const V slope = fraction.divide(
        {positive ? splat<V>(1) : fraction.exp.high, positive ? splat<V>(0) : fraction.exp.low});
    return {beta_x > parameters.threshold ? grad_output : grad_output * slope};
  }
};

// softplus_backward_from_result: the same from y = softplus(x), since sigmoid(beta x) =
// 1 - exp(-beta y). No threshold is needed: beyond it exp(-beta y) is lost beside 1 (the in-place
// operator, which uses this, makes sure of that).
// Error, for the y given: below 1.5 ULP; any beta: below 2 ULP.
struct SoftplusBackwardFromResult {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;

  template <typename Round, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Parameters<Element<V>>& parameters,
                                                         V grad_output, V result) {
    const auto e = detail::exp_neg(parameters, result);
    return {grad_output * Round::fma(-e.scale, e.p, Element<V>(1) - e.scale)};
  }
};

// softplus_double_backward: the gradients of softplus_backward towards grad_output,
// grad_grad_input * sigmoid(beta x), and towards x, grad_grad_input * grad_output * beta *
// sigmoid(beta x) * sigmoid(-beta x), which is 0 where beta x > threshold.
// Error: the first as softplus_backward; the second below 2 ULP; any beta: below 3 ULP (m =
// |beta|).
struct SoftplusDoubleBackward {
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;

  template <typename Round, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Parameters<Element<V>>& parameters,
                                                         V grad_grad_input, V grad_output, V x) {
    using T = Element<V>;
    const detail::Fraction<Round, V> fraction(detail::exp_neg(parameters, x));
    const V below_half = fraction.divide(fraction.exp);
    const V above_half = fraction.divide({splat<V>(1), splat<V>(0)});
    const V beta_x = parameters.beta * x;
    const V slope = beta_x > T(0) ? above_half : below_half;
    const V curvature = parameters.beta * (below_half * above_half);
    const auto linear = beta_x > parameters.threshold;
    return {linear ? grad_grad_input : grad_grad_input * slope,
            linear ? splat<V>(0) : grad_grad_input * grad_output * curvature};
  }
};

// softplus_double_backward_from_result: the gradients of softplus_backward_from_result towards
// grad_output, grad_grad_input * (1 - exp(-beta y)), and towards y, grad_grad_input * grad_output *
// beta * exp(-beta y).
// Error, for the y given: the first as softplus_backward_from_result; the second below 1 ULP; any
// beta: below 2 ULP (m = |beta|).
struct SoftplusDoubleBackwardFromResult {
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;

  template <typename Round, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Parameters<Element<V>>& parameters,
                                                         V grad_grad_input, V grad_output,
                                                         V result) {
    const auto e = detail::exp_neg(parameters, result);
    const V curvature = parameters.beta * fma(e.scale, e.p, e.scale);
    return {grad_grad_input * Round::fma(-e.scale, e.p, Element<V>(1) - e.scale),
            grad_grad_input * grad_output * curvature};
  }
};

}  // namespace fused_softplus::math
