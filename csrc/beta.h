// beta and threshold as the formulas use them: one type for any beta, and one for beta = 1, which
// most calls have and for which an eighth of the float forward's operations fall away.
#pragma once

#include <limits>

#include "lanes.h"

namespace fused_softplus::math {

// (high + low) * factor, where low is smaller than high and may be so by far. factor comes last
// since the product may be denormal, and whatever computes with denormals is slow.
template <typename V>
struct Split {
  V high, low, factor;

  FUSED_SOFTPLUS_INLINE V scaled_high() const { return high * factor; }
  // low * factor + other, rounded once.
  FUSED_SOFTPLUS_INLINE V scaled_low_plus(V other) const { return fma(low, factor, other); }
};

// u above which exp(-u) is below half of T's smallest number.
template <typename T>
constexpr T largest_exponent = T(std::is_same_v<T, float> ? 104.5 : 746);

// Computed once a call. abs(beta) is from 1e-30 to 1e30 (double: 1e-300 to 1e300), so that none of
// it, and no Split divided by it, overflows or is denormal.
template <typename T>
class AnyBeta {
 public:
  FUSED_SOFTPLUS_INLINE AnyBeta(double beta, double threshold)
      : beta_(static_cast<T>(beta)),
        abs_beta_(std::fabs(beta_)),
        inverse_(T(1) / beta_),
        octaves_(static_cast<T>(std::fabs(static_cast<double>(beta_)) * 1.4426950408889634)),
        largest_abs_(largest_exponent<T> / abs_beta_),
        threshold_(static_cast<T>(
            std::fmin(threshold, static_cast<double>(std::numeric_limits<T>::max())))) {}

  // |x| above which exp(-|beta x|) is below half of T's smallest number.
  FUSED_SOFTPLUS_INLINE T largest_abs() const { return largest_abs_; }

  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return beta_ * x;
  }
  // x where beta x >= 0, else 0 with beta's sign; a NaN stays one.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V beta_x) const {
    return beta_x < 0 ? splat<V>(std::copysign(T(0), beta_)) : x;
  }
  // |beta| u / ln(2) + c
  template <typename V>
  FUSED_SOFTPLUS_INLINE V octaves(V u, T c) const {
    return fma(u, splat<V>(octaves_), splat<V>(c));
  }
  // |beta| u + k c, rounded once; k c is exact.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_plus(V u, V k, T c) const {
    return fma(splat<V>(abs_beta_), u, k * c);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE Split<V> divide(const Split<V>& y) const {
    return {y.high * inverse_, y.low * inverse_, y.factor};
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V quotient(V x) const {
    return x / beta_;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_linear(V beta_x, V linear, V smooth) const {
    return beta_x > threshold_ ? linear : smooth;
  }
  // The same where linear is what smooth rounds to for large beta x.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_limit(V beta_x, V linear, V smooth) const {
    return select_linear(beta_x, linear, smooth);
  }

 private:
  T beta_, abs_beta_, inverse_;
  T octaves_;  // |beta| / ln(2)
  T largest_abs_;
  T threshold_;  // finite, so that an infinite input always takes the linear branch
};

// beta = 1 and, for float, a threshold above which softplus(x) rounds to x and sigmoid to 1.
template <typename T>
class UnitBeta {
 public:
  FUSED_SOFTPLUS_INLINE static bool covers(double beta, double threshold) {
    return beta == 1 && (!limit_is_linear || threshold >= 18);
  }

  FUSED_SOFTPLUS_INLINE explicit UnitBeta(double threshold) : any_(1, threshold) {}

  FUSED_SOFTPLUS_INLINE T largest_abs() const { return largest_exponent<T>; }

  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V) const {
    return max(splat<V>(0), x);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V octaves(V u, T c) const {
    return any_.octaves(u, c);
  }
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

// visit(the cheaper of the two that will do)
template <typename T, typename Visit>
decltype(auto) with_beta(double beta, double threshold, Visit&& visit) {
  if (UnitBeta<T>::covers(beta, threshold)) {
    return visit(UnitBeta<T>(threshold));
  }
  return visit(AnyBeta<T>(beta, threshold));
}

}  // namespace fused_softplus::math
