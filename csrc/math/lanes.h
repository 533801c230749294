// The operations that the formulas are written in. A value is one number (CUDA, a test) or a GCC
// vector of numbers (the CPU's loops). Both have + - * / < and ?:, and this header adds the rest.
// Every operation works lane by lane and rounds as IEEE 754 specifies, so a result depends neither
// on its lane nor on the number of lanes.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#ifdef __CUDACC__
#define FUSED_SOFTPLUS_INLINE __host__ __device__ __forceinline__
#else
#define FUSED_SOFTPLUS_INLINE inline __attribute__((always_inline))
#endif

namespace fused_softplus::math {

// The type of one lane, and the signed and unsigned integers of the same width.
template <typename V, bool = std::is_arithmetic_v<V>>
struct Lanes {
  using Element = V;
  using Bits = std::conditional_t<sizeof(V) == 4, int32_t, int64_t>;
};
#ifndef __CUDACC__
template <typename V>
struct Lanes<V, false> {
  using Element = std::remove_reference_t<decltype(V{}[0])>;
  using Bits = decltype(V{} < V{});
};

// A vector of that many bytes. (An alias template would lose the attribute here.)
template <typename T, int bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(bytes)));
};
#endif
template <typename V>
using Element = typename Lanes<V>::Element;
template <typename V>
using Bits = typename Lanes<V>::Bits;

// The same number in every lane. Zero is subtracted rather than added, so that -0.0 stays -0.0.
template <typename V>
FUSED_SOFTPLUS_INLINE V splat(Element<V> value) {
  if constexpr (std::is_arithmetic_v<V>) {
    return value;
  } else {
    return value - V{};
  }
}

template <typename To, typename From>
FUSED_SOFTPLUS_INLINE constexpr To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

// The bits of a lane in which only the sign is set.
template <typename V>
constexpr auto sign_bit = std::numeric_limits<Bits<Element<V>>>::min();

// What an instruction set or a device has for numbers of type V. csrc/cpu/isa/ and cuda/ specialize
// this. A specialization has static functions with the names of the operations below that it
// replaces; the others are left to the compiler.
struct NoInstructions {
  static constexpr bool fma_rounds_once = true;
  static constexpr bool subnormals_are_slow = true;
  static constexpr int table_rows = 32;  // of the tables of tables.h
};
template <typename V>
struct Instructions : NoInstructions {};

template <typename V>
FUSED_SOFTPLUS_INLINE V abs(V x) {
  if constexpr (requires { Instructions<V>::abs(x); }) {
    return Instructions<V>::abs(x);
  } else if constexpr (std::is_arithmetic_v<V>) {
    return std::fabs(x);  // CUDA merges it into the next operation
  } else {
    return bit_cast<V>(bit_cast<Bits<V>>(x) & ~sign_bit<V>);
  }
}

template <typename V>
FUSED_SOFTPLUS_INLINE auto is_finite(V x) {
  return abs(x) <= std::numeric_limits<Element<V>>::max();
}

// Whether fma rounds once. Otherwise it rounds the product too, and the error bounds are wider.
template <typename V>
constexpr bool fma_rounds_once = Instructions<V>::fma_rounds_once;

// a * b + c
template <typename V>
FUSED_SOFTPLUS_INLINE V fma(V a, V b, V c) {
  if constexpr (requires { Instructions<V>::fma(a, b, c); }) {
    return Instructions<V>::fma(a, b, c);
  } else if constexpr (std::is_arithmetic_v<V>) {
    return std::fma(a, b, c);
  } else {
    V result;
    for (unsigned i = 0; i < sizeof(V) / sizeof(Element<V>); ++i) {
      result[i] = std::fma(a[i], b[i], c[i]);
    }
    return result;
  }
}

// 1 / x for x from 1 to 2, from a guess with a relative error below 2^-20. The result is correctly
// rounded (Markstein 1990), unless all digits of x are ones.
FUSED_SOFTPLUS_INLINE double refined_reciprocal(double x, double guess) {
  const double error = fma(-x, guess, 1.0);
  const double within_ulp = fma(guess, fma(error, error, error), guess);
  return fma(within_ulp, fma(-x, within_ulp, 1.0), within_ulp);
}

// 1 / x for x from 1 to 2.
template <typename V>
FUSED_SOFTPLUS_INLINE V reciprocal(V x) {
  if constexpr (requires { Instructions<V>::reciprocal(x); }) {
    return Instructions<V>::reciprocal(x);
  } else {
    return 1 / x;
  }
}

// Tests the sign bit, which is cheaper than a comparison with 0 on AVX2. They differ for -0.0 and
// NaN.
template <typename V>
FUSED_SOFTPLUS_INLINE auto is_negative(V x) {
  return bit_cast<Bits<V>>(x) < 0;
}

// select(is_positive_or_nan(x), yes, no) is no where x <= 0, and yes elsewhere.
template <typename V>
FUSED_SOFTPLUS_INLINE auto is_positive_or_nan(V x) {
  if constexpr (requires { Instructions<V>::is_positive_or_nan(x); }) {
    return Instructions<V>::is_positive_or_nan(x);
  } else {
    return !(x <= 0);
  }
}
template <typename Mask, typename V>
FUSED_SOFTPLUS_INLINE V select(Mask mask, V yes, V no) {
  if constexpr (requires { Instructions<V>::select(mask, yes, no); }) {
    return Instructions<V>::select(mask, yes, no);
  } else {
    return mask ? yes : no;
  }
}

// a * b + c, rounded towards zero. |c| >= |a b|, or c = 0.
template <typename V>
FUSED_SOFTPLUS_INLINE V fma_towards_zero(V a, V b, V c) {
  if constexpr (requires { Instructions<V>::fma_towards_zero(a, b, c); }) {
    return Instructions<V>::fma_towards_zero(a, b, c);
  } else {
    // The nearest number, or its neighbour towards zero if the rounding error has the other sign.
    using B = Bits<V>;
    const V nearest = fma(a, b, c);
    const V lost = fma(a, b, c - nearest);
    const V lost_outwards = bit_cast<V>(bit_cast<B>(lost) ^ (bit_cast<B>(nearest) & sign_bit<V>));
    return bit_cast<V>(bit_cast<B>(nearest) - (lost_outwards < 0 ? splat<B>(1) : splat<B>(0)));
  }
}

// Both return b where a or b is NaN, and where both are zeros. On CUDA, min returns a where that is
// NaN, and max where b is. On 64-bit ARM, both are NaN where a or b is, and -0.0 is less than 0.0.
template <typename V>
FUSED_SOFTPLUS_INLINE V min(V a, V b) {
  if constexpr (requires { Instructions<V>::min(a, b); }) {
    return Instructions<V>::min(a, b);
  } else {
    return a < b ? a : b;
  }
}
template <typename V>
FUSED_SOFTPLUS_INLINE V max(V a, V b) {
  if constexpr (requires { Instructions<V>::max(a, b); }) {
    return Instructions<V>::max(a, b);
  } else {
    return a > b ? a : b;
  }
}

// Whether a < b in any lane. All lanes of b are the same. If a has a NaN, the answer may also be
// true.
template <typename V>
FUSED_SOFTPLUS_INLINE bool any_less(V a, V b) {
  if constexpr (requires { Instructions<V>::any_less(a, b); }) {
    return Instructions<V>::any_less(a, b);
  } else if constexpr (std::is_arithmetic_v<V>) {
    return a < b;
  } else {
    Element<Bits<V>> any = 0;
    for (unsigned i = 0; i < sizeof(V) / sizeof(Element<V>); ++i) {
      any |= a[i] < b[i];
    }
    return any != 0;
  }
}

// a + b exactly, as the rounded sum and its rounding error (Knuth's TwoSum).
template <typename V>
struct Sum {
  V rounded, lost;
};
template <typename V>
FUSED_SOFTPLUS_INLINE Sum<V> two_sum(V a, V b) {
  const V sum = a + b;
  const V b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// The number whose bits are the larger, or the smaller, integer. Two numbers with the same sign
// compare by their magnitudes. The result may be a NaN if either number is.
template <typename Integer, typename V>
FUSED_SOFTPLUS_INLINE V larger_as(V a, V b) {
  const auto a_bits = bit_cast<Integer>(a), b_bits = bit_cast<Integer>(b);
  return bit_cast<V>(a_bits < b_bits ? b_bits : a_bits);
}
template <typename Integer, typename V>
FUSED_SOFTPLUS_INLINE V smaller_as(V a, V b) {
  const auto a_bits = bit_cast<Integer>(a), b_bits = bit_cast<Integer>(b);
  return bit_cast<V>(a_bits < b_bits ? a_bits : b_bits);
}

}  // namespace fused_softplus::math
