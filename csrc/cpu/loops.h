// The CPU's inner loops, compiled once for each instruction set from loops.cpp.
#pragma once

#include <cstdint>

#include "csrc/math/kernel.h"

namespace fused_softplus::cpu {

enum class Dtype : uint8_t { float32, float64, float16, bfloat16 };

// Computes n elements. data holds the outputs' addresses, then the inputs'; strides are in bytes.
// An output may be the same memory as an input.
using Loop = void (*)(double beta, double threshold, char* const* data, const int64_t* strides,
                      int64_t n);

namespace baseline {
Loop find_loop(Kernel, Dtype);
}
#ifdef __x86_64__
namespace avx2 {
Loop find_loop(Kernel, Dtype);
}
namespace avx512 {
Loop find_loop(Kernel, Dtype);
}
#endif

}  // namespace fused_softplus::cpu
