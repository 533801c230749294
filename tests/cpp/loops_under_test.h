// The instruction sets whose loops this machine can run.
#pragma once

#include <string>
#include <vector>

#include "csrc/cpu/loops.h"

namespace fused_softplus::cpu {

struct InstructionSet {
  const char* name;
  Loop (*find_loop)(Kernel, Dtype);
  bool fused_multiply_add;
};

inline std::vector<InstructionSet> runnable_instruction_sets() {
#ifdef __x86_64__
  std::vector<InstructionSet> sets = {{"default", baseline::find_loop, false}};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    sets.push_back({"avx2", avx2::find_loop, true});
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    sets.push_back({"avx512", avx512::find_loop, true});
  }
  return sets;
#else
  return {{"default", baseline::find_loop, true}};
#endif
}

}  // namespace fused_softplus::cpu
