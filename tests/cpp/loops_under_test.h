// The loops that this machine can run: those of its instruction sets, and what CUDA computes.
#pragma once

#include <vector>

#include "csrc/cpu/instruction_sets.h"

namespace fused_softplus::cpu {

struct KernelShape {
  Kernel kernel;
  int outputs, inputs;
};

constexpr KernelShape kernels[] = {
    {Kernel::softplus, 1, 1},
    {Kernel::softplus_backward, 1, 2},
    {Kernel::softplus_backward_from_result, 1, 2},
    {Kernel::softplus_double_backward, 2, 3},
    {Kernel::softplus_double_backward_from_result, 2, 3},
    {Kernel::softplus_bias, 1, 2},
    {Kernel::softplus_bias_backward, 1, 3},
    {Kernel::softplus_bias_double_backward, 2, 4},
    {Kernel::inverse_softplus, 1, 1},
};

inline std::vector<InstructionSet> runnable_instruction_sets() {
  std::vector<InstructionSet> sets = instruction_sets();
  std::erase_if(sets, [](const InstructionSet& set) { return !set.supported; });
  return sets;
}

// What CUDA computes. It is compiled for the CPU features of AVX2's loops, and in a file without
// tests, so that a test can ask for those features first.
namespace scalar {
inline bool supported() { return runnable_instruction_sets().front().fused_multiply_add; }
Loop find_loop(Kernel, Dtype);
Loop find_loop_for_any_beta(Kernel, Dtype);  // takes beta = 1 for a number like any other
double refined_reciprocal(double x, double guess);
}  // namespace scalar

inline std::vector<InstructionSet> loops_under_test() {
  std::vector<InstructionSet> sets = runnable_instruction_sets();
  if (scalar::supported()) {
    sets.push_back({"cuda", true, true, scalar::find_loop});
  }
  return sets;
}

}  // namespace fused_softplus::cpu
