// The reference for the results of the kernels: the same functions in a wider type, in arithmetic
// that shares nothing with csrc/. double uses plain series, so that the compiler can vectorize the
// loops around them; long double uses the C library. against_mpmath.py checks both.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace fused_softplus::accuracy {

// The relative error of the reference itself stays below this number.
template <typename W>
constexpr double reference_error = sizeof(W) == sizeof(double) ? 0x1p-47 : 0x1p-61;

namespace series {

// The sum of coefficients[n] x^n. Even and odd powers are separate, which halves the time.
template <size_t terms>
inline double sum(const std::array<double, terms>& coefficients, double x) {
  static_assert(terms % 2 == 0);
  double even = 0, odd = 0;
  for (size_t n = terms; n > 0; n -= 2) {
    odd = odd * (x * x) + coefficients[n - 1];
    even = even * (x * x) + coefficients[n - 2];
  }
  return odd * x + even;
}

// exp(r) - 1 = r (1 + r/2 + r^2/6 + ...), for abs(r) <= ln(2) / 2.
constexpr auto inverse_factorials = [] {
  std::array<double, 12> coefficients{1};
  for (size_t n = 1; n < coefficients.size(); ++n) {
    coefficients[n] = coefficients[n - 1] / static_cast<double>(n + 1);
  }
  return coefficients;
}();

// atanh(s) = s (1 + s^2/3 + s^4/5 + ...), for abs(s) <= 0.172.
constexpr auto inverse_odd_numbers = [] {
  std::array<double, 10> coefficients;
  for (size_t n = 0; n < coefficients.size(); ++n) {
    coefficients[n] = 1 / static_cast<double>(2 * n + 1);
  }
  return coefficients;
}();

// exp(-u) = scale (1 + p) with a power of 2 as scale, for u >= 0. It is constant above 700, where
// it is negligible compared with every float32, float16 or bfloat16 number.
struct ExpNeg {
  double scale, p;
};
inline ExpNeg exp_neg(double u) {
  constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  constexpr double log2e = 0x1.71547652b82fep0, round_to_int = 0x1.8p52;
  const double bounded = u < 700 ? u : 700;
  const double rounded = bounded * log2e + round_to_int;
  const double k = rounded - round_to_int;
  const double r = (k * ln2_high - bounded) + k * ln2_low;
  const auto scale = std::bit_cast<double>((1023 - std::bit_cast<uint64_t>(rounded)) << 52);
  return {scale, r * sum(inverse_factorials, r)};
}

}  // namespace series

// The rounding error of the product beta x.
template <typename W>
inline W lost_by(W product, W x, W beta) {
  return std::isinf(product) ? 0 : std::fma(beta, x, -product);
}

// exp(-v), for v >= 0.
inline double exp_neg(double v) {
  const auto [scale, p] = series::exp_neg(v);
  return scale + scale * p;
}
inline long double exp_neg(long double v) { return std::exp(-v); }

// exp(-abs(beta x)).
template <typename W>
inline W exp_neg(W x, W beta) {
  const W product = beta * x, lost = lost_by(product, x, beta);
  return exp_neg(std::fabs(product)) * (1 - (product < 0 ? -lost : lost));
}

// 1 - exp(-v), for v >= 0.
inline double one_minus_exp_neg(double v) {
  const auto [scale, p] = series::exp_neg(v);
  return (1 - scale) - scale * p;
}
inline long double one_minus_exp_neg(long double v) { return -std::expm1(-v); }

// log(1 + t), for 0 <= t <= 1.
inline double log1p(double t) {
  const bool halve = t > 0.414;  // log(1 + t) = log(2) + log((1 + t) / 2)
  const double s = halve ? (t - 1) / (t + 3) : t / (t + 2);
  return (halve ? 0x1.62e42fefa39efp-1 : 0) +
         2 * s * series::sum(series::inverse_odd_numbers, s * s);
}
inline long double log1p(long double t) { return std::log1p(t); }

// log(exp(v) - 1), for v = beta x >= 0. Near its zero, v = ln(2), it is computed as
// log(1 + 2 (exp(v - ln(2)) - 1)).
inline double log_expm1(double x, double beta) {
  const double v = beta * x, lost = lost_by(v, x, beta);
  const auto [scale, p] = series::exp_neg(-v);  // exp(v), by symmetry
  const double w = (scale - 1) + scale * p, w_less_1 = (scale - 2) + scale * p + (w + 1) * lost;
  constexpr uint64_t sqrt_half = std::bit_cast<uint64_t>(0x1.6a09e667f3bcdp-1);
  const auto n = static_cast<int64_t>(std::bit_cast<uint64_t>(w) - sqrt_half) >> 52;
  const auto m = std::bit_cast<double>(std::bit_cast<uint64_t>(w) - (uint64_t(n) << 52));
  const double s = (n == 0 ? w_less_1 : m - 1) / (m + 1);
  const double log = static_cast<double>(n) * 0x1.62e42fefa39efp-1 +
                     2 * s * series::sum(series::inverse_odd_numbers, s * s);
  return v > 40 ? v : v > 0 ? log : -INFINITY;
}
inline long double log_expm1(long double x, long double beta) {
  constexpr long double ln2_high = 0x1.62e42fefa39efp-1L, ln2_low = 0x1.abc9e3b39803f2f6p-56L;
  const long double v = beta * x, lost = lost_by(v, x, beta);
  const long double complement = -std::expm1(-v);
  return v > 0.4L && v < 1.2L ? std::log1p(2 * std::expm1((v - ln2_high) - ln2_low + lost))
         : v > 0              ? v + (std::log(complement) + lost / complement)
                              : -INFINITY;
}

// The functions, with every incoming gradient equal to 1.
template <typename W>
W softplus(W x, W beta, W threshold) {
  const W log = log1p(exp_neg(x, beta));
  return beta * x > threshold ? x : (beta * x > 0 ? x : 0) + log / beta;
}
// With t = exp(-u), log((1 + t) / 2) = -log(1 + (1 - t) / (1 + t)), which is small where u is.
template <typename W>
W shifted_softplus(W x, W beta, W threshold) {
  const W v = beta * x, u = std::fabs(v), lost = v < 0 ? -lost_by(v, x, beta) : lost_by(v, x, beta);
  const W t = exp_neg(x, beta), log = -log1p((one_minus_exp_neg(u) + lost * t) / (1 + t));
  constexpr W ln2 = 0x1.62e42fefa39ef35793c7673007e6p-1L;
  return v > threshold ? x - ln2 / beta : (v > 0 ? x : 0) + log / beta;
}
template <typename W>
W slope(W x, W beta, W threshold) {
  const W t = exp_neg(x, beta);
  return beta * x > threshold ? 1 : (beta * x > 0 ? 1 : t) / (1 + t);
}
template <typename W>
W curvature(W x, W beta, W threshold) {
  const W t = exp_neg(x, beta);
  return beta * x > threshold ? 0 : beta * t / ((1 + t) * (1 + t));
}
// From y = softplus(x), with beta y >= 0 and without a threshold.
template <typename W>
W slope_from_result(W y, W beta, W) {
  return one_minus_exp_neg(beta * y);
}
template <typename W>
W curvature_from_result(W y, W beta, W) {
  return beta * exp_neg(y, beta);
}

template <typename W>
W inverse_softplus(W y, W beta, W threshold) {
  return beta * y > threshold ? y : log_expm1(y, beta) / beta;
}

// One of these functions for a whole block.
template <typename W>
using Reference = void (*)(const W* x, W beta, W threshold, W* exact, int count);
template <typename W, W function(W, W, W)>
void evaluate(const W* x, W beta, W threshold, W* exact, int count) {
  for (int i = 0; i < count; ++i) {
    exact[i] = function(x[i], beta, threshold);
  }
}

}  // namespace fused_softplus::accuracy
