// Polynomials, evaluated in half the depth of Horner's rule. The depth limits how many vectors are
// in flight.
#pragma once

#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// coefficient(0) + coefficient(1) x + ... up to the power size - 1. Pairs of terms are the
// coefficients of a polynomial in x^2. coefficient takes a std::integral_constant.
template <int size, int power = 0, typename Coefficient, typename V>
FUSED_SOFTPLUS_INLINE V polynomial(const Coefficient& coefficient, V x, V x_squared) {
  const V constant = coefficient(std::integral_constant<int, power>());
  if constexpr (power + 1 == size) {
    return constant;
  } else {
    const V pair = fma(coefficient(std::integral_constant<int, power + 1>()), x, constant);
    if constexpr (power + 2 == size) {
      return pair;
    } else {
      return fma(polynomial<size, power + 2>(coefficient, x, x_squared), x_squared, pair);
    }
  }
}

// The polynomial with the coefficients of Core.
template <typename Core, typename V>
FUSED_SOFTPLUS_INLINE V polynomial(V x, V x_squared) {
  return polynomial<Core::size>([](auto power) { return splat<V>(Core::coefficient(power)); }, x,
                                x_squared);
}

}  // namespace fused_softplus::math
