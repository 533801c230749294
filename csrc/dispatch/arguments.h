// The checks of the operators' arguments, for every device.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

#include <initializer_list>

namespace fused_softplus {

// Throws unless the tensors share one dtype, which the kernels compute. name is the operator's,
// without its namespace.
void check_dtypes(const char* name, std::initializer_list<const at::Tensor*> tensors);

// beta as the kernels take it. Throws unless abs(beta) is from 1e-30 to 1e30 (float64: 1e-300 to
// 1e300).
double checked_beta(const char* name, const at::Scalar& beta, at::ScalarType dtype);

// threshold as the kernels take it; infinity means "never linear". Throws for NaN.
double checked_threshold(const char* name, const at::Scalar& threshold);

// Whether the kernels take tensors of this dtype with these numbers. A symbolic number is refused.
bool takes(at::ScalarType dtype, const at::Scalar& beta, const at::Scalar& threshold);

// All of these checks. A symbolic number is not looked at, since that would make it a constant of
// the traced graph.
void check_arguments(const char* name, std::initializer_list<const at::Tensor*> tensors,
                     const at::Scalar& beta, const at::Scalar& threshold);

}  // namespace fused_softplus
