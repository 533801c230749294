// How a tensor's elements become vectors of the type they are computed in, and back.
#pragma once

#include <cstring>

#include "csrc/math/rounding.h"

#ifdef __F16C__
#include <immintrin.h>
#endif

namespace fused_softplus::cpu {

// IEEE binary16 and bfloat16 as they lie in memory; c10's own types would bring inline functions
// compiled for this instruction set into the rest of the program.
struct Half {
  uint16_t bits;
};
struct BFloat16 {
  uint16_t bits;
};

}  // namespace fused_softplus::cpu
template <>
constexpr int fused_softplus::math::digits<fused_softplus::cpu::Half> = 11;
template <>
constexpr int fused_softplus::math::digits<fused_softplus::cpu::BFloat16> = 8;
namespace fused_softplus::cpu {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <typename S>
using Opmath = std::conditional_t<std::is_same_v<S, double>, double, float>;
template <typename T>
using Vector [[gnu::vector_size(vector_bytes)]] = T;

using Word = Vector<uint32_t>;

// Elements are loaded and stored as many at a time as `count` vectors of Opmath<S> hold.
template <typename S>
struct Storage {
  static constexpr int count = 1;
  struct Vectors {  // std::array would drop the vectors' attribute
    Vector<S> values[count];
  };

  static FUSED_SOFTPLUS_INLINE Vectors load(const char* from) {
    Vectors vectors;
    std::memcpy(&vectors, from, sizeof vectors);
    return vectors;
  }
  static FUSED_SOFTPLUS_INLINE void store(char* to, const Vectors& vectors) {
    std::memcpy(to, &vectors, sizeof vectors);
  }
};

// A bfloat16 is a float's upper half: those at even places become one vector and those at odd
// places another, by a shift and a mask, and no element crosses a lane.
template <>
struct Storage<BFloat16> {
  static constexpr int count = 2;
  struct Vectors {
    Vector<float> values[count];
  };

  static FUSED_SOFTPLUS_INLINE Vectors load(const char* from) {
    Word pairs;
    std::memcpy(&pairs, from, sizeof pairs);
    return {{math::bit_cast<Vector<float>>(pairs << 16),
             math::bit_cast<Vector<float>>(pairs & upper_half)}};
  }
  static FUSED_SOFTPLUS_INLINE void store(char* to, const Vectors& vectors) {
    const Word pairs =
        (rounded(vectors.values[0]) >> 16) | (rounded(vectors.values[1]) & upper_half);
    std::memcpy(to, &pairs, sizeof pairs);
  }

 private:
  static constexpr uint32_t upper_half = 0xffff0000;

  // To nearest, ties to even, in the upper half. A NaN came from a bfloat16 or from the processor,
  // and has nothing in the lower half but perhaps ToOdd's digit, so that it does not overflow.
  static FUSED_SOFTPLUS_INLINE Word rounded(Vector<float> vector) {
    const Word bits = math::bit_cast<Word>(vector);
    return bits + 0x7fff + ((bits >> 16) & 1);
  }
};

template <>
struct Storage<Half> {
  static constexpr int count = 1;
  struct Vectors {
    Vector<float> values[count];
  };
  using HalfWord [[gnu::vector_size(vector_bytes / 2)]] = uint16_t;

  static FUSED_SOFTPLUS_INLINE Vectors load(const char* from) {
    HalfWord bits;
    std::memcpy(&bits, from, sizeof bits);
#if defined(__AVX512F__)
    return {{ _mm512_cvtph_ps(math::bit_cast<__m256i>(bits)) }};
#elif defined(__F16C__)
    return {{ _mm256_cvtph_ps(math::bit_cast<__m128i>(bits)) }};
#else
    // The exponent is rebased by an addition. A denormal's, rebased to 2^-14, has a leading 1 too
    // many, which a subtraction takes away; no operand is a denormal float, which may count as 0.
    const Word wide = __builtin_convertvector(bits, Word);
    const Word magnitude = (wide & 0x7fff) << 13;
    const Word normal = magnitude + (112u << 23);
    const auto with_leading_1 = math::bit_cast<Vector<float>>(magnitude + (113u << 23));
    const Word denormal = math::bit_cast<Word>(with_leading_1 - 0x1p-14f);
    const Word finite = magnitude < (1u << 23) ? denormal : normal;
    const Word value = magnitude >= (0x7c00u << 13) ? (magnitude | 0x7f800000u) : finite;
    return {{math::bit_cast<Vector<float>>(value | ((wide & 0x8000) << 16))}};
#endif
  }
  // Rounds to nearest, ties to even.
  static FUSED_SOFTPLUS_INLINE void store(char* to, const Vectors& vectors) {
#if defined(__AVX512F__)
    const auto narrow = _mm512_cvtps_ph(vectors.values[0], _MM_FROUND_TO_NEAREST_INT);
#elif defined(__F16C__)
    const auto narrow = _mm256_cvtps_ph(vectors.values[0], _MM_FROUND_TO_NEAREST_INT);
#else
    const Word bits = math::bit_cast<Word>(vectors.values[0]);
    const Word sign = (bits >> 16) & 0x8000;
    const Word magnitude = bits & 0x7fffffff;
    // Below 2^-14: adding 1/2 leaves the denormal's bits, rounded, at the sum's end.
    const auto denormal_sum = math::bit_cast<Vector<float>>(magnitude) + 0.5f;
    const Word denormal = math::bit_cast<Word>(denormal_sum) - 0x3f000000u;
    const Word normal = (magnitude - 0x38000000u + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    const Word small = magnitude < 0x38800000u ? denormal : normal;
    const Word infinite = magnitude > 0x7f800000u ? Word{} + 0x7e00u : Word{} + 0x7c00u;
    const Word result = (magnitude >= 0x477ff000u ? infinite : small) | sign;
    const HalfWord narrow = __builtin_convertvector(result, HalfWord);
#endif
    std::memcpy(to, &narrow, sizeof narrow);
  }
};

// Elements in one load or store.
template <typename S>
constexpr int step = Storage<S>::count * vector_bytes / sizeof(Opmath<S>);

}  // namespace fused_softplus::cpu
