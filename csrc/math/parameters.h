// beta and threshold as the formulas use them. AnyBeta takes any beta. UnitBeta is for beta = 1,
// the most frequent value, and saves a fifth of the operations of the float forward.
#pragma once

#include <limits>

#include "csrc/math/constants.h"
#include "csrc/math/lanes.h"
#include "csrc/math/table_row.h"

namespace fused_softplus::math {

// high + low * factor
template <typename V>
struct Split {
  V high, low, factor;

  // low * factor + other, rounded once
  FUSED_SOFTPLUS_INLINE V low_plus(V other) const { return fma(low, factor, other); }
  FUSED_SOFTPLUS_INLINE V sum() const { return low_plus(high); }
  FUSED_SOFTPLUS_INLINE Split times(V scale) const { return {high * scale, low, factor * scale}; }
};

// Two numbers, in the order in which they are added.
template <typename V>
struct Addends {
  V first, last;
};

// Above this u, exp(-u) is less than half the smallest number of T.
template <typename T>
constexpr T largest_exponent = T(std::is_same_v<T, float> ? 104.5 : 746);

// Up to this u, exp(-u) is a normal number of float.
constexpr float normal_exponent = 87;

// Computed once per call. abs(beta) is from 1e-30 to 1e30 (double: 1e-300 to 1e300), so that no
// member, and no Split divided by beta, overflows or is subnormal.
//
// beta is passed as a double. T may round it, to beta_ with
//
//   beta = beta_ + beta_low_ = beta_ (1 + lost_), where abs(lost_) <= 2^-24
//
// A product beta_ x would be wrong by up to 2^-24 u. In exp(-u) this is a relative error of the
// same size: 104 ULP at u = 104. The tables therefore add u lost_ to the remainder of u, and
// Reduction takes lost_ into account at no cost: with r' = beta_ abs(x) - k ln(2) / (1 + lost_),
//
//   u - k ln(2) = r' (1 + lost_)
//
// r' only needs another ln(2), and abs(r' lost_) < 2^-25 is at most 0.31 ULP of exp(-r).
template <typename T>
class AnyBeta {
 public:
  FUSED_SOFTPLUS_INLINE AnyBeta(double beta, double threshold)
      : exact_(beta),
        beta_(static_cast<T>(beta)),
        beta_low_(static_cast<T>(beta - beta_)),
        lost_(static_cast<T>((beta - beta_) / beta_)),
        abs_beta_(std::fabs(beta_)),
        inverse_(static_cast<T>(1 / beta)),
        inverse_lost_(static_cast<T>(std::fma(-beta, static_cast<double>(inverse_), 1.0))),
        binades_(static_cast<T>(std::fabs(beta) * 1.4426950408889634)),
        ln2_low_(static_cast<T>(Ln2<T>::low - 0.6931471805599453 * lost_)),
        largest_abs_(largest_exponent<T> / abs_beta_),
        normal_end_(static_cast<T>(normal_exponent - std::fabs(std::log(std::fabs(beta))))),
        threshold_(static_cast<T>(
            std::fmin(threshold, static_cast<double>(std::numeric_limits<T>::max())))) {}

  // The same beta for computations of float that use double. They do not need the threshold.
  FUSED_SOFTPLUS_INLINE AnyBeta<double> in_double() const { return {exact_, 0}; }

  // Above this |x|, exp(-|beta x|) is less than half the smallest number of T.
  FUSED_SOFTPLUS_INLINE T largest_abs() const { return largest_abs_; }
  // abs(x), but at most the number for which |beta x| is `most`. A NaN remains a NaN.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V abs_within(V x, T most) const {
    return min(splat<V>(most * std::fabs(inverse_)), abs(x));
  }

  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return beta_ * x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_abs(V x) const {
    return abs_beta_ * x;
  }
  // |beta_ x| - c, rounded once, so that any beta costs only one more rounding of it.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V abs_x, V minus_c, V) const {
    return fma(splat<V>(abs_beta_), abs_x, minus_c);
  }
  // The x with the sign of beta for which |beta x| = u, nearly.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V x_of(V u) const {
    return u * inverse_;
  }
  // r + u lost, where u = |beta_ x| and r = u - c: the distance of |beta x| from c.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V plus_lost(V u, V r) const {
    return fma(u, splat<V>(lost_), r);
  }
  // The product with the beta that was passed, rounded once.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_exactly(V x) const {
    return fma(splat<V>(beta_), x, beta_low_ * x);
  }
  // x where beta x >= 0, else 0 with the sign of beta. A NaN remains a NaN.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V beta_x) const {
    return beta_x < 0 ? splat<V>(std::copysign(T(0), beta_)) : x;
  }
  // relu and log, which have the same sign: the larger one last, but log first where relu is 0. The
  // low part of log is added to the first one. Added to 0, it could be subnormal where the result
  // is not, and a processor may flush it to 0. near_x stands for x where that is smaller than log.
  template <typename V>
  FUSED_SOFTPLUS_INLINE Addends<V> in_order(V x, V near_x, V beta_x, V log) const {
    const auto positive = !(beta_x <= 0);  // or NaN
    return {positive ? smaller_as<Bits<V>>(near_x, log) : log,
            positive ? larger_as<Bits<V>>(x, log) : splat<V>(std::copysign(T(0), beta_))};
  }
  // |beta| u / ln(2) + c
  template <typename V>
  FUSED_SOFTPLUS_INLINE V binades(V u, T c) const {
    return fma(u, splat<V>(binades_), splat<V>(c));
  }
  // ln(2) / (1 + lost) - Ln2<T>::high
  FUSED_SOFTPLUS_INLINE T ln2_low() const { return ln2_low_; }
  // The relative rounding error of beta.
  FUSED_SOFTPLUS_INLINE T lost() const { return lost_; }
  // |beta| u + k c, rounded once; k c is exact.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_plus(V u, V k, T c) const {
    return fma(splat<V>(abs_beta_), u, k * c);
  }
  // 1 / beta = inverse_ (1 + inverse_lost_)
  template <typename V>
  FUSED_SOFTPLUS_INLINE Split<V> divide(const Split<V>& y) const {
    return {y.high * inverse_, fma(y.high, splat<V>(inverse_lost_), y.low * y.factor),
            splat<V>(inverse_)};
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V quotient(V x) const {
    return x / beta_;
  }
  // The same without a division, with an error just above 1/2 ULP.
  FUSED_SOFTPLUS_INLINE T quickly_divided(T x) const {
    return fma(x, inverse_, x * inverse_ * inverse_lost_);
  }
  template <typename Table>
  FUSED_SOFTPLUS_INLINE DividedColumns<Table> divided() const {
    return DividedColumns<Table>([this](float x) { return quickly_divided(x); });
  }
  // Up to this |beta x|, exp(-|beta x|), and that times beta or divided by beta, are normal numbers
  // of float.
  FUSED_SOFTPLUS_INLINE T normal_end() const { return normal_end_; }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_linear(V beta_x, V linear, V smooth) const {
    return beta_x > threshold_ ? linear : smooth;
  }
  // Like select_linear, for results whose smooth branch already rounds to `linear` above the
  // threshold. UnitBeta skips the selection.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_limit(V beta_x, V linear, V smooth) const {
    return select_linear(beta_x, linear, smooth);
  }

 private:
  double exact_;
  T beta_, beta_low_, lost_;
  T abs_beta_, inverse_, inverse_lost_;
  T binades_;  // |beta| / ln(2)
  T ln2_low_;
  T largest_abs_, normal_end_;
  T threshold_;  // finite, so that an infinite input is always above it
};

// beta = 1. In float, the threshold is so large that above it softplus(x) rounds to x and the
// sigmoid to 1.
template <typename T>
class UnitBeta {
 public:
  FUSED_SOFTPLUS_INLINE static bool covers(double beta, double threshold) {
    return beta == 1 && (!limit_is_linear || threshold >= 18);
  }

  FUSED_SOFTPLUS_INLINE explicit UnitBeta(double threshold) : any_(1, threshold) {}

  FUSED_SOFTPLUS_INLINE static UnitBeta<double> in_double() { return UnitBeta<double>(0); }

  FUSED_SOFTPLUS_INLINE T largest_abs() const { return largest_exponent<T>; }
  // Also at least 2^-100, so that nothing computes with subnormal numbers. A smaller x makes no
  // difference. (AnyBeta multiplies x by beta in any case.)
  template <typename V>
  FUSED_SOFTPLUS_INLINE V abs_within(V x, T most) const {
    return max(splat<V>(0x1p-100f), min(splat<V>(most), abs(x)));
  }

  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_abs(V x) const {
    return x;
  }
  // The difference is exact.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V, V, V difference) const {
    return difference;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V x_of(V u) const {
    return u;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V plus_lost(V, V r) const {
    return r;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_exactly(V x) const {
    return x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V) const {
    return max(splat<V>(0), x);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE Addends<V> in_order(V x, V near_x, V, V log) const {
    const auto positive = !(x <= 0);
    return {positive ? min(near_x, log) : log, positive ? max(log, x) : splat<V>(0)};
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V binades(V u, T c) const {
    return any_.binades(u, c);
  }
  FUSED_SOFTPLUS_INLINE static T ln2_low() { return Ln2<T>::low; }
  FUSED_SOFTPLUS_INLINE static T lost() { return 0; }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_plus(V u, V k, T c) const {
    return fma(k, splat<V>(c), u);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE Split<V> divide(const Split<V>& y) const {
    return y;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V quotient(V x) const {
    return x;
  }
  FUSED_SOFTPLUS_INLINE static T quickly_divided(T x) { return x; }
  template <typename Table>
  FUSED_SOFTPLUS_INLINE static Columns<Table> divided() {
    return {};
  }
  FUSED_SOFTPLUS_INLINE static T normal_end() { return normal_exponent; }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_linear(V x, V linear, V smooth) const {
    return any_.select_linear(x, linear, smooth);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_limit(V x, V linear, V smooth) const {
    return limit_is_linear ? smooth : select_linear(x, linear, smooth);
  }

 private:
  static constexpr bool limit_is_linear = std::is_same_v<T, float>;

  AnyBeta<T> any_;
};

// Calls visit with a UnitBeta if it covers these arguments, else with an AnyBeta.
template <typename T, typename Visit>
decltype(auto) with_beta(double beta, double threshold, Visit&& visit) {
  if (UnitBeta<T>::covers(beta, threshold)) {
    return visit(UnitBeta<T>(threshold));
  }
  return visit(AnyBeta<T>(beta, threshold));
}

}  // namespace fused_softplus::math
