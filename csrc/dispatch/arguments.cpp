#include "csrc/dispatch/arguments.h"

#include <ATen/core/Formatting.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace fused_softplus {
namespace {

constexpr const char* prefix = "fused_softplus::";  // of every operator's name

double real_number(const char* name, const char* argument, const at::Scalar& scalar) {
  TORCH_CHECK(!scalar.isComplex(), prefix, name, "(): ", argument, " must be a real number, not ",
              scalar);
  return scalar.toDouble();
}

}  // namespace

void check_dtypes(const char* name, std::initializer_list<const at::Tensor*> tensors) {
  const auto dtype = (*tensors.begin())->scalar_type();
  TORCH_CHECK_NOT_IMPLEMENTED(
      dtype == at::kFloat || dtype == at::kDouble || dtype == at::kHalf || dtype == at::kBFloat16,
      '"', prefix, name, "\" not implemented for '", c10::toString(dtype),
      "': the tensors must be float32, float64, float16 or bfloat16");
  for (const at::Tensor* tensor : tensors) {
    TORCH_CHECK(tensor->scalar_type() == dtype, prefix, name,
                "(): the tensors must have the same dtype, but got ", c10::toString(dtype), " and ",
                c10::toString(tensor->scalar_type()));
  }
}

double checked_beta(const char* name, const at::Scalar& beta, at::ScalarType dtype) {
  const double value = real_number(name, "beta", beta);
  // Within these, 1 / beta, beta / ln(2) and the x that exp(-|beta x|) underflows for are all
  // normal numbers of the type.
  const bool is_double = dtype == at::kDouble;
  const double largest = is_double ? 1e300 : 1e30;
  TORCH_CHECK_VALUE(std::abs(value) >= 1 / largest && std::abs(value) <= largest, prefix, name,
                    "(): beta must be finite and not zero, and abs(beta) from ", 1 / largest,
                    " to ", largest, " for ",
                    is_double ? "float64" : "float32, float16 and bfloat16", ", but got ", value);
  return value;
}

double checked_threshold(const char* name, const at::Scalar& threshold) {
  const double value = real_number(name, "threshold", threshold);
  TORCH_CHECK_VALUE(!std::isnan(value), prefix, name,
                    "(): threshold must be a number (infinity for no linear part), but got NaN");
  return value;
}

void check_arguments(const char* name, std::initializer_list<const at::Tensor*> tensors,
                     const at::Scalar& beta, const at::Scalar& threshold) {
  check_dtypes(name, tensors);
  if (!beta.isSymbolic()) {
    checked_beta(name, beta, (*tensors.begin())->scalar_type());
  }
  if (!threshold.isSymbolic()) {
    checked_threshold(name, threshold);
  }
}

}  // namespace fused_softplus
