// The instruction sets that the loops are compiled for, and whether this CPU has the features of
// each, which CMakeLists.txt lists.
#pragma once

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <vector>

#include "csrc/cpu/loops.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace fused_softplus::cpu {

struct InstructionSet : Loops {
  bool supported;
};

// The best one comes first.
inline std::vector<InstructionSet> instruction_sets() {
  const auto all = [](std::initializer_list<bool> features) {
    return std::all_of(features.begin(), features.end(), std::identity());
  };
#ifdef __x86_64__
  // Each feature that CMakeLists.txt names has a variable here. A feature without a variable does
  // not compile, and neither does a variable without a feature.
  const bool avx2 = __builtin_cpu_supports("avx2"), fma = __builtin_cpu_supports("fma"),
             avx512f = __builtin_cpu_supports("avx512f"),
             avx512bw = __builtin_cpu_supports("avx512bw"),
             avx512dq = __builtin_cpu_supports("avx512dq"),
             avx512vl = __builtin_cpu_supports("avx512vl");
  // Clang 14 cannot ask for F16C by name. The question for AVX2 includes whether the operating
  // system saves the registers that F16C needs.
  unsigned eax, ebx, ecx, edx;
  const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
  return {
      {isa::avx512, all({FUSED_SOFTPLUS_FEATURES_OF_avx512})},
      {isa::avx2, all({FUSED_SOFTPLUS_FEATURES_OF_avx2})},
      {isa::baseline, all({FUSED_SOFTPLUS_FEATURES_OF_baseline})},
  };
#elif defined(__aarch64__)
  return {{isa::neon, all({FUSED_SOFTPLUS_FEATURES_OF_neon})}};
#else
  return {{isa::baseline, all({FUSED_SOFTPLUS_FEATURES_OF_baseline})}};
#endif
}

}  // namespace fused_softplus::cpu
