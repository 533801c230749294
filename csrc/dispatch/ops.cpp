// The operators' schemas, and the C++ functions that call them.
#include <torch/library.h>

#include <regex>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/second_copy.h"

// A fragment, since TORCH_LIBRARY ends the process where the namespace has been taken before.
TORCH_LIBRARY_FRAGMENT(fused_softplus, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  const std::vector<at::Tag> tags = {at::Tag::pointwise, at::Tag::pt2_compliant_tag};
  // An operator that writes nothing, and its twin of numbers.cpp.
  const auto define = [&](std::string schema) {
    m.def(schema.c_str(), tags);
    static const std::regex number("Scalar (beta|threshold)(=[0-9]+)?");
    schema = std::regex_replace(schema, number, "Tensor $1");
    m.def(schema.insert(0, 1, '_').c_str(), tags);
  };
  define("softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor");
  m.def(
      "softplus.out(Tensor self, Scalar beta=1, Scalar threshold=20, *, Tensor(a!) out) "
      "-> Tensor(a!)",
      tags);
  m.def("softplus_(Tensor(a!) self, Scalar beta=1, Scalar threshold=20) -> Tensor(a!)", tags);
  define(
      "softplus_backward(Tensor grad_output, Tensor self, Scalar beta, Scalar threshold) "
      "-> Tensor");
  m.def(
      "softplus_backward.grad_input(Tensor grad_output, Tensor self, Scalar beta, "
      "Scalar threshold, *, Tensor(a!) grad_input) -> Tensor(a!)",
      tags);
  define("softplus_backward_from_result(Tensor grad_output, Tensor result, Scalar beta) -> Tensor");
  define(
      "softplus_double_backward(Tensor grad_grad_input, Tensor grad_output, Tensor self, "
      "Scalar beta, Scalar threshold) -> (Tensor, Tensor)");
  define(
      "softplus_double_backward_from_result(Tensor grad_grad_input, Tensor grad_output, "
      "Tensor result, Scalar beta) -> (Tensor, Tensor)");
  m.def(
      "softplus.bias(Tensor self, Scalar beta=1, Scalar threshold=20, *, Tensor? bias, "
      "int bias_dim=-1) -> Tensor",
      {at::Tag::pt2_compliant_tag});
  m.def(
      "softplus.number_bias(Tensor self, Scalar beta=1, Scalar threshold=20, *, Scalar bias, "
      "int bias_dim=-1) -> Tensor",
      {at::Tag::pt2_compliant_tag});
  define("softplus_bias(Tensor self, Tensor bias, Scalar beta=1, Scalar threshold=20) -> Tensor");
  define(
      "softplus_bias_backward(Tensor grad_output, Tensor self, Tensor bias, Scalar beta, "
      "Scalar threshold) -> Tensor");
  define(
      "softplus_bias_double_backward(Tensor grad_grad_sum, Tensor grad_output, Tensor self, "
      "Tensor bias, Scalar beta, Scalar threshold) -> (Tensor, Tensor)");
  define("inverse_softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor");
}

namespace fused_softplus {

at::Tensor softplus(const at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold) {
  return ops::softplus().call(self, beta, threshold);
}

at::Tensor& softplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& beta,
                         const at::Scalar& threshold) {
  return ops::softplus_out().call(self, beta, threshold, out);
}

at::Tensor& softplus_(at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold) {
  return ops::softplus_().call(self, beta, threshold);
}

at::Tensor softplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                             const at::Scalar& beta, const at::Scalar& threshold) {
  return ops::softplus_backward().call(grad_output, self, beta, threshold);
}

at::Tensor softplus_backward_from_result(const at::Tensor& grad_output, const at::Tensor& result,
                                         const at::Scalar& beta) {
  return ops::softplus_backward_from_result().call(grad_output, result, beta);
}

std::tuple<at::Tensor, at::Tensor> softplus_double_backward(const at::Tensor& grad_grad_input,
                                                            const at::Tensor& grad_output,
                                                            const at::Tensor& self,
                                                            const at::Scalar& beta,
                                                            const at::Scalar& threshold) {
  return ops::softplus_double_backward().call(grad_grad_input, grad_output, self, beta, threshold);
}

std::tuple<at::Tensor, at::Tensor> softplus_double_backward_from_result(
    const at::Tensor& grad_grad_input, const at::Tensor& grad_output, const at::Tensor& result,
    const at::Scalar& beta) {
  return ops::softplus_double_backward_from_result().call(grad_grad_input, grad_output, result,
                                                          beta);
}

at::Tensor softplus_bias(const at::Tensor& self, const at::Tensor& bias, const at::Scalar& beta,
                         const at::Scalar& threshold) {
  return ops::softplus_bias().call(self, bias, beta, threshold);
}

at::Tensor softplus_bias_backward(const at::Tensor& grad_output, const at::Tensor& self,
                                  const at::Tensor& bias, const at::Scalar& beta,
                                  const at::Scalar& threshold) {
  return ops::softplus_bias_backward().call(grad_output, self, bias, beta, threshold);
}

std::tuple<at::Tensor, at::Tensor> softplus_bias_double_backward(
    const at::Tensor& grad_grad_sum, const at::Tensor& grad_output, const at::Tensor& self,
    const at::Tensor& bias, const at::Scalar& beta, const at::Scalar& threshold) {
  return ops::softplus_bias_double_backward().call(grad_grad_sum, grad_output, self, bias, beta,
                                                   threshold);
}

at::Tensor inverse_softplus(const at::Tensor& self, const at::Scalar& beta,
                            const at::Scalar& threshold) {
  return ops::inverse_softplus().call(self, beta, threshold);
}

}  // namespace fused_softplus
