#include "arguments.h"

#include <ATen/core/Formatting.h>
#include <c10/util/Exception.h>

#include <cmath>

namespace fused_softplus {

void check_dtype(const char* name, const at::Tensor& tensor) {
  const auto dtype = tensor.scalar_type();
  TORCH_CHECK_NOT_IMPLEMENTED(
      dtype == at::kFloat || dtype == at::kDouble || dtype == at::kHalf || dtype == at::kBFloat16,
      '"', name, "\" not implemented for '", c10::toString(dtype),
      "': the tensors must be float32, float64, float16 or bfloat16");
}

namespace {

double real_number(const char* name, const char* argument, const at::Scalar& scalar) {
  TORCH_CHECK(!scalar.isComplex(), name, "(): ", argument, " must be a real number, not ", scalar);
  return scalar.toDouble();
}

}  // namespace

double checked_beta(const char* name, const at::Scalar& beta, at::ScalarType dtype) {
  const double value = real_number(name, "beta", beta);
  const double rounded = dtype == at::kDouble ? value : static_cast<float>(value);
  TORCH_CHECK_VALUE(std::isfinite(rounded) && rounded != 0, name,
                    "(): beta must be finite and not zero in ",
                    dtype == at::kDouble ? "float64" : "float32",
                    ", which this dtype is computed in, but got ", value);
  return value;
}

double checked_threshold(const char* name, const at::Scalar& threshold) {
  const double value = real_number(name, "threshold", threshold);
  TORCH_CHECK_VALUE(!std::isnan(value), name,
                    "(): threshold must be a number (infinity for no linear part), but got NaN");
  return value;
}

}  // namespace fused_softplus
