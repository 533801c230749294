// exp(-|beta x|), for float and double.
#pragma once

#include "csrc/math/polynomial.h"
#include "csrc/math/reduction.h"

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
    // A result of softplus is often so small that float's r^2 underflows, for which a processor may
    // take a hundred times as long: there no product is rounded on its own where r is small, and
    // what is added to r^2 counts nowhere. Double's bounds need r^2 core as it stands.
    constexpr bool single = Octave<V>::single;
    const V r_squared = single ? fma(r, r, splat<V>(0x1p-100)) : r * r;
    const V core = polynomial<Expm1Core<Element<V>>>(r, r_squared);
    // exp(-r (1 + lost)) - 1 = r (r core - lost) - r, but for r^2 lost.
    const V r_core = fma(r, core, splat<V>(-beta.lost()));
    const V left = single ? r : r_squared, right = single ? r_core : core;
    minus_k = octave.minus_k;
    scale = octave.biased_scale() * octave.unbias;
    p = fma(left, right, -r);
    p_low = fma(left, right, -r - p);
  }

  // factor * (1 + p) for a factor that is a power of 2, times beta or not; rounded once.
  // Nothing but factor and the result can be denormal.
  FUSED_SOFTPLUS_INLINE V times_1_plus_p(V factor) const {
    return fma_rounds_once ? fma(factor, p, factor) : (1 + p) * factor;
  }
  // exp(-u), and what rounding that lost (but for p_low).
  FUSED_SOFTPLUS_INLINE Sum<V> sum() const {
    if constexpr (fma_rounds_once) {
      const V exp = fma(scale, p, scale);
      return {exp, fma(scale, p, scale - exp)};
    } else {
      const V rounded = 1 + p;
      return {rounded * scale, (p - (rounded - 1)) * scale};
    }
  }
};

}  // namespace fused_softplus::math
