// log(exp(v) - 1) for double: the inverse of softplus for beta = 1.
#pragma once

#include "csrc/math/exponential.h"

namespace fused_softplus::math {

// log(1 + f + f_low) - f, for 1 + f from sqrt(1/2) to sqrt(2).
template <typename V>
FUSED_SOFTPLUS_INLINE V log1p_rest(V f, V f_low) {
  // log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 core(s^2))
  const V s = f / (2 + f);
  const V s_squared = s * s;
  const V half_square = 0.5 * f * f;
  const V core = polynomial<AtanhCore<Element<V>>>(s_squared, s_squared * s_squared);
  return fma(s, fma(s_squared, core, half_square), fma(-f, f_low, f_low) - half_square);
}

// log(exp(v + v_low) - 1) for 0 < v < 700. Let v = k ln(2) + r, exp(-v) = 2^-k (1 + p) and
// 1 - exp(-v) = 2^n (1 + f). Then
//
//   log(exp(v) - 1) = v + log(1 - exp(-v)) = (k + n) ln(2) + r + log(1 + f)
//
// The zero, v = ln(2), has k = 1, n = -1 and r = f = 0, so near it nothing cancels, and r and f
// keep all their digits. The smaller terms are added first.
template <typename V>
FUSED_SOFTPLUS_INLINE V log_expm1(V v, V v_low) {
  using T = Element<V>;
  using B = Bits<V>;
  static_assert(std::is_same_v<T, double>);
  const UnitScale<T> unit;
  const ExpNeg<V, Near> e(unit, abs_up_to_end<Near>(unit, v));
  const V r_lost =
      fma(e.minus_k, splat<V>(Ln2<T>::low), fma(e.minus_k, splat<V>(Ln2<T>::high), v) - e.r);
  const V r_low = fma(e.minus_k, splat<V>(Ln2Rest<T>::value), r_lost + v_low);

  // 1 - exp(-v)
  const V p_low = e.p_low - fma(r_low, e.p, r_low);
  const V complement = fma(-e.scale, e.p, 1 - e.scale);
  const V complement_low = fma(-e.scale, e.p, (1 - e.scale) - complement) - e.scale * p_low;

  // A subnormal number has no exponent to extract.
  const auto subnormal = complement < std::numeric_limits<T>::min();
  const V normal = subnormal ? complement * 0x1p54 : complement;
  constexpr Bits<T> sqrt_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
  const B n = (bit_cast<B>(normal) - sqrt_half) >> 52;
  const V scale = bit_cast<V>(one - (n << 52));
  const V f = normal * scale - 1;
  const V f_low = complement_low * scale;

  constexpr T round_to_int = Reduction<V, Near>::round_to_int;
  const V n_as_number = bit_cast<V>(n + bit_cast<Bits<T>>(round_to_int)) - round_to_int;
  const V k_plus_n = n_as_number - (subnormal ? splat<V>(54) : splat<V>(0)) - e.minus_k;

  const Sum<V> near = two_sum(e.r, f);
  const Sum<V> all = two_sum(k_plus_n * Ln2<T>::high, near.rounded);
  const V low = fma(k_plus_n, splat<V>(Ln2<T>::low), r_low + log1p_rest(f, f_low));
  return all.rounded + (all.lost + (near.lost + low));
}

}  // namespace fused_softplus::math
