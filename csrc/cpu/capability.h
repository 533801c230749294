// The choice of the instruction set that the loops run with, which cpu_capability() of softplus.h
// names.
#pragma once

#include "csrc/cpu/loops.h"

namespace fused_softplus::cpu {

// The loop for the chosen instruction set.
Loop find_loop(Kernel kernel, Dtype dtype);

}  // namespace fused_softplus::cpu
