// AVX-512 (F, BW, DQ and VL) with F16C.
#pragma once

#include <immintrin.h>

#include "csrc/math/lanes.h"

namespace fused_softplus::cpu {

constexpr const char* isa_name = "avx512";
template <typename T>
using Vector [[gnu::vector_size(64)]] = T;

}  // namespace fused_softplus::cpu

namespace fused_softplus::math {

template <>
struct Instructions<cpu::Vector<float>> : NoInstructions {
  using V = cpu::Vector<float>;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  FUSED_SOFTPLUS_INLINE static V fma_towards_zero(V a, V b, V c) {
    return _mm512_fmadd_round_ps(a, b, c, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
  }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return _mm512_min_ps(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return _mm512_max_ps(a, b); }
  FUSED_SOFTPLUS_INLINE static bool any_less(V a, V b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ) != 0;
  }
  FUSED_SOFTPLUS_INLINE static V look_up(const float* table, Bits<V> row) {
    return _mm512_permutex2var_ps(_mm512_load_ps(table), bit_cast<__m512i>(row),
                                  _mm512_load_ps(table + 16));
  }
  FUSED_SOFTPLUS_INLINE static V from_float16(auto bits) {
    return _mm512_cvtph_ps(bit_cast<__m256i>(bits));
  }
  FUSED_SOFTPLUS_INLINE static auto to_float16(V x) {
    return _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
  }
};

template <>
struct Instructions<cpu::Vector<double>> : NoInstructions {
  using V = cpu::Vector<double>;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return _mm512_min_pd(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return _mm512_max_pd(a, b); }
};

}  // namespace fused_softplus::math
