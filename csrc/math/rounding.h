// How a formula's last addition is rounded.
//
// A result that will be rounded again, to float16 or bfloat16, must not be rounded to nearest
// first: a sum just beside the middle of two halves would become that middle, and then go to the
// wrong one. Rounded towards zero with its last digit set, it keeps its side. (An exact sum is
// moved as well, by less than the second rounding takes away: no formula's exact sums lie in the
// middle of two halves.)
#pragma once

#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// How many significant binary digits a type has.
template <typename S>
constexpr int digits = std::numeric_limits<S>::digits;

struct ToNearest {
  static constexpr bool again = false, coarsely = false;

  template <typename V>
  FUSED_SOFTPLUS_INLINE static V finite(V x) {
    return x;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V sum(V a, V b) {
    return a + b;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) {
    return math::fma(a, b, c);
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V as_float(V x) {
    return x;
  }
};

template <int stored_digits>
struct ToOdd {
  // Whether another rounding follows, and whether that one leaves so few digits that polynomials of
  // a lower degree, and sums in any order, come out right.
  static constexpr bool again = true, coarsely = stored_digits <= 8;

  // Infinity's last digit, set, would make it a NaN; the largest number is rounded to infinity
  // again. A NaN stays one.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V finite(V x) {
    return min(splat<V>(std::numeric_limits<Element<V>>::max()), x);
  }
  // |a| >= |b|, or a = 0.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V sum(V a, V b) {
    return fma(splat<V>(1), b, a);
  }
  // |c| >= |a b|, or c = 0 (and then a b is exact).
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) {
    return bit_cast<V>(bit_cast<Bits<V>>(fma_towards_zero(a, b, c)) | 1);
  }
  // A double that float holds, odd. Infinity and NaN stay what they are.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V as_float(V x) {
    constexpr Bits<double> last = Bits<double>(1) << 29;
    const V odd = bit_cast<V>((bit_cast<Bits<V>>(x) | last) & -last);
    return abs(x) <= std::numeric_limits<double>::max() ? odd : x;
  }
};

// function(x) computed in double, x being float.
template <typename Round, typename V, typename Function>
FUSED_SOFTPLUS_INLINE V in_double(V x, const Function& function) {
  if constexpr (std::is_arithmetic_v<V>) {
    return static_cast<V>(Round::as_float(function(static_cast<double>(x))));
  } else {
#ifndef __CUDACC__
    using Half = typename VectorOf<float, sizeof(V) / 2>::type;
    using Wide = typename VectorOf<double, sizeof(V)>::type;
    Half halves[2];
    __builtin_memcpy(halves, &x, sizeof x);
    for (Half& half : halves) {
      const Wide wide = function(__builtin_convertvector(half, Wide));
      half = __builtin_convertvector(Round::as_float(wide), Half);
    }
    __builtin_memcpy(&x, halves, sizeof x);
    return x;
#endif
  }
}

// The rounding for results computed in T and stored in S.
template <typename S, typename T>
using Rounding = std::conditional_t<std::is_same_v<S, T>, ToNearest, ToOdd<digits<S>>>;

}  // namespace fused_softplus::math
