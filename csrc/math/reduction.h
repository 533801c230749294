// |beta x| as a whole number of octaves, k ln(2), and a remainder: what everything starts from.
#pragma once

#include "csrc/math/constants.h"
#include "csrc/math/parameters.h"

namespace fused_softplus::math {

// |beta x| = k ln(2) + r with -ln(3/2) <= r <= ln(4/3), so that exp(-r) is from 3/4 to 3/2: less
// than 1/4 from 1 below it and less than 1/2 above, and rounding that distance costs at most 1/8
// ULP of exp(-r). k's integer stands in the low bits of biased_k.
template <typename V>
struct Octave {
  using T = Element<V>;
  static constexpr bool single = sizeof(T) == 4;
  // Adding this rounds to an integer, which then stands in the low bits of the sum.
  static constexpr T round_to_int = single ? T(0x1.8p23) : T(0x1.8p52);

  V biased_k, minus_k, r;

  template <typename Beta>
  FUSED_SOFTPLUS_INLINE Octave(const Beta& beta, V x) {
    constexpr T shift = T(0.08496250072115618);             // log2(3/2) - 1/2
    const V u = min(splat<V>(beta.largest_abs()), abs(x));  // in this order a NaN stays one
    biased_k = beta.octaves(u, shift) + round_to_int;
    minus_k = round_to_int - biased_k;
    // The product beta x is never rounded on its own, so a beta other than 1 costs one rounding of
    // the remainder; ln2_low() makes up for what T lost of beta.
    r = fma(minus_k, splat<V>(beta.ln2_low()), beta.times_plus(u, minus_k, Ln2<T>::high));
  }

  // 2^(bias - k): a normal number where 2^-k may be denormal, and 0 for the largest k, which u is
  // cut at. (With a smaller bias than that all that lies beyond would cost what denormals cost.)
  static constexpr int bias = single ? 24 : 53;
  static constexpr T unbias = single ? T(0x1p-24) : T(0x1p-53);
  FUSED_SOFTPLUS_INLINE V biased_scale() const {
    using B = Bits<V>;
    constexpr int mantissa_bits = single ? 23 : 52;
    constexpr Bits<T> exponent = (single ? 127 : 1023) + bias;
    // In this order no bits, a NaN's neither, overflow.
    return bit_cast<V>((exponent - bit_cast<B>(biased_k)) << mantissa_bits);
  }
};

}  // namespace fused_softplus::math
