// exp(-|beta x|), for float and double.
#pragma once

#include "polynomial.h"
#include "reduction.h"

namespace fused_softplus::math {

// exp(-u) = scale * (1 + p) with scale = 2^-k and -1/4 <= p <= 1/2, so that no digits are lost by
// rounding it; p_low is what rounding p lost. |beta x| = k ln(2) + r.
template <typename V>
struct ExpNeg {
  V minus_k, r, scale, p, p_low;

  template <typename Beta>
  FUSED_SOFTPLUS_INLINE ExpNeg(const Beta& beta, V x) {
    const Octave<V> octave(beta, x);
    r = octave.r;
    const V r_squared = r * r;
    const V core = polynomial<Expm1Core<Element<V>>>(r, r_squared);
    minus_k = octave.minus_k;
    scale = octave.biased_scale() * octave.unbias;
    p = fma(r_squared, core, -r);
    p_low = fma(r_squared, core, -r - p);
  }
};

}  // namespace fused_softplus::math
