// Autocast as ATen has it for its own softplus: float32 on CUDA, and no rule on the CPU.
#include <ATen/autocast_mode.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

at::Tensor in_float(const at::Tensor& tensor) {
  return at::autocast::cached_cast(at::kFloat, tensor, c10::DeviceType::CUDA);
}
at::Scalar in_float(const at::Scalar& scalar) { return scalar; }

struct InFloat {
  template <const auto& op, typename... Args>
  static at::Tensor kernel(Args... args) {
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::DispatchKey::AutocastCUDA);
    return ops::handle<op>().call(in_float(args)...);
  }
};

void implement(torch::Library& m) {
  ops::All::for_each([&]<const auto & op>() {
    if constexpr (op.order == 0) {
      ops::implement<InFloat, ops::List<op>>(m);
    }
  });
}

const Registration autocast(c10::DispatchKey::AutocastCUDA, implement);

}  // namespace
}  // namespace fused_softplus
