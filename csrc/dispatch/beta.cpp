// softplus.tensor_beta and inverse_softplus.tensor_beta: with a tensor for beta, which may require
// grad and broadcasts against the input. They consist of other operators, so every transform and
// device that takes those takes these, and the derivatives towards beta follow, of every order.
#include <ATen/ATen.h>
#include <ATen/OpMathType.h>

#include <limits>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// op(beta x, 1, infinity) / beta, and x itself where beta x > threshold, in opmath. Backward
// multiplies by x and by derivatives of op where the results are not chosen, too, so that none of
// them may be infinite or NaN.
template <const auto& op>
Tensor with_tensor_beta(const Tensor& self, const Tensor& beta, const Scalar& threshold) {
  check_dtypes(op.name, {&self});
  const auto dtype = at::result_type(self, beta);
  const Tensor x = self.to(at::toOpMathType(dtype)), factor = beta.to(x.scalar_type());
  const Tensor beta_x = at::nan_to_num(x, std::numeric_limits<double>::quiet_NaN()) * factor;
  const Tensor is_linear = beta_x > threshold;
  const Tensor curved =
      ops::call<op>(1, std::numeric_limits<double>::infinity(), at::where(is_linear, 1, beta_x));
  return at::where(is_linear, x, curved / factor).to(dtype);
}

void implement(torch::Library& m) {
  m.impl("softplus.tensor_beta", with_tensor_beta<ops::softplus>);
  m.impl("inverse_softplus.tensor_beta", with_tensor_beta<ops::inverse_softplus>);
}

const CompositeRegistration composites(implement);

}  // namespace
}  // namespace fused_softplus
