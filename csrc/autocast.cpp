// Autocast as ATen treats its own softplus: float32 on CUDA, and no rule on the CPU.
#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "ops.h"

namespace fused_softplus {
namespace {

at::Tensor in_float(const at::Tensor& tensor) {
  return at::autocast::cached_cast(at::kFloat, tensor, c10::DeviceType::CUDA);
}

at::Tensor softplus_autocast(const at::Tensor& self, const at::Scalar& beta,
                             const at::Scalar& threshold) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCUDA);
  return ops::softplus().call(in_float(self), beta, threshold);
}

at::Tensor softplus_bias_autocast(const at::Tensor& self, const at::Tensor& bias,
                                  const at::Scalar& beta, const at::Scalar& threshold) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCUDA);
  return ops::softplus_bias().call(in_float(self), in_float(bias), beta, threshold);
}

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, AutocastCUDA, m) {
  m.impl("softplus", fused_softplus::softplus_autocast);
  m.impl("softplus_bias", fused_softplus::softplus_bias_autocast);
}
