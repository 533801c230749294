// How a formula's last addition is rounded.
//
// A result that will be rounded again, to float16 or bfloat16, must not be rounded to nearest
// first: a sum just beside the middle of two halves would become that middle, and then go to the
// wrong one. Rounded to odd (the lower digit made odd whenever any was lost), it keeps its side.
#pragma once

#include "lanes.h"

namespace fused_softplus::math {

struct ToNearest {
  static constexpr bool again = false;

  template <typename V>
  FUSED_SOFTPLUS_INLINE static V sum(V a, V b) {
    return a + b;
  }
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) {
    return math::fma(a, b, c);
  }
};

struct ToOdd {
  static constexpr bool again = true;

  // |a| >= |b|, or a = 0.
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V sum(V a, V b) {
    const V nearest = a + b;
    return odd(nearest, b - (nearest - a));
  }
  // |c| >= |a b|, or c = 0 (and then a b is exact).
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) {
    const V nearest = math::fma(a, b, c);
    return odd(nearest, math::fma(a, b, c - nearest));
  }

 private:
  // nearest, or its neighbour towards nearest + lost, whichever is odd, unless lost is 0 (or NaN,
  // where nearest is not finite).
  template <typename V>
  FUSED_SOFTPLUS_INLINE static V odd(V nearest, V lost) {
    using B = Bits<V>;
    constexpr int sign = 8 * sizeof(Element<V>) - 1;
    const B bits = bit_cast<B>(nearest);
    const B away_or_towards_zero = ((bits ^ bit_cast<B>(lost)) >> sign) | 1;  // 1 or -1
    const B moved = (bits & 1) == 0 ? bits + away_or_towards_zero : bits;
    const B result = lost < 0 ? moved : (lost > 0 ? moved : bits);
    return bit_cast<V>(result);
  }
};

// The rounding for results computed in T and stored in S.
template <typename S, typename T>
using Rounding = std::conditional_t<std::is_same_v<S, T>, ToNearest, ToOdd>;

}  // namespace fused_softplus::math
