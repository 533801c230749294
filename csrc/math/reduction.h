// Range reduction: |beta x| = k ln(2) + r. Everything starts from it.
#pragma once

#include "csrc/math/constants.h"
#include "csrc/math/parameters.h"

namespace fused_softplus::math {

// |beta x| = k ln(2) + r with an integer k and -ln(3/2) <= r <= ln(4/3), so that exp(-r) is from
// 3/4 to 3/2. The distance of exp(-r) from 1 is therefore less than 1/4 below 1 and less than 1/2
// above it, and rounding that distance costs at most 1/8 ULP of exp(-r). The low bits of biased_k
// hold k as an integer.
template <typename V>
struct Reduction {
  using T = Element<V>;
  static constexpr bool single = sizeof(T) == 4;
  // Adding this number rounds to an integer, which the low bits of the sum then hold.
  static constexpr T round_to_int = single ? T(0x1.8p23) : T(0x1.8p52);

  V biased_k, minus_k, r;

  template <typename Beta>
  FUSED_SOFTPLUS_INLINE Reduction(const Beta& beta, V x) {
    constexpr T shift = T(0.08496250072115618);             // log2(3/2) - 1/2
    const V u = min(splat<V>(beta.largest_abs()), abs(x));  // this order keeps a NaN
    biased_k = beta.binades(u, shift) + round_to_int;
    minus_k = round_to_int - biased_k;
    // The product beta x is never rounded on its own, so any beta costs only one more rounding of
    // the remainder. ln2_low() corrects for the rounding of beta to T.
    r = fma(minus_k, splat<V>(beta.ln2_low()), beta.times_plus(u, minus_k, Ln2<T>::high));
  }

  // 2^(bias - k). The bias keeps the scale a normal number where 2^-k is subnormal. At the largest
  // k, to which u is clamped, the scale is exactly 0, so inputs beyond it produce no (slow)
  // subnormal results.
  static constexpr int bias = single ? 24 : 53;
  static constexpr T unbias = single ? T(0x1p-24) : T(0x1p-53);
  FUSED_SOFTPLUS_INLINE V biased_scale() const {
    using B = Bits<V>;
    constexpr int mantissa_bits = single ? 23 : 52;
    constexpr Bits<T> exponent = (single ? 127 : 1023) + bias;
    // In this order the subtraction overflows for no bits, not even for those of a NaN.
    return bit_cast<V>((exponent - bit_cast<B>(biased_k)) << mantissa_bits);
  }
};

}  // namespace fused_softplus::math
