// Which branch of a formula an x takes: the linear one, where beta x > threshold, and the two signs
// of beta x.
#pragma once

#include <limits>

#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// Whether softplus(x) rounds to x, and the sigmoid to 1, where beta x > threshold.
template <typename T>
FUSED_SOFTPLUS_INLINE bool limit_is_linear(double threshold) {
  return std::is_same_v<T, float> && threshold >= 18;
}

// The largest x for which |beta| x, rounded, is at most threshold. It is less than infinity, so
// that an infinite x is always above it. The quotient is at most a few numbers away from it.
template <typename T>
FUSED_SOFTPLUS_INLINE T where_linear(double beta, double threshold) {
  using Limits = std::numeric_limits<T>;
  const T abs_beta = std::fabs(static_cast<T>(beta));
  const T most = static_cast<T>(std::fmin(threshold, static_cast<double>(Limits::max())));
  T x;
  if (std::fabs(most) < Limits::min()) {
    // A product rounds to most if it is at most half of the smallest number above it. T has no such
    // half, so both sides of the division are scaled.
    constexpr T scale = 1 << 26;
    x = (most * scale + Limits::denorm_min() * (scale / 2)) / (abs_beta * scale);
  } else {
    // Products overflow to a threshold of minus infinity from a finite x on.
    x = std::fmax(most, Limits::lowest()) / abs_beta;
  }
  for (int step = 0; step < 4 && abs_beta * x > most; ++step) {
    x = std::nextafter(x, -Limits::infinity());
  }
  for (int step = 0; step < 4; ++step) {
    const T next = std::nextafter(x, Limits::infinity());
    if (abs_beta * next > most) {
      break;
    }
    x = next;
  }
  return x;
}

template <typename T>
class LinearBranch {
 public:
  FUSED_SOFTPLUS_INLINE LinearBranch(double beta, double threshold)
      : start_(where_linear<T>(beta, threshold)) {}

  FUSED_SOFTPLUS_INLINE T start() const { return start_; }
  // linear where beta x > threshold, else smooth. signed_x has the sign of beta x (see below).
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_linear(V signed_x, V linear, V smooth) const {
    return signed_x > start_ ? linear : smooth;
  }

 private:
  T start_;
};

// For beta > 0 and, in float, a threshold above which the limit is linear.
template <typename T>
class PositiveBranches : public LinearBranch<T> {
 public:
  FUSED_SOFTPLUS_INLINE static bool covers(double beta, double threshold) {
    return beta > 0 && (!is_float || limit_is_linear<T>(threshold));
  }

  using LinearBranch<T>::LinearBranch;

  // x with the sign of beta x. Unlike the product, it is not slow where x is subnormal.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V signed_as_product(V x) const {
    return x;
  }
  // As select_linear, for results whose smooth branch tends to the linear one.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_limit(V signed_x, V linear, V smooth) const {
    return is_float ? smooth : this->select_linear(signed_x, linear, smooth);
  }
  // x where beta x >= 0, else 0 with the sign of beta. A NaN remains a NaN.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V) const {
    return max(splat<V>(0), x);
  }

 private:
  static constexpr bool is_float = std::is_same_v<T, float>;
};

// For any beta and threshold. The bits are the same where PositiveBranches cover them.
template <typename T>
class AnyBranches : public LinearBranch<T> {
 public:
  FUSED_SOFTPLUS_INLINE AnyBranches(double beta, double threshold)
      : LinearBranch<T>(beta, threshold),
        zero_(std::copysign(T(0), static_cast<T>(beta))),
        limit_start_(limit_is_linear<T>(threshold) ? std::numeric_limits<T>::max()
                                                   : this->start()) {}

  template <typename V>
  FUSED_SOFTPLUS_INLINE V signed_as_product(V x) const {
    return bit_cast<V>(bit_cast<Bits<V>>(x) ^ bit_cast<Bits<T>>(zero_));
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V select_limit(V signed_x, V linear, V smooth) const {
    return signed_x > limit_start_ ? linear : smooth;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V relu(V x, V signed_x) const {
    return signed_x < 0 ? splat<V>(zero_) : x;
  }

 private:
  T zero_;  // with the sign of beta
  T limit_start_;
};

}  // namespace fused_softplus::math
