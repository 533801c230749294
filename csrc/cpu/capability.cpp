#include "csrc/cpu/capability.h"

#include <c10/util/Exception.h>
#include <fused_softplus/softplus.h>

#include <cstdlib>
#include <string_view>

#include "csrc/cpu/instruction_sets.h"

namespace fused_softplus::cpu {
namespace {

InstructionSet choose() {
  const char* const wanted = std::getenv("FUSED_SOFTPLUS_CPU_CAPABILITY");
  const std::vector<InstructionSet> sets = instruction_sets();
  std::vector<const char*> names;
  const auto chosen = std::find_if(sets.begin(), sets.end(), [&](const InstructionSet& set) {
    names.push_back(set.name);
    return wanted ? std::string_view(wanted) == set.name : set.supported;
  });
  TORCH_CHECK(chosen != sets.end(), "FUSED_SOFTPLUS_CPU_CAPABILITY must be one of ",
              c10::Join(", ", names), ", but is ", wanted);
  TORCH_CHECK(chosen->supported, "FUSED_SOFTPLUS_CPU_CAPABILITY=", wanted,
              ", but this CPU does not support it");
  return *chosen;
}

const InstructionSet& chosen() {
  static const InstructionSet set = choose();
  return set;
}

}  // namespace

Loop find_loop(Kernel kernel, Dtype dtype) { return chosen().find_loop(kernel, dtype); }

}  // namespace fused_softplus::cpu

const char* fused_softplus::cpu_capability() { return cpu::chosen().name; }
