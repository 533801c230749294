// The instruction sets whose loops this machine can run.
#pragma once

#include <vector>

#include "csrc/cpu/instruction_sets.h"

namespace fused_softplus::cpu {

inline std::vector<InstructionSet> runnable_instruction_sets() {
  std::vector<InstructionSet> sets = instruction_sets();
  std::erase_if(sets, [](const InstructionSet& set) { return !set.supported; });
  return sets;
}

}  // namespace fused_softplus::cpu
