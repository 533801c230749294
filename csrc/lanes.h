// The words that softplus_math.h is written in. A value there is one number (CUDA, a test) or a
// GCC vector of them (the CPU's loops): both have + - * / < and ?:, and this header adds the rest.
// Every operation is done lane by lane and rounded as IEEE 754 says, so a result depends neither
// on the lane it is computed in nor on how many lanes there are.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#ifdef __CUDACC__
#define FUSED_SOFTPLUS_INLINE __host__ __device__ __forceinline__
#else
#ifdef __FMA__
#include <immintrin.h>
#endif
#define FUSED_SOFTPLUS_INLINE inline __attribute__((always_inline))
#endif

namespace fused_softplus::math {

// The type of one lane, and the signed integers of the same width.
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
#endif
template <typename V>
using Element = typename Lanes<V>::Element;
template <typename V>
using Bits = typename Lanes<V>::Bits;

// The same number in every lane (subtracted from zero's lanes, so that -0.0 stays -0.0).
template <typename V>
FUSED_SOFTPLUS_INLINE V splat(Element<V> value) {
  if constexpr (std::is_arithmetic_v<V>) {
    return value;
  } else {
    return value - V{};
  }
}

template <typename To, typename From>
FUSED_SOFTPLUS_INLINE To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

template <typename V>
FUSED_SOFTPLUS_INLINE V abs(V x) {
  constexpr auto all_but_the_sign =
      static_cast<std::conditional_t<sizeof(Element<V>) == 4, int32_t, int64_t>>(
          sizeof(Element<V>) == 4 ? INT32_MAX : INT64_MAX);
  return bit_cast<V>(bit_cast<Bits<V>>(x) & all_but_the_sign);
}

// a * b + c, rounded once where the machine can. x86-64's baseline cannot (the library's fma
// takes 25 ns there), so it rounds twice and has a wider error bound of its own.
template <typename V>
FUSED_SOFTPLUS_INLINE V fma(V a, V b, V c) {
#if !defined(__CUDA_ARCH__) && defined(__x86_64__) && !defined(__FMA__)
  return a * b + c;
#else
  using T = Element<V>;
  constexpr bool single = std::is_same_v<T, float>;
  if constexpr (std::is_arithmetic_v<V>) {
    return std::fma(a, b, c);
#ifdef __FMA__
  } else if constexpr (single && sizeof(V) == 32) {
    return bit_cast<V>(_mm256_fmadd_ps(a, b, c));
  } else if constexpr (sizeof(V) == 32) {
    return bit_cast<V>(_mm256_fmadd_pd(a, b, c));
#endif
#ifdef __AVX512F__
  } else if constexpr (single && sizeof(V) == 64) {
    return bit_cast<V>(_mm512_fmadd_ps(a, b, c));
  } else if constexpr (sizeof(V) == 64) {
    return bit_cast<V>(_mm512_fmadd_pd(a, b, c));
#endif
  } else {
    V result;
    for (unsigned i = 0; i < sizeof(V) / sizeof(T); ++i) {
      result[i] = std::fma(a[i], b[i], c[i]);
    }
    return result;
  }
#endif
}

}  // namespace fused_softplus::math
