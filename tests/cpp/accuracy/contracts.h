// The contracts: how far from exact each kernel's results may be. They stand beside the functions
// in csrc/math/formulas.h too.
#pragma once

#include <cmath>
#include <vector>

#include "tests/cpp/accuracy/formats.h"
#include "tests/cpp/accuracy/reference.h"
#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::accuracy {

using cpu::InstructionSet;

// Units in the last place that an error stays below, for float32 and float64.
struct Bounds {
  double power_of_2, any;                // beta
  double no_fma_power_of_2, no_fma_any;  // the same without fused multiply-add
};

// Where exp(-abs(beta x)) is denormal it is wrong by up to one denormal. What multiplies it then
// multiplies that too.
enum class Multiplier { one, beta, inverse_beta };

template <typename W>
struct Quantity {
  const char* name;
  Kernel kernel;
  int inputs, outputs, output;  // the last input is x (or y); output: which one is measured
  Reference<W> exact;
  bool takes_result;  // defined for beta * x >= 0 only
  Bounds bounds;
  Multiplier multiplier;
  bool halves_correctly_rounded;  // for beta a power of 2, with fused multiply-add
  bool in_double = false;  // float32 and the halves too, and so as exact for any beta without it
};

template <typename W>
std::vector<Quantity<W>> quantities() {
  using enum Kernel;
  using enum Multiplier;
  // clang-format off
  return {
      {"softplus", softplus, 1, 1, 0,
       evaluate<W, accuracy::softplus<W>>, false, {1, 2.5, 1.25, 2.5}, inverse_beta, true},
      {"softplus_backward", softplus_backward, 2, 1, 0,
       evaluate<W, slope<W>>, false, {1, 1.5, 1.6, 1.6}, one, true},
      {"softplus_backward_from_result", softplus_backward_from_result, 2, 1, 0,
       evaluate<W, slope_from_result<W>>, true, {1.5, 2, 2, 2}, one, false},
      {"softplus_double_backward.grad_output", softplus_double_backward, 3, 2, 0,
       evaluate<W, slope<W>>, false, {1, 1.5, 1.6, 1.6}, one, true},
      {"softplus_double_backward.self", softplus_double_backward, 3, 2, 1,
       evaluate<W, curvature<W>>, false, {2.25, 4, 4, 4}, beta, false},
      {"softplus_double_backward_from_result.grad_output", softplus_double_backward_from_result,
       3, 2, 0, evaluate<W, slope_from_result<W>>, true, {1.5, 2, 2, 2}, one, false},
      {"softplus_double_backward_from_result.result", softplus_double_backward_from_result,
       3, 2, 1, evaluate<W, curvature_from_result<W>>, true, {1, 2.25, 2.5, 2.5}, beta, false},
      {"inverse_softplus", inverse_softplus, 1, 1, 0,
       evaluate<W, accuracy::inverse_softplus<W>>, true, {1, 2, 1.25, 2.5}, one, true, true},
  };
  // clang-format on
}

// What is tried of beta and threshold, under one name and one bound; and whether denormal numbers
// are flushed to 0.
struct Setting {
  double beta, threshold;
  bool flushing = false;
};
struct Settings {
  const char* name;
  std::vector<Setting> all;
};

inline bool is_power_of_2(double beta) {
  int exponent;
  return std::fabs(std::frexp(beta, &exponent)) == 0.5;
}

template <Dtype dtype>
std::vector<Settings> settings() {
  // float32 holds 100 alone exactly. Of the long ones, it rounds the inverse of the first and the
  // others by nearly as much as it ever does.
  Settings others{"other beta", {}};
  for (const double beta :
       {0.1, 100.0, 0.37, 3.3, 1.0 / 3, -0.7, 6.0587708950044998, 83.798931121822534,
        1.03125 + 0x1.ffffp-25, -(0.25078125 - 0x1.ffffp-27)}) {
    others.all.push_back({beta, INFINITY});
  }
  if constexpr (Format<dtype>::digits >= 24) {
    return {{"beta 1", {{1, INFINITY}}},
            {"beta -1, 0.5, 2", {{-1, INFINITY}, {0.5, INFINITY}, {2, INFINITY}}},
            others};
  } else {
    // For a smaller beta, exp(-u) may be denormal where bfloat16's result is not.
    Settings powers{"beta ±2^-9 ... ±2^12, threshold 20, inf", {}};
    for (int exponent = -9; exponent <= 12; ++exponent) {
      for (const double sign : {1.0, -1.0}) {
        powers.all.push_back({sign * std::ldexp(1, exponent), 20});
        powers.all.push_back({sign * std::ldexp(1, exponent), INFINITY});
      }
    }
    return {powers, others};
  }
}

template <Dtype dtype, typename W>
bool correctly_rounded(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  return Format<dtype>::digits < 24 && quantity.halves_correctly_rounded &&
         (quantity.in_double || (set.fused_multiply_add && is_power_of_2(beta)));
}

// What a quantity's error must stay below, in the format's units in the last place.
template <Dtype dtype, typename W>
double bound(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  if (correctly_rounded<dtype>(quantity, set, beta)) {
    return 0.5;  // which none is equal to: 0, 1/2, 1 and x itself alone are rational
  }
  if (quantity.in_double && dtype == Dtype::float32) {
    return 0.50001;
  }
  constexpr int digits = Format<dtype>::digits, computed_digits = Opmath<dtype>::digits;
  const auto [power_of_2, any, no_fma_power_of_2, no_fma_any] = quantity.bounds;
  double computed = set.fused_multiply_add ? (is_power_of_2(beta) ? power_of_2 : any)
                    : is_power_of_2(beta)  ? no_fma_power_of_2
                                           : no_fma_any;
  if (dtype == Dtype::bfloat16 && !quantity.takes_result) {
    computed += 1.7;  // the short polynomials' own error, 2^-23.3
  }
  return digits == computed_digits ? computed
                                   : 0.5 + std::ldexp(computed, digits - computed_digits);
}

// What is allowed beside the bound.
struct Allowance {
  double absolute = 0;  // for the rounding of a denormal exponential
  double ulp_of_u = 0;  // ULP for each unit of abs(beta x): where that itself is rounded
};
template <Dtype dtype, typename W>
Allowance allowance(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  Allowance allowance;
  if (!correctly_rounded<dtype>(quantity, set, beta)) {
    const double multiplier = quantity.multiplier == Multiplier::one    ? 1
                              : quantity.multiplier == Multiplier::beta ? std::fabs(beta)
                                                                        : std::fabs(1 / beta);
    allowance.absolute = std::ldexp(std::fmax(0, multiplier - 1), Opmath<dtype>::smallest);
  }
  if (!set.fused_multiply_add && !is_power_of_2(beta)) {
    if (!quantity.in_double) {
      allowance.ulp_of_u = std::ldexp(1, Format<dtype>::digits - Opmath<dtype>::digits);
    } else if (Format<dtype>::digits >= 24) {  // beta x is rounded beside the zero of the result
      allowance.absolute = std::ldexp(1 / std::fabs(beta), -53);
    }
  }
  return allowance;
}

// Whether a contract holds with denormal numbers flushed to 0, too: where the input, beta x and the
// result are normal numbers of the type that it is computed in, and so is exp(-abs(beta x)) where
// something multiplies it. A result is not flushed if it is above the smallest normal number by
// more than its error; where the multiplier is no power of 2, it multiplies 2^-k before 1 + p does,
// which is up to 3/2 (csrc/math/reduction.h).
template <Dtype dtype, typename W>
bool survives_flushing(const Quantity<W>& quantity, W beta, W x, W exact) {
  constexpr int exponent = Opmath<dtype>::smallest + Opmath<dtype>::digits - 1;
  constexpr W smallest = power_of_2<W>(exponent);
  const bool multiplied = quantity.multiplier != Multiplier::one;
  const W least = multiplied && !is_power_of_2(beta) ? 1.5 : 1 + power_of_2<W>(-12);
  const W u = std::fabs(beta * x);
  return (x == 0 || (std::fabs(x) >= smallest && u >= smallest)) &&
         std::fabs(exact) >= least * smallest && (!multiplied || std::exp(-u) >= smallest);
}

// By how much a measured error may be wrong, in the same units.
template <Dtype dtype>
constexpr double uncertainty =
    power_of_2<double>(Format<dtype>::digits) * reference_error<typename Format<dtype>::Wide>;

}  // namespace fused_softplus::accuracy
