// How the last addition of a formula is rounded.
//
// A result that is rounded again, to float16 or bfloat16, must not be rounded to nearest first: a
// sum just beside the midpoint of two 16-bit numbers would become that midpoint, and might then go
// to the wrong one. We therefore round to odd (Boldo and Melquiond 2008): truncate and set the last
// bit. This also changes exact sums, by too little to affect the second rounding, because no exact
// sum here is a midpoint of two float16 or bfloat16 numbers.
#pragma once

#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// The number of significant binary digits of a type.
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
  // again: whether another rounding follows. coarsely: whether it leaves so few digits that
  // polynomials of a lower degree, and sums in any order, are exact enough.
  static constexpr bool again = true, coarsely = stored_digits <= 8;

  // Replaces infinity by the largest number, which the second rounding turns into infinity again.
  // (With its last bit set, infinity would be a NaN.) A NaN remains a NaN.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V finite(V x) {
    return min(splat<V>(std::numeric_limits<Element<V>>::max()), x);
  }
  // |a| >= |b|, or a = 0.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V sum(V a, V b) {
    return fma(splat<V>(1), b, a);
  }
  // |c| >= |a b|, or c = 0 and a b is exact.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) {
    return bit_cast<V>(bit_cast<Bits<V>>(fma_towards_zero(a, b, c)) | 1);
  }
  // x rounded to odd to a number that float holds. Infinity and NaN are unchanged.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V as_float(V x) {
    constexpr Bits<double> last = Bits<double>(1) << 29;
    const V odd = bit_cast<V>((bit_cast<Bits<V>>(x) | last) & -last);
    return abs(x) <= std::numeric_limits<double>::max() ? odd : x;
  }
};

// function(x) for a float x, computed in double.
template <typename Round, typename V, typename Function>
FUSED_SOFTPLUS_INLINE V in_double(V x, const Function& function) {
  if constexpr (std::is_arithmetic_v<V>) {
    return static_cast<V>(Round::as_float(function(static_cast<double>(x))));
  } else {
#ifndef __CUDACC__
    using Narrow = typename VectorOf<float, sizeof(V) / 2>::type;
    using Wide = typename VectorOf<double, sizeof(V)>::type;
    Narrow parts[2];
    __builtin_memcpy(parts, &x, sizeof x);
    for (Narrow& part : parts) {
      const Wide wide = function(__builtin_convertvector(part, Wide));
      part = __builtin_convertvector(Round::as_float(wide), Narrow);
    }
    __builtin_memcpy(&x, parts, sizeof x);
    return x;
#endif
  }
}

// The rounding of results that are computed in T and stored in S.
template <typename S, typename T>
using Rounding = std::conditional_t<std::is_same_v<S, T>, ToNearest, ToOdd<digits<S>>>;

}  // namespace fused_softplus::math
