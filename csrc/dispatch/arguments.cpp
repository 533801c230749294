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

bool is_computed(at::ScalarType dtype) {
  return dtype == at::kFloat || dtype == at::kDouble || dtype == at::kHalf ||
         dtype == at::kBFloat16;
}

// Within these, 1 / beta, beta / ln(2) and the x that exp(-|beta x|) underflows for are all normal
// numbers of the type.
double largest_beta(at::ScalarType dtype) { return dtype == at::kDouble ? 1e300 : 1e30; }

bool is_valid_beta(double beta, at::ScalarType dtype) {
  const double largest = largest_beta(dtype);
  return std::abs(beta) >= 1 / largest && std::abs(beta) <= largest;
}

}  // namespace

void check_dtypes(const char* name, std::initializer_list<const at::Tensor*> tensors) {
  const auto dtype = (*tensors.begin())->scalar_type();
  TORCH_CHECK_NOT_IMPLEMENTED(is_computed(dtype), '"', prefix, name, "\" not implemented for '",
                              c10::toString(dtype),
                              "': the tensors must be float32, float64, float16 or bfloat16");
  for (const at::Tensor* tensor : tensors) {
    TORCH_CHECK(tensor->scalar_type() == dtype, prefix, name,
                "(): the tensors must have the same dtype, but got ", c10::toString(dtype), " and ",
                c10::toString(tensor->scalar_type()));
  }
}

double checked_beta(const char* name, const at::Scalar& beta, at::ScalarType dtype) {
  const double value = real_number(name, "beta", beta);
  const double largest = largest_beta(dtype);
  TORCH_CHECK_VALUE(is_valid_beta(value, dtype), prefix, name,
                    "(): beta must be finite and not zero, and abs(beta) from ", 1 / largest,
                    " to ", largest, " for ",
                    dtype == at::kDouble ? "float64" : "float32, float16 and bfloat16",
                    ", but got ", value);
  return value;
}

double checked_threshold(const char* name, const at::Scalar& threshold) {
  const double value = real_number(name, "threshold", threshold);
  TORCH_CHECK_VALUE(!std::isnan(value), prefix, name,
                    "(): threshold must be a number (infinity for no linear part), but got NaN");
  return value;
}

bool takes(at::ScalarType dtype, const at::Scalar& beta, const at::Scalar& threshold) {
  const auto is_real = [](const at::Scalar& scalar) {
    return !scalar.isSymbolic() && !scalar.isComplex();
  };
  return is_computed(dtype) && is_real(beta) && is_real(threshold) &&
         is_valid_beta(beta.toDouble(), dtype) && !std::isnan(threshold.toDouble());
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
