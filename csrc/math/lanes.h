// The words that formulas.h is written in. A value there is one number (CUDA, a test) or a
// GCC vector of them (the CPU's loops): both have + - * / < and ?:, and this header adds the rest.
// Every operation is done lane by lane and rounded as IEEE 754 says, so a result depends neither
// on the lane it is computed in nor on how many lanes there are.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
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

// The type of one lane, and the signed and unsigned integers of the same width.
template <typename V, bool = std::is_arithmetic_v<V>>
struct Lanes {
  using Element = V;
  using Bits = std::conditional_t<sizeof(V) == 4, int32_t, int64_t>;
  using Unsigned = std::make_unsigned_t<Bits>;
};
#ifndef __CUDACC__
template <typename V>
struct Lanes<V, false> {
  using Element = std::remove_reference_t<decltype(V{}[0])>;
  using Bits = decltype(V{} < V{});
  typedef std::make_unsigned_t<typename Lanes<Element>::Bits> Unsigned
      __attribute__((vector_size(sizeof(V))));
};

// A vector of so many bytes (the attribute is lost on a typedef that depends on more than T).
template <typename T, int bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(bytes)));
};
#endif
template <typename V>
using Element = typename Lanes<V>::Element;
template <typename V>
using Bits = typename Lanes<V>::Bits;
template <typename V>
using UnsignedBits = typename Lanes<V>::Unsigned;

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
FUSED_SOFTPLUS_INLINE constexpr To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}

// One lane's bits with the sign's alone.
template <typename V>
constexpr auto sign_bit = std::numeric_limits<Bits<Element<V>>>::min();

template <typename V>
FUSED_SOFTPLUS_INLINE V abs(V x) {
  if constexpr (std::is_arithmetic_v<V>) {
    return std::fabs(x);  // CUDA takes it with the next operation
  } else {
    return bit_cast<V>(bit_cast<Bits<V>>(x) & ~sign_bit<V>);
  }
}

// Returns _mm256_name_ps(...), or whichever of its kind fits V, where this machine has it.
#if defined(__AVX512F__)
#define FUSED_SOFTPLUS_WIDEST(name) _mm512_##name
#elif defined(__AVX2__)
#define FUSED_SOFTPLUS_WIDEST(name) _mm256_##name
#endif
#ifdef FUSED_SOFTPLUS_WIDEST
template <typename V, typename T>
constexpr bool is_widest = !std::is_arithmetic_v<V> && std::is_same_v<Element<V>, T> &&
                           sizeof(V) == sizeof(FUSED_SOFTPLUS_WIDEST(setzero_ps)());
#define FUSED_SOFTPLUS_INSTRUCTION(name, ...)                          \
  if constexpr (is_widest<V, float>) {                                 \
    return bit_cast<V>(FUSED_SOFTPLUS_WIDEST(name##_ps)(__VA_ARGS__)); \
  } else if constexpr (is_widest<V, double>) {                         \
    return bit_cast<V>(FUSED_SOFTPLUS_WIDEST(name##_pd)(__VA_ARGS__)); \
  }
#else
#define FUSED_SOFTPLUS_INSTRUCTION(name, ...)
#endif

// Whether fma rounds once. x86-64's baseline cannot (the library's fma takes 25 ns there): it
// rounds the product, too, and has wider error bounds of its own.
#if !defined(__CUDA_ARCH__) && defined(__x86_64__) && !defined(__FMA__)
#define FUSED_SOFTPLUS_ROUNDS_TWICE
constexpr bool fma_rounds_once = false;
#else
constexpr bool fma_rounds_once = true;
#endif

// a * b + c
template <typename V>
FUSED_SOFTPLUS_INLINE V fma(V a, V b, V c) {
#ifdef FUSED_SOFTPLUS_ROUNDS_TWICE
  return a * b + c;
#else
  FUSED_SOFTPLUS_INSTRUCTION(fmadd, a, b, c)
  if constexpr (std::is_arithmetic_v<V>) {
    return std::fma(a, b, c);
  } else {
    V result;
    for (unsigned i = 0; i < sizeof(V) / sizeof(Element<V>); ++i) {
      result[i] = std::fma(a[i], b[i], c[i]);
    }
    return result;
  }
#endif
}

// 1 / x for x from 1 to 2, from a guess within 2^-20 of it. Correctly rounded (Markstein 1990),
// unless all of x's digits are ones.
FUSED_SOFTPLUS_INLINE double refined_reciprocal(double x, double guess) {
  const double error = fma(-x, guess, 1.0);
  const double within_ulp = fma(guess, fma(error, error, error), guess);
  return fma(within_ulp, fma(-x, within_ulp, 1.0), within_ulp);
}

// 1 / x for x from 1 to 2.
template <typename V>
FUSED_SOFTPLUS_INLINE V reciprocal(V x) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<V, double>) {
    // As CUDA's own division begins, which then calls a function for numbers that are not normal.
    double guess;
    asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(guess) : "d"(x));
    return refined_reciprocal(x, guess);
  }
#endif
  return 1 / x;
}

// Whether the sign bit is set, and a positive number with that bit's opposite for a sign: cheaper
// than comparing with 0, from which they differ at 0 alone.
template <typename V>
FUSED_SOFTPLUS_INLINE auto is_negative(V x) {
  return bit_cast<Bits<V>>(x) < 0;
}
template <typename V>
FUSED_SOFTPLUS_INLINE V with_opposite_sign(V positive, V x) {
  return bit_cast<V>(bit_cast<Bits<V>>(positive) | (~bit_cast<Bits<V>>(x) & sign_bit<V>));
}

// a * b + c, rounded towards zero. |c| >= |a b|, or c = 0.
template <typename V>
FUSED_SOFTPLUS_INLINE V fma_towards_zero(V a, V b, V c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rz(a, b, c);
#else
#ifdef __AVX512F__
  if constexpr (std::is_same_v<Element<V>, float> && sizeof(V) == 64) {
    return _mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  }
#endif
  // The nearest, or its neighbour towards zero where what rounding lost has the other sign.
  using B = Bits<V>;
  const V nearest = fma(a, b, c);
  const V lost = fma(a, b, c - nearest);
  const V lost_outwards = bit_cast<V>(bit_cast<B>(lost) ^ (bit_cast<B>(nearest) & sign_bit<V>));
  return bit_cast<V>(bit_cast<B>(nearest) - (lost_outwards < 0 ? splat<B>(1) : splat<B>(0)));
#endif
}

// GCC does not find these instructions by itself, since they give b where either is NaN, and b
// where both are zero.
template <typename V>
FUSED_SOFTPLUS_INLINE V min(V a, V b) {
  FUSED_SOFTPLUS_INSTRUCTION(min, a, b)
  return a < b ? a : b;
}
// On CUDA, whose instruction does that, max gives a where b is NaN.
template <typename V>
FUSED_SOFTPLUS_INLINE V max(V a, V b) {
#ifdef __CUDA_ARCH__
  return std::fmax(a, b);
#endif
  FUSED_SOFTPLUS_INSTRUCTION(max, a, b)
  return a > b ? a : b;
}
#undef FUSED_SOFTPLUS_INSTRUCTION
#undef FUSED_SOFTPLUS_WIDEST

// a + b exactly: their sum, and what rounding it lost (Knuth's 2Sum).
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

// Of two numbers with one sign (0 has any). A NaN may come from either.
template <typename V>
FUSED_SOFTPLUS_INLINE V larger_magnitude(V a, V b) {
  const auto a_bits = bit_cast<Bits<V>>(a), b_bits = bit_cast<Bits<V>>(b);
  return bit_cast<V>(a_bits < b_bits ? b_bits : a_bits);
}
template <typename V>
FUSED_SOFTPLUS_INLINE V smaller_magnitude(V a, V b) {
  const auto a_bits = bit_cast<Bits<V>>(a), b_bits = bit_cast<Bits<V>>(b);
  return bit_cast<V>(a_bits < b_bits ? a_bits : b_bits);
}

// Of two numbers, the one whose bits are the larger unsigned integer: -0.0 is larger than any
// positive number.
template <typename V>
FUSED_SOFTPLUS_INLINE V larger_as_unsigned(V a, V b) {
  const auto a_bits = bit_cast<UnsignedBits<V>>(a), b_bits = bit_cast<UnsignedBits<V>>(b);
  return bit_cast<V>(a_bits < b_bits ? b_bits : a_bits);
}
template <typename V>
FUSED_SOFTPLUS_INLINE V smaller_as_unsigned(V a, V b) {
  const auto a_bits = bit_cast<UnsignedBits<V>>(a), b_bits = bit_cast<UnsignedBits<V>>(b);
  return bit_cast<V>(a_bits < b_bits ? a_bits : b_bits);
}

// table[row % rows], lane by lane.
template <typename V, int rows>
FUSED_SOFTPLUS_INLINE V look_up(const float* table, Bits<V> row) {
#ifdef __AVX512F__
  if constexpr (sizeof(V) == 64 && rows == 32) {
    return _mm512_permutex2var_ps(_mm512_load_ps(table), bit_cast<__m512i>(row),
                                  _mm512_load_ps(table + 16));
  }
#endif
#ifdef __AVX2__
  if constexpr (sizeof(V) == 32 && rows == 8) {
    return _mm256_permutevar8x32_ps(_mm256_load_ps(table), bit_cast<__m256i>(row));
  }
#endif
  if constexpr (std::is_arithmetic_v<V>) {
    return table[row & (rows - 1)];
  } else {
    V result;
    for (unsigned i = 0; i < sizeof(V) / sizeof(float); ++i) {
      result[i] = table[row[i] & (rows - 1)];
    }
    return result;
  }
}

}  // namespace fused_softplus::math
