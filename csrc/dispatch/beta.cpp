// softplus.tensor_beta and inverse_softplus.tensor_beta: with a tensor for beta, which may require
// grad and broadcasts against the input. They consist of other operators, so every transform and
// device that takes those takes these, and the derivatives towards beta follow, of every order.
#include <ATen/ATen.h>
#include <fused_softplus/softplus.h>

#include <limits>

#include "csrc/dispatch/autograd_rules.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// function(beta x, 1, infinity) / beta, and x itself where beta x > threshold, in opmath. Backward
// multiplies by x and by derivatives of function where the results are not chosen, too, so that
// none of them may be infinite or NaN.
template <Tensor function(const Tensor&, const Scalar&, const Scalar&)>
Tensor with_tensor_beta(const Tensor& self, const Tensor& beta, const Scalar& threshold) {
  const auto dtype = at::result_type(self, beta);
  const Tensor x = self.to(at::toOpMathType(dtype)), factor = beta.to(x.scalar_type());
  const Tensor beta_x = at::nan_to_num(x, std::numeric_limits<double>::quiet_NaN()) * factor;
  const Tensor is_linear = beta_x > threshold;
  const Tensor curved =
      function(at::where(is_linear, 1, beta_x), 1, std::numeric_limits<double>::infinity());
  return at::where(is_linear, x, curved / factor).to(dtype);
}

void implement(torch::Library& m) {
  m.impl("softplus.tensor_beta", with_tensor_beta<fused_softplus::softplus>);
  m.impl("inverse_softplus.tensor_beta", with_tensor_beta<fused_softplus::inverse_softplus>);
}

const Registration composites(c10::DispatchKey::CompositeImplicitAutograd, implement);
// vmap looks for operators that consist of others under this key alone.
const Registration batching_rules(c10::DispatchKey::FuncTorchBatchedDecomposition, implement);

}  // namespace
}  // namespace fused_softplus
