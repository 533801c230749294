// Shapes, strides and dtypes without data, for torch.compile, FakeTensor and the meta device. The
// rules are those of every elementwise operator, so ATen is asked for them with operators of as
// many inputs (neg and mul) that follow them for symbolic shapes, too.
#include <ATen/ATen.h>
#include <torch/library.h>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/second_copy.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// A symbolic number is not looked at, since that would make it a constant of the traced graph.
void check(const char* name, std::initializer_list<const Tensor*> tensors, const Scalar& beta,
           const Scalar& threshold) {
  check_dtypes(name, tensors);
  if (!beta.isSymbolic()) {
    checked_beta(name, beta, (*tensors.begin())->scalar_type());
  }
  if (!threshold.isSymbolic()) {
    checked_threshold(name, threshold);
  }
}

Tensor softplus_meta(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  check("fused_softplus::softplus", {&self}, beta, threshold);
  return at::neg(self);
}

Tensor& softplus_out_meta(const Tensor& self, const Scalar& beta, const Scalar& threshold,
                          Tensor& out) {
  check("fused_softplus::softplus", {&self, &out}, beta, threshold);
  return at::neg_out(out, self);
}

Tensor& softplus_inplace_meta(Tensor& self, const Scalar& beta, const Scalar& threshold) {
  check("fused_softplus::softplus", {&self}, beta, threshold);
  return self;
}

Tensor softplus_backward_meta(const Tensor& grad_output, const Tensor& self, const Scalar& beta,
                              const Scalar& threshold) {
  check("fused_softplus::softplus_backward", {&grad_output, &self}, beta, threshold);
  return at::mul(grad_output, self);
}

Tensor& softplus_backward_grad_input_meta(const Tensor& grad_output, const Tensor& self,
                                          const Scalar& beta, const Scalar& threshold,
                                          Tensor& grad_input) {
  check("fused_softplus::softplus_backward", {&grad_output, &self, &grad_input}, beta, threshold);
  return at::mul_out(grad_input, grad_output, self);
}

Tensor softplus_backward_from_result_meta(const Tensor& grad_output, const Tensor& result,
                                          const Scalar& beta) {
  return softplus_backward_meta(grad_output, result, beta, 0);
}

std::tuple<Tensor, Tensor> softplus_double_backward_meta(const Tensor& grad_grad_input,
                                                         const Tensor& grad_output,
                                                         const Tensor& self, const Scalar& beta,
                                                         const Scalar& threshold) {
  check("fused_softplus::softplus_double_backward", {&grad_grad_input, &grad_output, &self}, beta,
        threshold);
  const auto like_all = [&] { return grad_grad_input.mul(grad_output).mul(self); };
  return {like_all(), like_all()};
}

std::tuple<Tensor, Tensor> softplus_double_backward_from_result_meta(const Tensor& grad_grad_input,
                                                                     const Tensor& grad_output,
                                                                     const Tensor& result,
                                                                     const Scalar& beta) {
  return softplus_double_backward_meta(grad_grad_input, grad_output, result, beta, 0);
}

Tensor softplus_bias_meta(const Tensor& self, const Tensor& bias, const Scalar& beta,
                          const Scalar& threshold) {
  check("fused_softplus::softplus_bias", {&self, &bias}, beta, threshold);
  return at::mul(self, bias);
}

Tensor softplus_bias_backward_meta(const Tensor& grad_output, const Tensor& self,
                                   const Tensor& bias, const Scalar& beta,
                                   const Scalar& threshold) {
  check("fused_softplus::softplus_bias_backward", {&grad_output, &self, &bias}, beta, threshold);
  return grad_output.mul(self).mul(bias);
}

std::tuple<Tensor, Tensor> softplus_bias_double_backward_meta(
    const Tensor& grad_grad_sum, const Tensor& grad_output, const Tensor& self, const Tensor& bias,
    const Scalar& beta, const Scalar& threshold) {
  check("fused_softplus::softplus_bias_double_backward",
        {&grad_grad_sum, &grad_output, &self, &bias}, beta, threshold);
  const auto like_all = [&] { return grad_grad_sum.mul(grad_output).mul(self).mul(bias); };
  return {like_all(), like_all()};
}

Tensor inverse_softplus_meta(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  check("fused_softplus::inverse_softplus", {&self}, beta, threshold);
  return at::neg(self);
}

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, Meta, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  using namespace fused_softplus;
  m.impl("softplus", softplus_meta);
  m.impl("softplus.out", softplus_out_meta);
  m.impl("softplus_", softplus_inplace_meta);
  m.impl("softplus_backward", softplus_backward_meta);
  m.impl("softplus_backward.grad_input", softplus_backward_grad_input_meta);
  m.impl("softplus_backward_from_result", softplus_backward_from_result_meta);
  m.impl("softplus_double_backward", softplus_double_backward_meta);
  m.impl("softplus_double_backward_from_result", softplus_double_backward_from_result_meta);
  m.impl("softplus_bias", softplus_bias_meta);
  m.impl("softplus_bias_backward", softplus_bias_backward_meta);
  m.impl("softplus_bias_double_backward", softplus_bias_double_backward_meta);
  m.impl("inverse_softplus", inverse_softplus_meta);
}
