// exp(-|beta x|), for float and double.
#pragma once

#include "csrc/math/polynomial.h"
#include "csrc/math/reduction.h"

namespace fused_softplus::math {

// exp(-u) = scale (1 + p), where u = |beta x| = k ln(2) + r, scale = 2^-k and -1/4 <= p <= 1/2. The
// exponential is not rounded to one number, so it keeps its digits; p_low is the rounding error
// of p.
template <typename V, typename Range>
struct ExpNeg {
  V minus_k, r, scale, p, p_low;
  ScaleOf<Range, V> rest;  // what is left out of scale

  template <typename Beta>
  FUSED_SOFTPLUS_INLINE ExpNeg(const Beta& beta, V abs_x) {
    const Reduction<V, Range> reduction(beta, abs_x);
    r = reduction.r;
    rest = reduction.rest;
    // In float, r * r underflows for the very small results that softplus often has, which can be
    // 100 times slower. Adding 2^-100 inside the fma keeps it normal and changes no result. double
    // keeps r * r, because its error bounds depend on the product r^2 core.
    constexpr bool single = Reduction<V, Range>::single;
    const V r_squared = single ? fma(r, r, splat<V>(0x1p-100)) : r * r;
    const V core = polynomial<Expm1Core<Element<V>>>(r, r_squared);
    // exp(-r (1 + lost)) - 1 = r (r core - lost) - r, except for the term r^2 lost
    const V r_core = fma(r, core, splat<V>(-beta.lost()));
    const V left = single ? r : r_squared, right = single ? r_core : core;
    minus_k = reduction.minus_k;
    scale = reduction.scale();
    p = fma(left, right, -r);
    p_low = fma(left, right, -r - p);
  }

  // factor * (1 + p), rounded once. factor is a power of 2, or such a power times beta. Only factor
  // and the result can be subnormal.
  FUSED_SOFTPLUS_INLINE V times_1_plus_p(V factor) const {
    return fma_rounds_once<V> ? fma(factor, p, factor) : (1 + p) * factor;
  }
  // exp(-u) and its rounding error, without p_low.
  FUSED_SOFTPLUS_INLINE Sum<V> sum() const {
    if constexpr (fma_rounds_once<V>) {
      const V exp = fma(scale, p, scale);
      return {exp, fma(scale, p, scale - exp)};
    } else {
      const V rounded = 1 + p;
      return {rounded * scale, (p - (rounded - 1)) * scale};
    }
  }
};

}  // namespace fused_softplus::math
