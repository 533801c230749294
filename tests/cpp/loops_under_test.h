// The loops that this machine can run: those of its instruction sets, and those that compute what
// CUDA computes.
#pragma once

#include <vector>

#include "csrc/cpu/instruction_sets.h"
#include "csrc/math/formulas.h"

namespace fused_softplus::cpu {

struct KernelShape {
  Kernel kernel;
  int outputs, inputs;
};

inline std::vector<KernelShape> kernels() {
  std::vector<KernelShape> shapes;
  for (int number = 0; number <= static_cast<int>(Kernel::last); ++number) {
    const auto kernel = static_cast<Kernel>(number);
    math::with_formula(
        kernel, [&](auto formula) { shapes.push_back({kernel, formula.outputs, formula.inputs}); });
  }
  return shapes;
}

inline std::vector<InstructionSet> runnable_instruction_sets() {
  std::vector<InstructionSet> sets = instruction_sets();
  std::erase_if(sets, [](const InstructionSet& set) { return !set.supported; });
  return sets;
}

// What CUDA computes. It is compiled for the CPU features of the AVX2 loops, in a file without
// tests, so that a test can check for those features first.
namespace scalar {
inline bool supported() { return runnable_instruction_sets().front().fused_multiply_add; }
Loop find_loop(Kernel, Dtype);
Loop find_loop_for_any_beta(Kernel, Dtype);  // treats beta = 1 like any other number
double refined_reciprocal(double x, double guess);
}  // namespace scalar

inline std::vector<InstructionSet> loops_under_test() {
  std::vector<InstructionSet> sets = runnable_instruction_sets();
  if (scalar::supported()) {
    sets.push_back({{"cuda", true, scalar::find_loop}, true});
  }
  return sets;
}

}  // namespace fused_softplus::cpu
