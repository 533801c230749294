// Range reduction: |beta x| = k ln(2) + r. Everything starts from it.
#pragma once

#include "csrc/math/constants.h"
#include "csrc/math/scale.h"

namespace fused_softplus::math {

// |beta x| = k ln(2) + r with an integer k and -ln(3/2) <= r <= ln(4/3), so that exp(-r) is from
// 3/4 to 3/2. The distance of exp(-r) from 1 is therefore less than 1/4 below 1 and less than 1/2
// above it, and rounding that distance costs at most 1/8 ULP of exp(-r). The low bits of biased_k
// hold k as an integer.
template <typename V, typename Range>
struct Reduction {
  using T = Element<V>;
  static constexpr bool single = sizeof(T) == 4;
  using Rest = ScaleOf<Range, V>;
  static constexpr bool has_rest = !std::is_same_v<Rest, Unscaled<V>>;
  // Adding this number rounds to an integer, which the low bits of the sum then hold.
  static constexpr T round_to_int = single ? T(0x1.8p23) : T(0x1.8p52);

  V biased_k, minus_k, r;
  Rest rest;  // the part of 2^-k that scale() leaves out

  // abs_x comes from scale.h, for the same Range.
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE Reduction(const Beta& beta, V abs_x) {
    constexpr T shift = T(0.08496250072115618);  // log2(3/2) - 1/2
    biased_k = beta.binades(abs_x, shift) + round_to_int;
    minus_k = round_to_int - biased_k;
    // The product beta x is never rounded on its own, so any beta costs only one more rounding of
    // the remainder. ln2_low() corrects for the rounding of beta to T.
    r = fma(minus_k, splat<V>(beta.ln2_low()), beta.times_plus(abs_x, minus_k, Ln2<T>::high));
    if constexpr (has_rest) {
      // Where the range is Near, rest.k has to be 0. u / ln(2) is up to 31.5 there, which with
      // shift rounds to 32.
      constexpr int largest_near = TableEnd::last + 1;
      rest.k = bit_cast<Bits<V>>(max(biased_k - largest_near, splat<V>(round_to_int)));
    }
  }

  // 2^-k, except for rest.
  FUSED_SOFTPLUS_INLINE V scale() const {
    // In this order the subtraction overflows for no bits, not even for those of a NaN.
    using B = Bits<V>;
    if constexpr (has_rest) {
      return bit_cast<V>((Bits<T>(127) - (bit_cast<B>(biased_k) - rest.k)) << 23);
    } else if constexpr (single) {
      return bit_cast<V>((Bits<T>(127) - bit_cast<B>(biased_k)) << 23);
    } else {
      // 2^(53 - k) is a normal number where 2^-k is subnormal, and 0 at the largest k.
      return bit_cast<V>((Bits<T>(1023 + 53) - bit_cast<B>(biased_k)) << 52) * T(0x1p-53);
    }
  }
};

}  // namespace fused_softplus::math
