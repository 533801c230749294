// How a tensor's elements become vectors of the type they are computed in, and back.
#pragma once

#include <cstring>

#include "../lanes.h"

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
template <typename S>
constexpr int lanes = vector_bytes / sizeof(Opmath<S>);

using Word = Vector<uint32_t>;
using HalfWord [[gnu::vector_size(vector_bytes / 2)]] = uint16_t;

template <typename S>
FUSED_SOFTPLUS_INLINE Vector<Opmath<S>> load(const char* from) {
  if constexpr (std::is_same_v<S, Opmath<S>>) {
    Vector<S> vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
  } else {
    HalfWord bits;
    std::memcpy(&bits, from, sizeof bits);
    if constexpr (std::is_same_v<S, BFloat16>) {
      return math::bit_cast<Vector<float>>(__builtin_convertvector(bits, Word) << 16);
    } else {
#if defined(__AVX512F__)
      return _mm512_maskz_cvtph_ps(
          __mmask16(-1),
          math::bit_cast<__m256i>(bits));  // GCC 105593: false warning in the plain form
#elif defined(__F16C__)
      return _mm256_cvtph_ps(math::bit_cast<__m128i>(bits));
#else
      // The exponent is rebased by a multiplication, which normalises denormals on the way.
      const Word wide = __builtin_convertvector(bits, Word);
      const Word magnitude = (wide & 0x7fff) << 13;
      const auto scaled = math::bit_cast<Vector<float>>(magnitude) * 0x1p112f;
      const Word finite = math::bit_cast<Word>(scaled);
      const Word value = magnitude >= (0x7c00u << 13) ? (magnitude | 0x7f800000u) : finite;
      return math::bit_cast<Vector<float>>(value | ((wide & 0x8000) << 16));
#endif
    }
  }
}

// Rounds to nearest, ties to even.
template <typename S>
FUSED_SOFTPLUS_INLINE void store(char* to, Vector<Opmath<S>> vector) {
  if constexpr (std::is_same_v<S, Opmath<S>>) {
    std::memcpy(to, &vector, sizeof vector);
  } else if constexpr (std::is_same_v<S, BFloat16>) {
    const Word bits = math::bit_cast<Word>(vector);
    const Word rounded = bits + 0x7fff + ((bits >> 16) & 1);
    const Word quiet = bits | 0x400000;
    const Word result = vector == vector ? rounded : quiet;
    const HalfWord narrow = __builtin_convertvector(result >> 16, HalfWord);
    std::memcpy(to, &narrow, sizeof narrow);
  } else {
#if defined(__AVX512F__)
    const auto narrow = _mm512_maskz_cvtps_ph(__mmask16(-1), vector, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__F16C__)
    const auto narrow = _mm256_cvtps_ph(vector, _MM_FROUND_TO_NEAREST_INT);
#else
    const Word bits = math::bit_cast<Word>(vector);
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
}

}  // namespace fused_softplus::cpu
