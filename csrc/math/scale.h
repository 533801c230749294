// The factor 2^-k that float's exp(-u) has where u is large: k is as much as round(u / ln(2))
// exceeds 31 (tables.h) or 32 (reduction.h). The formulas compute exp(-u) 2^k, which is never
// small, and only the last operation multiplies by 2^-k. A block of numbers is computed in the
// range that all of them allow. The bits are the same in all ranges.
#pragma once

#include "csrc/math/parameters.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

// Near: k is 0, or does not matter, for all numbers. Far: their results are normal numbers. Deep:
// any numbers. double has no ranges, and no k.
struct Near {};
struct Far {};
struct Deep {};

// Up to this u, numbers are Near.
constexpr float near_end = TableEnd::u;

// Whether Op's numbers of type T have ranges.
template <typename Op, typename T>
constexpr bool has_ranges = std::is_same_v<T, float> && requires { Op::has_far; };

// Calls visit with the range that all numbers allow if none of their distances (formulas.h) is less
// than least.
template <typename Beta, typename V, typename Visit>
FUSED_SOFTPLUS_INLINE void with_range(const Beta& beta, V least, const Visit& visit) {
  if (!any_less(least, splat<V>(-beta.abs_for(near_end)))) {
    visit(Near());
  } else if (!any_less(least, splat<V>(-beta.abs_for(beta.normal_end())))) {
    visit(Far());
  } else {
    visit(Deep());
  }
}

// |x|, but at most so large that u is near_end, where the range is Near, and otherwise that
// exp(-u), even if divided by beta, is 0. A NaN remains a NaN.
template <typename Range, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE V abs_up_to_end(const Beta& beta, V x) {
  using T = Element<V>;
  constexpr T most = sizeof(T) == 8 ? 746 : std::is_same_v<Range, Near> ? near_end : 190;
  return min(splat<V>(beta.abs_for(most)), abs(x));
}

// The same for functions which are not 0 at 0. In float, it is at least so large that nothing
// computes with subnormal numbers where that is slow, and so small that the results are the same.
template <typename Range, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE V abs_within_ends(const Beta& beta, V x) {
  const V abs_x = abs_up_to_end<Range>(beta, x);
  if constexpr (sizeof(Element<V>) == 4 && Instructions<V>::subnormals_are_slow) {
    return larger_as<Bits<V>>(splat<V>(beta.abs_for(0x1p-50f)), abs_x);
  } else {
    return abs_x;
  }
}

// The bits of a float, with k subtracted from its exponent. The subtraction may wrap around, in
// lanes that the callers do not use.
template <typename V>
FUSED_SOFTPLUS_INLINE Bits<V> minus_exponent(Bits<V> bits, Bits<V> k) {
  if constexpr (std::is_arithmetic_v<V>) {
    return static_cast<int32_t>(static_cast<uint32_t>(bits) - (static_cast<uint32_t>(k) << 23));
  } else {
#ifndef __CUDACC__
    using Unsigned = typename VectorOf<uint32_t, sizeof(V)>::type;
    return bit_cast<Bits<V>>(bit_cast<Unsigned>(bits) - (bit_cast<Unsigned>(k) << 23));
#endif
  }
}

// There is no factor.
template <typename V>
struct Unscaled {
  // y 2^-k in these lanes, in which y is finite, and y in the others. y is the result of a sum.
  template <typename Round, typename Mask>
  FUSED_SOFTPLUS_INLINE V last(V y, Mask) const {
    return y;
  }
  // product(outer, inner(y), lanes) is outer (y 2^-k) in these lanes, and outer y in the others.
  FUSED_SOFTPLUS_INLINE V inner(V y) const { return y; }
  template <typename Mask>
  FUSED_SOFTPLUS_INLINE V product(V outer, V y, Mask) const {
    return outer * y;
  }
};

// k is subtracted from the exponent of a result that stays a normal number. Where x is NaN, k is
// any number, but these lanes are not scaled.
template <typename V>
struct ScaledLast {
  Bits<V> k;  // in the low bits

  template <typename Round, typename Mask>
  FUSED_SOFTPLUS_INLINE V last(V y, Mask lanes) const {
    return lanes ? inner(y) : y;
  }
  FUSED_SOFTPLUS_INLINE V inner(V y) const {
    return bit_cast<V>(minus_exponent<V>(bit_cast<Bits<V>>(y), k));
  }
  template <typename Mask>
  FUSED_SOFTPLUS_INLINE V product(V outer, V y, Mask) const {
    return outer * y;
  }
};

// The same for results that may be subnormal, without arithmetic on subnormal numbers. (At each of
// them, many processors stop for a hundred cycles.) The bits of y + 2^(k - 126), less those of
// 2^(k - 126), are those of a subnormal result, rounded. Those of a normal result are more. All
// this holds for the magnitudes, and the sign goes along.
template <typename V>
struct ScaledToSubnormal {
  Bits<V> k;

  template <typename Round, typename Mask>
  FUSED_SOFTPLUS_INLINE V last(V y, Mask lanes) const {
    return scaled(y, Round::sum(least_like(y), y), lanes);
  }
  FUSED_SOFTPLUS_INLINE V inner(V y) const { return y; }
  template <typename Mask>
  FUSED_SOFTPLUS_INLINE V product(V outer, V y, Mask lanes) const {
    const V product = outer * y;
    return scaled(product, fma(outer, y, least_like(product)), lanes & is_finite(outer));
  }

 private:
  static constexpr int32_t exponent_1 = 1 << 23;  // the exponent of the smallest normal number

  // 2^(k - 126), with the sign of y.
  FUSED_SOFTPLUS_INLINE V least_like(V y) const {
    const Bits<V> least = (k + 1) << 23;
    return bit_cast<V>(least | (bit_cast<Bits<V>>(y) & sign_bit<V>));
  }
  template <typename Mask>
  FUSED_SOFTPLUS_INLINE V scaled(V y, V y_plus_least, Mask lanes) const {
    const Bits<V> bits = bit_cast<Bits<V>>(y);
    const Bits<V> subnormal = bit_cast<Bits<V>>(y_plus_least) - exponent_1;
    const Bits<V> larger = bits < subnormal ? subnormal : bits;
    return bit_cast<V>(lanes ? minus_exponent<V>(larger, k) : bits);
  }
};

template <typename Range, typename V>
using ScaleOf = std::conditional_t<
    std::is_same_v<Range, Near> || std::is_same_v<Element<V>, double>, Unscaled<V>,
    std::conditional_t<std::is_same_v<Range, Far>, ScaledLast<V>, ScaledToSubnormal<V>>>;

// split * 2^-k
template <typename V, typename Scale>
struct Scaled {
  Split<V> split;
  Scale scale;
  V near_x;  // x where beta x > 0, with no more digits than the remainder of u has
};

}  // namespace fused_softplus::math
