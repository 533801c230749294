// The contracts: how far from exact the results of each kernel may be. The numbers are those of
// csrc/math/formulas.h.
#pragma once

#include <cmath>
#include <vector>

#include "tests/cpp/accuracy/formats.h"
#include "tests/cpp/accuracy/reference.h"
#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::accuracy {

using cpu::InstructionSet;
using math::Bounds;
using math::Multiplier;

// One output of a kernel. Its last input is x (or y).
template <typename W>
struct Quantity {
  const char* name;
  Kernel kernel;
  int output;
  Reference<W> exact;
  bool takes_result = false;  // defined for beta * x >= 0 only
  int inputs = 0, outputs = 0;
  Bounds bounds;

  Quantity(const char* name_, Kernel kernel_, int output_, Reference<W> exact_,
           bool takes_result_ = false)
      : name(name_), kernel(kernel_), output(output_), exact(exact_), takes_result(takes_result_) {
    math::with_formula(kernel, [this](auto formula) {
      inputs = formula.inputs;
      outputs = formula.outputs;
      if constexpr (requires { formula.bounds; }) {
        bounds = formula.bounds[output];
      }
    });
  }
};

template <typename W>
std::vector<Quantity<W>> quantities() {
  using enum Kernel;
  constexpr bool takes_result = true;
  return {
      {"softplus", softplus, 0, evaluate<W, accuracy::softplus<W>>},
      {"softplus_backward", softplus_backward, 0, evaluate<W, slope<W>>},
      {"softplus_backward_from_result", softplus_backward_from_result, 0,
       evaluate<W, slope_from_result<W>>, takes_result},
      {"softplus_double_backward.grad_output", softplus_double_backward, 0, evaluate<W, slope<W>>},
      {"softplus_double_backward.self", softplus_double_backward, 1, evaluate<W, curvature<W>>},
      {"softplus_double_backward_from_result.grad_output", softplus_double_backward_from_result, 0,
       evaluate<W, slope_from_result<W>>, takes_result},
      {"softplus_double_backward_from_result.result", softplus_double_backward_from_result, 1,
       evaluate<W, curvature_from_result<W>>, takes_result},
      {"inverse_softplus", inverse_softplus, 0, evaluate<W, accuracy::inverse_softplus<W>>,
       takes_result},
      {"shifted_softplus", shifted_softplus, 0, evaluate<W, accuracy::shifted_softplus<W>>},
  };
}

struct Setting {
  double beta, threshold;
  bool flushing = false;  // whether subnormal numbers are flushed to 0
};
// Settings that have the same bound.
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
  // float32 holds only 100 exactly. Of the four long numbers, it rounds the inverse of the first,
  // and the other three themselves, by nearly the largest possible error.
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
    // For a smaller beta, exp(-u) may be subnormal where the result of bfloat16 is not.
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

// Whether float32 and the 16-bit types are computed in double.
template <typename W>
bool in_double(const Quantity<W>& quantity) {
  return quantity.bounds.float32_in_double > 0;
}

template <Dtype dtype, typename W>
bool correctly_rounded(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  return Format<dtype>::digits < 24 && quantity.bounds.correctly_rounded &&
         (in_double(quantity) || (set.fused_multiply_add && is_power_of_2(beta)));
}

// What the error of a quantity must stay below, in ULP of the format.
template <Dtype dtype, typename W>
double bound(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  const Bounds& bounds = quantity.bounds;
  if (correctly_rounded<dtype>(quantity, set, beta)) {
    return 0.5;  // no error equals it: only 0, 1/2, 1 and x itself are rational
  }
  if (in_double(quantity) && dtype == Dtype::float32) {
    return bounds.float32_in_double;
  }
  constexpr int digits = Format<dtype>::digits, computed_digits = Opmath<dtype>::digits;
  double computed = set.fused_multiply_add
                        ? (is_power_of_2(beta) ? bounds.power_of_2 : bounds.any_beta)
                    : is_power_of_2(beta) ? bounds.power_of_2_without_fma
                                          : bounds.any_beta_without_fma;
  if (dtype == Dtype::bfloat16) {
    computed += bounds.bfloat16_adds;
  }
  return digits == computed_digits ? computed
                                   : 0.5 + std::ldexp(computed, digits - computed_digits);
}

// The error that is allowed in addition to the bound.
struct Allowance {
  double absolute = 0;  // for the rounding of a subnormal exponential
  double ulp_of_u = 0;  // ULP for each unit of abs(beta x), where that product is rounded
};
template <Dtype dtype, typename W>
Allowance allowance(const Quantity<W>& quantity, const InstructionSet& set, double beta) {
  const Multiplier multiplier = quantity.bounds.multiplier;
  Allowance allowance;
  if (!correctly_rounded<dtype>(quantity, set, beta)) {
    const double factor = multiplier == Multiplier::one    ? 1
                          : multiplier == Multiplier::beta ? std::fabs(beta)
                                                           : std::fabs(1 / beta);
    allowance.absolute = std::ldexp(std::fmax(0, factor - 1), Opmath<dtype>::smallest);
  }
  if (!set.fused_multiply_add && !is_power_of_2(beta)) {
    if (!in_double(quantity)) {
      allowance.ulp_of_u = std::ldexp(1, Format<dtype>::digits - Opmath<dtype>::digits);
    } else if (Format<dtype>::digits >= 24) {  // beta x is rounded near the zero of the result
      allowance.absolute = std::ldexp(1 / std::fabs(beta), -53);
    }
  }
  return allowance;
}

// Whether a contract also holds with subnormal numbers flushed to 0. csrc/math/bounds.h states the
// conditions, for numbers of the type that the result is computed in. A result is not flushed if it
// exceeds the smallest normal number by more than its error. Where the multiplier is not a power of
// 2, it multiplies 2^-k before 1 + p, which is up to 3/2 (csrc/math/reduction.h).
template <Dtype dtype, typename W>
bool survives_flushing(const Quantity<W>& quantity, W beta, W x, W exact) {
  constexpr int exponent = Opmath<dtype>::smallest + Opmath<dtype>::digits - 1;
  constexpr W smallest = power_of_2<W>(exponent);
  const bool multiplied = quantity.bounds.multiplier != Multiplier::one;
  const W least = multiplied && !is_power_of_2(beta) ? 1.5 : 1 + power_of_2<W>(-12);
  const W u = std::fabs(beta * x);
  return (x == 0 || (std::fabs(x) >= smallest && u >= smallest)) &&
         std::fabs(exact) >= least * smallest && (!multiplied || std::exp(-u) >= smallest);
}

// How far a measured error may itself be wrong, in the same units.
template <Dtype dtype>
constexpr double uncertainty =
    power_of_2<double>(Format<dtype>::digits) * reference_error<typename Format<dtype>::Wide>;

}  // namespace fused_softplus::accuracy
