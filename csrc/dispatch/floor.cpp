// softplus.floor and inverse_softplus.floor: softplus(x) + floor, and its inverse. They consist of
// other operators, so every transform and device that takes those takes these.
#include <ATen/ATen.h>
#include <fused_softplus/softplus.h>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/autograd_rules.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

Tensor softplus_with_floor(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                           const Scalar& floor) {
  if (self.is_nested()) {  // Nested tensors do not broadcast.
    return fused_softplus::softplus(self, beta, threshold) + floor;
  }
  return softplus_floor(self, self.new_full({}, floor), beta, threshold);
}

// The 16-bit types are computed in float32.
Tensor inverse_softplus_with_floor(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                                   const Scalar& floor) {
  check_dtypes("inverse_softplus", {&self});
  const Tensor softplus = in_opmath(self) - floor;
  return fused_softplus::inverse_softplus(softplus, beta, threshold).to(self.scalar_type());
}

void implement(torch::Library& m) {
  m.impl("softplus.floor", softplus_with_floor);
  m.impl("inverse_softplus.floor", inverse_softplus_with_floor);
}

const CompositeRegistration composites(implement);

}  // namespace
}  // namespace fused_softplus
