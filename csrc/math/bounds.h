// The form in which each formula states how exact it is. tests/tools/bounds.py reads it too.
#pragma once

#include <cstdint>

namespace fused_softplus::math {

// What exp(-|beta x|) is multiplied by. Where the exponential is subnormal, its error is up to one
// unit of the subnormals. A multiplier m > 1 adds up to m - 1 such units to the bound.
enum class Multiplier : uint8_t { one, beta, inverse_beta };

// The bounds of one output. An error stays below them, in units in the last place (ULP) of the
// result, with every incoming gradient equal to 1 (any other product rounds once more). beta is the
// double that is passed.
//
// The 16-bit types are computed in float32 and rounded once. Their error is at most 1/2 ULP plus
// 2^(digits - 24) times the bound.
//
// Where the processor treats subnormal numbers as 0 and flushes them to 0, the bounds hold if the
// input, beta x and the result are normal numbers. With a multiplier, exp(-|beta x|) must be normal
// too, and if the multiplier is no power of 2, the result must be at least 1.5 times the smallest
// normal number.
struct Bounds {
  // For float32 and float64: for beta a power of 2 and for any other, on machines that have fused
  // multiply-add, and without it.
  double power_of_2 = 0, any_beta = 0;
  double power_of_2_without_fma = 0, any_beta_without_fma = 0;
  Multiplier multiplier = Multiplier::one;
  // Whether float16 and bfloat16 are correctly rounded for every input: for beta a power of 2 from
  // 2^-9 on, with fused multiply-add.
  bool correctly_rounded = false;
  // What the short polynomials add in bfloat16.
  double bfloat16_adds = 0;
  // Nonzero if float32 and the 16-bit types are computed in double: the bound of float32 for any
  // beta. The 16-bit types are then correctly rounded for any beta. Both hold without fused
  // multiply-add too.
  double float32_in_double = 0;
};

}  // namespace fused_softplus::math
