// What every CPU of an architecture has that has no header of its own here.
#pragma once

#include "csrc/math/lanes.h"

namespace fused_softplus::cpu {

constexpr const char* isa_name = "default";
template <typename T>
using Vector [[gnu::vector_size(16)]] = T;

}  // namespace fused_softplus::cpu

#ifdef __x86_64__
namespace fused_softplus::math {

// SSE2 has no fused multiply-add, and the function of the C library takes 25 ns.
template <typename V>
struct UnfusedMultiplyAdd : NoInstructions {
  static constexpr bool fma_rounds_once = false;

  FUSED_SOFTPLUS_INLINE static V fma(V a, V b, V c) { return a * b + c; }
};

template <>
struct Instructions<cpu::Vector<float>> : UnfusedMultiplyAdd<cpu::Vector<float>> {};
template <>
struct Instructions<cpu::Vector<double>> : UnfusedMultiplyAdd<cpu::Vector<double>> {};

}  // namespace fused_softplus::math
#endif
