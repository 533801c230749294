// Operators that write, as their functional twin and an update of the tensor written to. This is
// what lets torch.compile and export trace them; ATen's own have such kernels from code generation.
#include <ATen/FunctionalTensorWrapper.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <torch/library.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/second_copy.h"

namespace fused_softplus {
namespace {

namespace functionalization = at::functionalization::impl;
using at::Scalar;
using at::Tensor;

Tensor unwrap(const Tensor& tensor) {
  if (!functionalization::isFunctionalTensor(tensor)) {
    return tensor;
  }
  functionalization::sync(tensor);
  return functionalization::from_functional_tensor(tensor);
}

// functional is called with the inputs unwrapped, writing with everything as it is.
template <typename Functional, typename Writing, typename... Inputs>
Tensor& functionalize(Tensor& written, const Functional& functional, const Writing& writing,
                      const Inputs&... inputs) {
  if (!functionalization::isFunctionalTensor(written)) {
    TORCH_CHECK(!(functionalization::isFunctionalTensor(inputs) || ...),
                "fused_softplus: cannot write a functional tensor's values to one that is not");
    at::AutoDispatchSkipFunctionalize guard;
    writing();
    return written;
  }
  Tensor result;
  {
    at::AutoDispatchSkipFunctionalize guard;
    result = functional(unwrap(inputs)...);
  }
  functionalization::replace_(written, result);
  functionalization::commit_update(written);
  functionalization::sync(written);
  return written;
}

Tensor& softplus_inplace_functionalize(Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return functionalize(
      self, [&](const Tensor& x) { return ops::softplus().call(x, beta, threshold); },
      [&] { ops::softplus_().call(self, beta, threshold); }, self);
}

Tensor& softplus_out_functionalize(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                                   Tensor& out) {
  return functionalize(
      out, [&](const Tensor& x) { return ops::softplus().call(x, beta, threshold); },
      [&] { ops::softplus_out().call(self, beta, threshold, out); }, self);
}

Tensor& softplus_backward_grad_input_functionalize(const Tensor& grad_output, const Tensor& self,
                                                   const Scalar& beta, const Scalar& threshold,
                                                   Tensor& grad_input) {
  return functionalize(
      grad_input,
      [&](const Tensor& grad, const Tensor& x) {
        return ops::softplus_backward().call(grad, x, beta, threshold);
      },
      [&] {
        ops::softplus_backward_grad_input().call(grad_output, self, beta, threshold, grad_input);
      },
      grad_output, self);
}

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, Functionalize, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  using namespace fused_softplus;
  m.impl("softplus_", softplus_inplace_functionalize);
  m.impl("softplus.out", softplus_out_functionalize);
  m.impl("softplus_backward.grad_input", softplus_backward_grad_input_functionalize);
}
