// The factor 2^-k that exp(-u) has where u is large, and how a result is multiplied by it.
#pragma once

#include "csrc/math/parameters.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

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

// k is subtracted from the exponent of a result that stays a normal number. Where y is NaN, k is 0.
template <typename V>
struct ScaledLast {
  Bits<V> biased_k;  // k in the low bits

  template <typename Round, typename Mask>
  FUSED_SOFTPLUS_INLINE V last(V y, Mask lanes) const {
    return lanes ? inner(y) : y;
  }
  FUSED_SOFTPLUS_INLINE V inner(V y) const {
    return bit_cast<V>(bit_cast<Bits<V>>(y) - (biased_k << 23));
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
  Bits<V> biased_k;

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
    const Bits<V> least = (biased_k << 23) + exponent_1;
    return bit_cast<V>(least | (bit_cast<Bits<V>>(y) & sign_bit<V>));
  }
  template <typename Mask>
  FUSED_SOFTPLUS_INLINE V scaled(V y, V y_plus_least, Mask lanes) const {
    const Bits<V> bits = bit_cast<Bits<V>>(y);
    const Bits<V> subnormal = bit_cast<Bits<V>>(y_plus_least) - exponent_1;
    const Bits<V> larger = bits < subnormal ? subnormal : bits;
    return bit_cast<V>(lanes ? larger - (biased_k << 23) : bits);
  }
};

// split * 2^-k
template <typename V, typename Scale>
struct Scaled {
  Split<V> split;
  Scale scale;
  V near_x;  // x where beta x > 0, with no more digits than the remainder of u has
};

}  // namespace fused_softplus::math
