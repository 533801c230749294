// What every operator asks of its arguments, on every device.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

namespace fused_softplus {

// Throws unless the dtype is one that the kernels compute. name is the operator's.
void check_dtype(const char* name, const at::Tensor& tensor);

// beta as the kernels take it. Throws unless it is finite and not zero, also once rounded to the
// type that dtype is computed in (float32 for the halves).
double checked_beta(const char* name, const at::Scalar& beta, at::ScalarType dtype);

// threshold as the kernels take it; infinity means "never linear". Throws for NaN.
double checked_threshold(const char* name, const at::Scalar& threshold);

}  // namespace fused_softplus
