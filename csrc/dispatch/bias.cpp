// softplus.bias and softplus.number_bias: softplus of the input and a bias along one of its
// dimensions, as layers have it, or a number. They consist of other operators, so every transform
// and device that takes those takes these. The result has the dtype of the sum.
#include <ATen/ATen.h>
#include <ATen/WrapDimUtils.h>
#include <fused_softplus/softplus.h>

#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// A view of the bias, which is 0-D or lies along dimension dim of self, that broadcasts against
// self.
Tensor aligned(const Tensor& bias, const Tensor& self, int64_t dim) {
  const int64_t wrapped = at::maybe_wrap_dim(dim, self.dim());
  if (bias.dim() == 0) {
    return bias;
  }
  TORCH_CHECK(bias.dim() == 1 && self.dim() > 0 && bias.sym_size(0) == self.sym_size(wrapped),
              "fused_softplus::softplus(): bias must be 0-D, or 1-D and of input's size in "
              "dimension ",
              dim, ", but has shape ", bias.sym_sizes(), " and input ", self.sym_sizes());
  if (wrapped == self.dim() - 1) {
    return bias;
  }
  c10::SmallVector<int64_t, 5> shape(self.dim() - wrapped, 1);
  shape[0] = -1;
  return bias.view(shape);
}

Tensor softplus_along(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                      const std::optional<Tensor>& bias, int64_t bias_dim) {
  if (!bias) {
    return fused_softplus::softplus(self, beta, threshold);
  }
  const Tensor addend = aligned(*bias, self, bias_dim);
  // One pass reads one dtype. Of nested tensors, no pointwise operator takes three, as the backward
  // operator would have to.
  if (self.scalar_type() != addend.scalar_type() || self.is_nested()) {
    return fused_softplus::softplus(self + addend, beta, threshold);
  }
  return softplus_bias(self, addend, beta, threshold);
}

Tensor softplus_number_bias(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                            const Scalar& bias, int64_t bias_dim) {
  at::maybe_wrap_dim(bias_dim, self.dim());  // throws as it does for a tensor
  return fused_softplus::softplus(self + bias, beta, threshold);
}

void implement(torch::Library& m) {
  m.impl("softplus.bias", softplus_along);
  m.impl("softplus.number_bias", softplus_number_bias);
}

const CompositeRegistration composites(implement);

}  // namespace
}  // namespace fused_softplus
