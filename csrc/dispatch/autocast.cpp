// Autocast as ATen treats its own softplus: float32 on CUDA, and no rule on the CPU.
#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/second_copy.h"

namespace fused_softplus {
namespace {

at::Tensor in_float(const at::Tensor& tensor) {
  return at::autocast::cached_cast(at::kFloat, tensor, c10::DeviceType::CUDA);
}
at::Scalar in_float(const at::Scalar& scalar) { return scalar; }

template <auto op, typename Handle = std::decay_t<decltype(op())>>
struct InFloat;

template <auto op, typename... Args>
struct InFloat<op, c10::TypedOperatorHandle<at::Tensor(Args...)>> {
  static at::Tensor kernel(Args... args) {
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCUDA);
    return op().call(in_float(args)...);
  }
};

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, AutocastCUDA, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  using namespace fused_softplus;
  m.impl("softplus", InFloat<ops::softplus>::kernel);
  m.impl("softplus_bias", InFloat<ops::softplus_bias>::kernel);
  m.impl("inverse_softplus", InFloat<ops::inverse_softplus>::kernel);
}
