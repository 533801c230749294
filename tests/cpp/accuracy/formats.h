// The stored formats, whose numbers a wider type holds exactly.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "csrc/cpu/loops.h"

namespace fused_softplus::accuracy {

using cpu::Dtype;

// The name and bits of a format, its number of significant binary digits, the exponents of its
// smallest subnormal number and of the power of 2 at which it overflows, and the bits of 1.
template <Dtype>
struct Format;
template <>
struct Format<Dtype::float32> {
  using Bits = uint32_t;
  using Wide = double;
  static constexpr const char* name = "float32";
  static constexpr int digits = 24, smallest = -149, end = 128;
  static constexpr Bits one = 0x3f800000;
  static Wide value(Bits bits) { return std::bit_cast<float>(bits); }
  static Bits nearest(double x) { return std::bit_cast<Bits>(static_cast<float>(x)); }
};
template <>
struct Format<Dtype::float64> {
  using Bits = uint64_t;
  using Wide = long double;
  static constexpr const char* name = "float64";
  static constexpr int digits = 53, smallest = -1074, end = 1024;
  static constexpr Bits one = 0x3ff0000000000000;
  static Wide value(Bits bits) { return std::bit_cast<double>(bits); }
  static Bits nearest(double x) { return std::bit_cast<Bits>(x); }
};
template <>
struct Format<Dtype::bfloat16> {
  using Bits = uint16_t;
  using Wide = double;
  static constexpr const char* name = "bfloat16";
  static constexpr int digits = 8, smallest = -133, end = 128;
  static constexpr Bits one = 0x3f80;
  static Wide value(Bits bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
};
template <>
struct Format<Dtype::float16> {
  using Bits = uint16_t;
  using Wide = double;
  static constexpr const char* name = "float16";
  static constexpr int digits = 11, smallest = -24, end = 16;
  static constexpr Bits one = 0x3c00;
  static Wide value(Bits bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31) {
      return fraction ? std::nan("") : sign * INFINITY;
    }
    return sign *
           (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
  }
};

// The format in which the results of a format are computed.
template <Dtype dtype>
using Opmath = Format<dtype == Dtype::float64 ? Dtype::float64 : Dtype::float32>;

// 2^exponent, exactly.
template <typename W>
constexpr W power_of_2(int exponent) {
  W power = 1;
  for (; exponent > 0; --exponent) power *= 2;
  for (; exponent < 0; ++exponent) power /= 2;
  return power;
}

// The largest power of 2 that is at most abs(x); 0 for 0.
inline double leading_power_of_2(double x) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & 0x7ff0000000000000);
}
inline long double leading_power_of_2(long double x) {
  return x == 0 ? 0 : std::ldexp(1.0L, std::ilogb(x));
}

// abs(result - exact), less an allowance, in units in the last place of exact. Infinity counts as
// the power of 2 at which the format ends, so that rounding to it is judged like any other
// rounding.
template <typename F, typename W = typename F::Wide>
W error_in_ulp(W result, W exact, W allowance) {
  constexpr W end = power_of_2<W>(F::end);
  const auto clamp = [](W x) { return x > end ? end : x < -end ? -end : x; };
  const W leading = leading_power_of_2(exact) * power_of_2<W>(1 - F::digits);
  const W last = power_of_2<W>(F::end - F::digits), smallest = power_of_2<W>(F::smallest);
  const W unit = leading > last ? last : leading < smallest ? smallest : leading;
  return (std::fabs(clamp(result) - clamp(exact)) - allowance) / unit;
}

}  // namespace fused_softplus::accuracy
