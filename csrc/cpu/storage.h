// How the elements of a tensor become vectors of the type that they are computed in, and back.
#pragma once

#include <cstring>

#include FUSED_SOFTPLUS_ISA_HEADER
#include "csrc/math/rounding.h"

namespace fused_softplus::cpu {

// IEEE binary16 and bfloat16 in memory. The types of c10 would bring inline functions into the
// program that are compiled for this instruction set.
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

constexpr int vector_bytes = sizeof(Vector<float>);

template <typename S>
using Opmath = std::conditional_t<std::is_same_v<S, double>, double, float>;

using Word = Vector<uint32_t>;

// Loads and stores as many elements at a time as `count` vectors of Opmath<S> hold.
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

// A bfloat16 is the upper half of a float. A shift and a mask turn the elements at even places into
// one vector and those at odd places into another, and no element crosses a lane.
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

  // Rounds the upper half to nearest, ties to even. A NaN came from a bfloat16 or from the
  // processor. Its lower half is zero, so it does not overflow.
  static FUSED_SOFTPLUS_INLINE Word rounded(Vector<float> vector) {
    const Word bits = math::bit_cast<Word>(vector);
    return bits + 0x7fff + ((bits >> 16) & 1);
  }
};

using HalfWord [[gnu::vector_size(vector_bytes / 2)]] = uint16_t;

// Converts float16 to float.
template <typename V>
FUSED_SOFTPLUS_INLINE V from_float16(HalfWord bits) {
  if constexpr (requires { math::Instructions<V>::from_float16(bits); }) {
    return math::Instructions<V>::from_float16(bits);
  } else {
    // An addition changes the exponent's bias. A subnormal number, rebased to 2^-14, has a leading
    // 1 too many, which a subtraction removes. No operand is a subnormal float, which may count as
    // 0.
    const Word wide = __builtin_convertvector(bits, Word);
    const Word magnitude = (wide & 0x7fff) << 13;
    const Word normal = magnitude + (112u << 23);
    const auto with_leading_1 = math::bit_cast<V>(magnitude + (113u << 23));
    const Word subnormal = math::bit_cast<Word>(with_leading_1 - 0x1p-14f);
    const Word finite = magnitude < (1u << 23) ? subnormal : normal;
    const Word value = magnitude >= (0x7c00u << 13) ? (magnitude | 0x7f800000u) : finite;
    return math::bit_cast<V>(value | ((wide & 0x8000) << 16));
  }
}

// Converts float to float16: to nearest, ties to even.
template <typename V>
FUSED_SOFTPLUS_INLINE auto to_float16(V x) {
  if constexpr (requires { math::Instructions<V>::to_float16(x); }) {
    return math::Instructions<V>::to_float16(x);
  } else {
    const Word bits = math::bit_cast<Word>(x);
    const Word sign = (bits >> 16) & 0x8000;
    const Word magnitude = bits & 0x7fffffff;
    // Below 2^-14, adding 1/2 leaves the rounded bits of the subnormal number at the end of the
    // sum.
    const auto subnormal_sum = math::bit_cast<V>(magnitude) + 0.5f;
    const Word subnormal = math::bit_cast<Word>(subnormal_sum) - 0x3f000000u;
    const Word normal = (magnitude - 0x38000000u + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    const Word small = magnitude < 0x38800000u ? subnormal : normal;
    const Word infinite = magnitude > 0x7f800000u ? Word{} + 0x7e00u : Word{} + 0x7c00u;
    const Word result = (magnitude >= 0x477ff000u ? infinite : small) | sign;
    return __builtin_convertvector(result, HalfWord);
  }
}

template <>
struct Storage<Half> {
  static constexpr int count = 1;
  struct Vectors {
    Vector<float> values[count];
  };

  static FUSED_SOFTPLUS_INLINE Vectors load(const char* from) {
    HalfWord bits;
    std::memcpy(&bits, from, sizeof bits);
    return {{from_float16<Vector<float>>(bits)}};
  }
  static FUSED_SOFTPLUS_INLINE void store(char* to, const Vectors& vectors) {
    const auto bits = to_float16(vectors.values[0]);
    std::memcpy(to, &bits, sizeof bits);
  }
};

// The number of elements in one load or store.
template <typename S>
constexpr int step = Storage<S>::count * vector_bytes / sizeof(Opmath<S>);

}  // namespace fused_softplus::cpu
