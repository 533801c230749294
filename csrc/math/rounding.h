// How the last addition of a formula is rounded, where the result is rounded again to 16 bits.
//
// A float just beside the midpoint of two 16-bit numbers may be rounded to that midpoint, and then
// go to the wrong one. bfloat16 has so few digits that this happens for none of its numbers, as the
// tests show by trying them all. For float16 we round to odd (Boldo and Melquiond 2008): truncate
// and set the last bit. This also changes exact sums, by too little to affect the second rounding,
// because no exact sum here is a midpoint of two float16 numbers.
#pragma once

#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// The number of significant binary digits of a type.
template <typename S>
constexpr int digits = std::numeric_limits<S>::digits;
constexpr int digits_of_bfloat16 = 8;

// x rounded to odd to a number that float holds. Infinity and NaN are unchanged.
template <typename V>
FUSED_SOFTPLUS_INLINE V odd_float(V x) {
  constexpr Bits<double> last = Bits<double>(1) << 29;
  const V odd = bit_cast<V>((bit_cast<Bits<V>>(x) | last) & -last);
  return is_finite(x) ? odd : x;
}

// coarsely: whether the second rounding leaves so few digits that polynomials of a low degree, and
// sums in any order, are exact enough.
template <bool coarse>
struct ToNearestAs {
  static constexpr bool to_odd = false, coarsely = coarse;

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
    return coarse ? odd_float(x) : x;
  }
};
using ToNearest = ToNearestAs<false>;
using ToNearestCoarsely = ToNearestAs<true>;

struct ToOdd {
  static constexpr bool to_odd = true, coarsely = false;

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
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V as_float(V x) {
    return odd_float(x);
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
using Rounding = std::conditional_t<
    std::is_same_v<S, T>, ToNearest,
    std::conditional_t<digits<S> == digits_of_bfloat16, ToNearestCoarsely, ToOdd>>;

}  // namespace fused_softplus::math
