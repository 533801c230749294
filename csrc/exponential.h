// exp(-|beta x|), for float and double.
#pragma once

#include "polynomial.h"
#include "reduction.h"

namespace fused_softplus::math {

// exp(-u) = scale * (1 + p) with scale = 2^-k and -1/4 <= p <= 1/2, so that no digits are lost by
// rounding it; p_low is what rounding p lost. |beta x| = k ln(2) + r.
template <typename V>
struct ExpNeg {
  // Far below what r^2's last digits are where it counts beside 1.
  static constexpr Element<V> never_denormal = 0x1p-100;

  V minus_k, r, scale, p, p_low;

  template <typename Beta>
  FUSED_SOFTPLUS_INLINE ExpNeg(const Beta& beta, V x) {
    const Octave<V> octave(beta, x);
    r = octave.r;
    // From a result of softplus r is often so small that r^2 underflows, for which a processor may
    // take a hundred times as long: no product here is rounded on its own where r is small.
    const V r_squared = fma(r, r, splat<V>(never_denormal));
    const V r_core = r * polynomial<Expm1Core<Element<V>>>(r, r_squared);
    minus_k = octave.minus_k;
    scale = octave.biased_scale() * octave.unbias;
    p = fma(r_core, r, -r);
    p_low = fma(r_core, r, -r - p);
  }
};

}  // namespace fused_softplus::math
