// 64-bit ARM: every such CPU has NEON with fused multiply-add and float16 conversion.
#pragma once

#include <arm_neon.h>

#include "csrc/math/lanes.h"

namespace fused_softplus::cpu {

constexpr const char* isa_name = "neon";
template <typename T>
using Vector [[gnu::vector_size(16)]] = T;

}  // namespace fused_softplus::cpu

namespace fused_softplus::math {

template <>
struct Instructions<cpu::Vector<float>> : NoInstructions {
  using V = cpu::Vector<float>;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return vfmaq_f32(c, a, b); }
  FUSED_SOFTPLUS_INLINE static V abs(V x) { return vabsq_f32(x); }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return vminq_f32(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return vmaxq_f32(a, b); }
  // NEON has no comparison that is true for NaN, so the mask is that of x <= 0.
  FUSED_SOFTPLUS_INLINE static auto is_positive_or_nan(V x) { return x <= 0; }
  FUSED_SOFTPLUS_INLINE static V select(Bits<V> opposite, V yes, V no) {
    return opposite ? no : yes;
  }
  FUSED_SOFTPLUS_INLINE static bool any_less(V a, V b) {
    return !(vminvq_f32(a) >= b[0]);  // true where a is NaN, because min has dropped the others
  }

  // Loads a row of 8 numbers for each lane and transposes them: columns[i] has the i-th numbers of
  // the rows. A load for each lane and column would take three times as many instructions.
  FUSED_SOFTPLUS_INLINE static void look_up_rows(const float* rows, Bits<V> row, V* columns) {
    const auto bytes = bit_cast<uint32x4_t>(row * 32);  // from the first row
    for (int column = 0; column < 8; column += 4) {
      const auto load = [&](int lane) {
        const char* const first = reinterpret_cast<const char*>(rows + column);
        return vld1q_f32(reinterpret_cast<const float*>(first + bytes[lane]));
      };
      const V row0 = load(0), row1 = load(1), row2 = load(2), row3 = load(3);
      const auto pair = [](V numbers) { return vreinterpretq_f64_f32(numbers); };
      const auto even01 = pair(vtrn1q_f32(row0, row1)), odd01 = pair(vtrn2q_f32(row0, row1));
      const auto even23 = pair(vtrn1q_f32(row2, row3)), odd23 = pair(vtrn2q_f32(row2, row3));
      columns[column] = vreinterpretq_f32_f64(vtrn1q_f64(even01, even23));
      columns[column + 1] = vreinterpretq_f32_f64(vtrn1q_f64(odd01, odd23));
      columns[column + 2] = vreinterpretq_f32_f64(vtrn2q_f64(even01, even23));
      columns[column + 3] = vreinterpretq_f32_f64(vtrn2q_f64(odd01, odd23));
    }
  }

  FUSED_SOFTPLUS_INLINE static V from_float16(auto bits) {
    return vcvt_f32_f16(bit_cast<float16x4_t>(bits));
  }
  FUSED_SOFTPLUS_INLINE static auto to_float16(V x) { return vcvt_f16_f32(x); }
};

template <>
struct Instructions<cpu::Vector<double>> : NoInstructions {
  using V = cpu::Vector<double>;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return vfmaq_f64(c, a, b); }
  FUSED_SOFTPLUS_INLINE static V abs(V x) { return vabsq_f64(x); }
  FUSED_SOFTPLUS_INLINE static V min(V a, V b) { return vminq_f64(a, b); }
  FUSED_SOFTPLUS_INLINE static V max(V a, V b) { return vmaxq_f64(a, b); }
};

}  // namespace fused_softplus::math
