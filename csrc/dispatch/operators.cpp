// The operators' schemas, and the C++ functions that call them.
#include "csrc/dispatch/operators.h"

#include <fused_softplus/softplus.h>

#include <regex>

#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

// The operator of numbers.cpp that takes Tensors for beta and threshold.
std::string with_tensors_for_numbers(const std::string& schema) {
  static const std::regex number("Scalar (beta|threshold)(=[0-9]+)?");
  return std::regex_replace(schema, number, "Tensor $1").insert(0, 1, '_');
}

void define(torch::Library& m) {
  const std::vector<at::Tag> composite = {at::Tag::pt2_compliant_tag};
  const std::vector<at::Tag> pointwise = {at::Tag::pointwise, at::Tag::pt2_compliant_tag};
  ops::All::for_each([&]<const auto & op>() {
    const std::string schema = std::string(op.name) + op.schema;
    m.def(schema.c_str(), pointwise);
    m.def(with_tensors_for_numbers(schema).c_str(), pointwise);
  });
  m.def(
      "softplus.out(Tensor self, Scalar beta=1, Scalar threshold=20, *, Tensor(a!) out) "
      "-> Tensor(a!)",
      pointwise);
  ops::InPlace::for_each([&]<const auto & op>() {
    const char* const in_place =
        "(Tensor(a!) self, Scalar beta=1, Scalar threshold=20) -> Tensor(a!)";
    m.def((ops::in_place_name<op>() + in_place).c_str(), pointwise);
  });
  m.def(
      "softplus.bias(Tensor self, Scalar beta=1, Scalar threshold=20, *, Tensor? bias, "
      "int bias_dim=-1) -> Tensor",
      composite);
  m.def(
      "softplus.number_bias(Tensor self, Scalar beta=1, Scalar threshold=20, *, Scalar bias, "
      "int bias_dim=-1) -> Tensor",
      composite);
  for (const std::string name : {"softplus", "inverse_softplus"}) {
    for (const char* overload :
         {".floor(Tensor self, Scalar beta=1, Scalar threshold=20, *, Scalar floor) -> Tensor",
          ".tensor_beta(Tensor self, Tensor beta, Scalar threshold=20) -> Tensor"}) {
      m.def((name + overload).c_str(), composite);
    }
  }
}

const Registration definitions(define);

}  // namespace

using at::Scalar;
using at::Tensor;
using ops::handle;

Tensor softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return handle<ops::softplus>().call(self, beta, threshold);
}

Tensor& softplus_out(Tensor& out, const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return ops::softplus_out().call(self, beta, threshold, out);
}

Tensor& softplus_(Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return ops::in_place<ops::softplus>().call(self, beta, threshold);
}

Tensor softplus_backward(const Tensor& grad_output, const Tensor& self, const Scalar& beta,
                         const Scalar& threshold) {
  return handle<ops::softplus_backward>().call(grad_output, self, beta, threshold);
}

Tensor softplus_backward_from_result(const Tensor& grad_output, const Tensor& result,
                                     const Scalar& beta) {
  return handle<ops::softplus_backward_from_result>().call(grad_output, result, beta);
}

std::tuple<Tensor, Tensor> softplus_double_backward(const Tensor& grad_grad_input,
                                                    const Tensor& grad_output, const Tensor& self,
                                                    const Scalar& beta, const Scalar& threshold) {
  return handle<ops::softplus_double_backward>().call(grad_grad_input, grad_output, self, beta,
                                                      threshold);
}

std::tuple<Tensor, Tensor> softplus_double_backward_from_result(const Tensor& grad_grad_input,
                                                                const Tensor& grad_output,
                                                                const Tensor& result,
                                                                const Scalar& beta) {
  return handle<ops::softplus_double_backward_from_result>().call(grad_grad_input, grad_output,
                                                                  result, beta);
}

Tensor softplus_bias(const Tensor& self, const Tensor& bias, const Scalar& beta,
                     const Scalar& threshold) {
  return handle<ops::softplus_bias>().call(self, bias, beta, threshold);
}

Tensor softplus_bias_backward(const Tensor& grad_output, const Tensor& self, const Tensor& bias,
                              const Scalar& beta, const Scalar& threshold) {
  return handle<ops::softplus_bias_backward>().call(grad_output, self, bias, beta, threshold);
}

std::tuple<Tensor, Tensor> softplus_bias_double_backward(const Tensor& grad_grad_sum,
                                                         const Tensor& grad_output,
                                                         const Tensor& self, const Tensor& bias,
                                                         const Scalar& beta,
                                                         const Scalar& threshold) {
  return handle<ops::softplus_bias_double_backward>().call(grad_grad_sum, grad_output, self, bias,
                                                           beta, threshold);
}

Tensor inverse_softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return handle<ops::inverse_softplus>().call(self, beta, threshold);
}

Tensor shifted_softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return handle<ops::shifted_softplus>().call(self, beta, threshold);
}

Tensor& shifted_softplus_(Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return ops::in_place<ops::shifted_softplus>().call(self, beta, threshold);
}

Tensor softplus_floor(const Tensor& self, const Tensor& floor, const Scalar& beta,
                      const Scalar& threshold) {
  return handle<ops::softplus_floor>().call(self, floor, beta, threshold);
}

}  // namespace fused_softplus
