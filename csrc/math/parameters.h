// beta and threshold as the formulas use them. A Beta is a scale, which multiplies by beta and
// divides by it, together with branches (branches.h).
#pragma once

#include <limits>

#include "csrc/math/branches.h"
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
// same size: 104 ULP at u = 104. The tables therefore add |beta_low_ x| to the remainder of u, and
// Reduction takes lost_ into account at no cost. With r' = beta_ abs(x) - k ln(2) / (1 + lost_),
//
//   u - k ln(2) = r' (1 + lost_)
//
// r' only needs another ln(2), and abs(r' lost_) < 2^-25 is at most 0.31 ULP of exp(-r).
template <typename T>
class AnyScale {
 public:
  FUSED_SOFTPLUS_INLINE explicit AnyScale(double beta)
      : exact_(beta),
        beta_(static_cast<T>(beta)),
        beta_low_(static_cast<T>(beta - beta_)),
        lost_(static_cast<T>((beta - beta_) / beta_)),
        abs_beta_(std::fabs(beta_)),
        abs_beta_low_(std::copysign(beta_low_, lost_)),
        inverse_(static_cast<T>(1 / beta)),
        inverse_lost_(static_cast<T>(std::fma(-beta, static_cast<double>(inverse_), 1.0))),
        binades_(static_cast<T>(std::fabs(beta) * 1.4426950408889634)),
        ln2_low_(static_cast<T>(Ln2<T>::low - 0.6931471805599453 * lost_)),
        normal_end_(static_cast<T>(normal_exponent - 0.7 * (1 + std::abs(std::ilogb(beta))))) {}

  // The same beta for computations of float that use double. They need no branches.
  FUSED_SOFTPLUS_INLINE AnyScale<double> in_double() const { return AnyScale<double>(exact_); }

  // The |x| for which |beta x| = u.
  FUSED_SOFTPLUS_INLINE T abs_for(T u) const { return u * std::fabs(inverse_); }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return beta_ * x;
  }
  // |beta_ x| - c, rounded once, so that any beta costs only one more rounding of it. c may be
  // k ln2 + centre, which is exact.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V abs_x, V minus_c) const {
    return fma(splat<V>(abs_beta_), abs_x, minus_c);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V abs_x, V minus_k, T ln2, V minus_centre) const {
    return rest(abs_x, fma(minus_k, splat<V>(ln2), minus_centre));
  }
  // The x with the sign of beta for which |beta x| = u, nearly.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V x_of(V u) const {
    return u * inverse_;
  }
  // r plus what the rounding of beta makes of |beta x|.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V plus_lost(V abs_x, V r) const {
    return fma(abs_x, splat<V>(abs_beta_low_), r);
  }
  // The product with the beta that was passed, rounded once.
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times_exactly(V x) const {
    return fma(splat<V>(beta_), x, beta_low_ * x);
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
  template <typename Layout>
  FUSED_SOFTPLUS_INLINE typename Layout::Divided divided() const {
    return typename Layout::Divided([this](float x) { return quickly_divided(x); });
  }
  // Up to this |beta x|, exp(-|beta x|), and that times beta or divided by beta, are normal numbers
  // of float.
  FUSED_SOFTPLUS_INLINE T normal_end() const { return normal_end_; }

 private:
  double exact_;
  T beta_, beta_low_, lost_;
  T abs_beta_, abs_beta_low_;  // |beta| is their sum
  T inverse_, inverse_lost_;
  T binades_;  // |beta| / ln(2)
  T ln2_low_;
  T normal_end_;
};

// beta = 1, which saves four of the 25 operations of the float forward.
template <typename T>
struct UnitScale {
  FUSED_SOFTPLUS_INLINE static UnitScale<double> in_double() { return {}; }

  FUSED_SOFTPLUS_INLINE static T abs_for(T u) { return u; }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V times(V x) const {
    return x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V abs_x, V minus_c) const {
    return abs_x + minus_c;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE V rest(V abs_x, V minus_k, T ln2, V minus_centre) const {
    return rest(fma(minus_k, splat<V>(ln2), abs_x), minus_centre);
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
  FUSED_SOFTPLUS_INLINE V binades(V u, T c) const {
    return fma(u, splat<V>(T(1.4426950408889634)), splat<V>(c));
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
  template <typename Layout>
  FUSED_SOFTPLUS_INLINE static typename Layout::Given divided() {
    return {};
  }
  FUSED_SOFTPLUS_INLINE static T normal_end() { return normal_exponent; }
};

// The Betas. `covers` says for which arguments one is enough.
template <typename T>
struct UnitBeta : UnitScale<T>, PositiveBranches<T> {
  FUSED_SOFTPLUS_INLINE UnitBeta(double beta, double threshold)
      : PositiveBranches<T>(beta, threshold) {}
  FUSED_SOFTPLUS_INLINE static bool covers(double beta, double threshold) {
    return beta == 1 && PositiveBranches<T>::covers(beta, threshold);
  }
};

template <typename T>
struct PositiveBeta : AnyScale<T>, PositiveBranches<T> {
  FUSED_SOFTPLUS_INLINE PositiveBeta(double beta, double threshold)
      : AnyScale<T>(beta), PositiveBranches<T>(beta, threshold) {}
};

template <typename T>
struct AnyBeta : AnyScale<T>, AnyBranches<T> {
  FUSED_SOFTPLUS_INLINE AnyBeta(double beta, double threshold)
      : AnyScale<T>(beta), AnyBranches<T>(beta, threshold) {}
};

// Calls visit with the first of these Betas that covers the arguments, else with AnyBeta. The bits
// are the same.
template <typename T, template <typename> typename... Betas, typename Visit>
void with_beta(double beta, double threshold, Visit&& visit) {
  const auto visit_if_covered = [&]<typename Beta>(std::type_identity<Beta>) {
    const bool covered = Beta::covers(beta, threshold);
    if (covered) {
      visit(Beta(beta, threshold));
    }
    return covered;
  };
  if (!(visit_if_covered(std::type_identity<Betas<T>>()) || ...)) {
    visit(AnyBeta<T>(beta, threshold));
  }
}

}  // namespace fused_softplus::math
