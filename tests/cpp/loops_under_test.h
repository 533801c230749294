// The loops that this machine can run: those of its instruction sets, and what CUDA computes.
#pragma once

#include <vector>

#include "csrc/cpu/instruction_sets.h"

namespace fused_softplus::cpu {

inline std::vector<InstructionSet> runnable_instruction_sets() {
  std::vector<InstructionSet> sets = instruction_sets();
  std::erase_if(sets, [](const InstructionSet& set) { return !set.supported; });
  return sets;
}

namespace scalar {
Loop find_loop(Kernel, Dtype);
}

inline std::vector<InstructionSet> loops_under_test() {
  std::vector<InstructionSet> sets = runnable_instruction_sets();
#ifdef __x86_64__
  const bool supported = __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
  const bool supported = true;
#endif
  if (supported) {
    sets.push_back({"cuda", true, true, scalar::find_loop});
  }
  return sets;
}

}  // namespace fused_softplus::cpu
