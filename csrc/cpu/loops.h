// The inner loops of the CPU. loops.cpp is compiled once for each instruction set.
#pragma once

#include <cstdint>

#include "csrc/math/kernel.h"

namespace fused_softplus::cpu {

enum class Dtype : uint8_t { float32, float64, float16, bfloat16 };

// Computes n elements. data holds the addresses of the outputs and then of the inputs; strides are
// in bytes. An output may be the same memory as an input.
using Loop = void (*)(double beta, double threshold, char* const* data, const int64_t* strides,
                      int64_t n);

// The loops for one instruction set.
struct Loops {
  const char* name;  // as FUSED_SOFTPLUS_CPU_CAPABILITY has it
  bool fused_multiply_add;
  Loop (*find_loop)(Kernel, Dtype);
};

namespace isa {
extern const Loops baseline, avx2, avx512, neon;
}

}  // namespace fused_softplus::cpu
