// The instruction sets that the loops are compiled for, best first, and what each needs of the CPU:
// what CMakeLists.txt compiles it for.
#pragma once

#include <vector>

#include "loops.h"

namespace fused_softplus::cpu {

struct InstructionSet {
  const char* name;  // as FUSED_SOFTPLUS_CPU_CAPABILITY has it
  bool supported;
  bool fused_multiply_add;
  Loop (*find_loop)(Kernel, Dtype);
};

inline std::vector<InstructionSet> instruction_sets() {
#ifdef __x86_64__
  return {
      {"avx512",
       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"),
       true, avx512::find_loop},
      {"avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), true,
       avx2::find_loop},
      {"default", true, false, baseline::find_loop},
  };
#else
  return {{"default", true, true, baseline::find_loop}};
#endif
}

}  // namespace fused_softplus::cpu
