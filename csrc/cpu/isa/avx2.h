// AVX2 with FMA and F16C.
#pragma once

#include <immintrin.h>

#include "csrc/math/lanes.h"

namespace fused_softplus::cpu {

constexpr const char* isa_name = "avx2";
template <typename T>
using Vector [[gnu::vector_size(32)]] = T;

}  // namespace fused_softplus::cpu

namespace fused_softplus::math {

template <>
struct Instructions<cpu::Vector<float>> : NoInstructions {
  using V = cpu::Vector<float>;
  static constexpr int table_rows = 8;  // that one instruction can look up among

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return _mm256_min_ps(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return _mm256_max_ps(a, b); }
  FUSED_SOFTPLUS_INLINE static bool any_less(V a, V b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ)) != 0;
  }
  FUSED_SOFTPLUS_INLINE static V look_up(const float* table, Bits<V> row) {
    return _mm256_permutevar8x32_ps(_mm256_load_ps(table), bit_cast<__m256i>(row));
  }
  FUSED_SOFTPLUS_INLINE static V from_float16(auto bits) {
    return _mm256_cvtph_ps(bit_cast<__m128i>(bits));
  }
  FUSED_SOFTPLUS_INLINE static auto to_float16(V x) {
    return _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
  }
};

template <>
struct Instructions<cpu::Vector<double>> : NoInstructions {
  using V = cpu::Vector<double>;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return _mm256_min_pd(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return _mm256_max_pd(a, b); }
};

}  // namespace fused_softplus::math
