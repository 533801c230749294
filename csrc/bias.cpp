// softplus.bias: a bias along one dimension, as layers have it, in terms of softplus_bias, which
// broadcasts. It has no kernel of its own, so every transform and device takes it that takes
// softplus_bias.
#include <ATen/ATen.h>
#include <ATen/WrapDimUtils.h>
#include <torch/library.h>

#include "softplus.h"

namespace fused_softplus {
namespace {

at::Tensor softplus_along(const at::Tensor& self, const at::Scalar& beta,
                          const at::Scalar& threshold, const at::Tensor& bias, int64_t bias_dim) {
  const int64_t dim = at::maybe_wrap_dim(bias_dim, self.dim());
  if (bias.dim() == 0) {
    return softplus_bias(self, bias, beta, threshold);
  }
  TORCH_CHECK(bias.dim() == 1 && self.dim() > 0 && bias.sym_size(0) == self.sym_size(dim),
              "fused_softplus::softplus(): bias must be 0-D, or 1-D and of input's size in "
              "dimension ",
              bias_dim, ", but has shape ", bias.sym_sizes(), " and input ", self.sym_sizes());
  if (self.is_nested()) {  // whose pointwise operators take two tensors, and backward has three
    return fused_softplus::softplus(self + bias, beta, threshold);
  }
  at::Tensor aligned = bias;
  for (int64_t after = dim + 1; after < self.dim(); ++after) {
    aligned = aligned.unsqueeze(-1);
  }
  return softplus_bias(self, aligned, beta, threshold);
}

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, CompositeImplicitAutograd, m) {
  m.impl("softplus.bias", fused_softplus::softplus_along);
}

// vmap looks only here for what consists of other operators.
TORCH_LIBRARY_IMPL(fused_softplus, FuncTorchBatchedDecomposition, m) {
  m.impl("softplus.bias", fused_softplus::softplus_along);
}
