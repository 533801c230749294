// The instruction sets that the loops are compiled for, best first, and whether this CPU has the
// features of each, which CMakeLists.txt lists.
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

struct InstructionSet {
  const char* name;  // as FUSED_SOFTPLUS_CPU_CAPABILITY has it
  bool supported;
  bool fused_multiply_add;
  Loop (*find_loop)(Kernel, Dtype);
};

inline std::vector<InstructionSet> instruction_sets() {
  const auto all = [](std::initializer_list<bool> features) {
    return std::all_of(features.begin(), features.end(), std::identity());
  };
#ifdef __x86_64__
  // One variable for every feature that CMakeLists.txt names: a feature without a variable does not
  // compile, nor does a variable without a feature.
  const bool avx2 = __builtin_cpu_supports("avx2"), fma = __builtin_cpu_supports("fma"),
             avx512f = __builtin_cpu_supports("avx512f"),
             avx512bw = __builtin_cpu_supports("avx512bw"),
             avx512dq = __builtin_cpu_supports("avx512dq"),
             avx512vl = __builtin_cpu_supports("avx512vl");
  // Clang 14 cannot ask for F16C by name. Whether the operating system saves the registers that it
  // needs is part of the question for AVX2.
  unsigned eax, ebx, ecx, edx;
  const bool f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & bit_F16C);
  return {
      {"avx512", all({FUSED_SOFTPLUS_FEATURES_OF_avx512}), true, avx512::find_loop},
      {"avx2", all({FUSED_SOFTPLUS_FEATURES_OF_avx2}), true, avx2::find_loop},
      {"default", all({FUSED_SOFTPLUS_FEATURES_OF_baseline}), false, baseline::find_loop},
  };
#else
  return {{"default", all({FUSED_SOFTPLUS_FEATURES_OF_baseline}), true, baseline::find_loop}};
#endif
}

}  // namespace fused_softplus::cpu
