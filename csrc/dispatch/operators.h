// Handles to the operators that ops.cpp defines, to call or to redispatch. The functions of
// softplus.h are the same calls under plain names.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <fused_softplus/softplus.h>

namespace fused_softplus::ops {

template <typename Signature>
c10::TypedOperatorHandle<Signature> find(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

inline const auto& softplus() {
  static const auto op = find<decltype(fused_softplus::softplus)>("fused_softplus::softplus");
  return op;
}

inline const auto& softplus_out() {
  static const auto op =
      find<at::Tensor&(const at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold,
                       at::Tensor& out)>("fused_softplus::softplus", "out");
  return op;
}

inline const auto& softplus_() {
  static const auto op = find<decltype(fused_softplus::softplus_)>("fused_softplus::softplus_");
  return op;
}

inline const auto& softplus_backward() {
  static const auto op =
      find<decltype(fused_softplus::softplus_backward)>("fused_softplus::softplus_backward");
  return op;
}

inline const auto& softplus_backward_grad_input() {
  static const auto op =
      find<at::Tensor&(const at::Tensor& grad_output, const at::Tensor& self,
                       const at::Scalar& beta, const at::Scalar& threshold,
                       at::Tensor& grad_input)>("fused_softplus::softplus_backward", "grad_input");
  return op;
}

inline const auto& softplus_backward_from_result() {
  static const auto op = find<decltype(fused_softplus::softplus_backward_from_result)>(
      "fused_softplus::softplus_backward_from_result");
  return op;
}

inline const auto& softplus_double_backward() {
  static const auto op = find<decltype(fused_softplus::softplus_double_backward)>(
      "fused_softplus::softplus_double_backward");
  return op;
}

inline const auto& softplus_double_backward_from_result() {
  static const auto op = find<decltype(fused_softplus::softplus_double_backward_from_result)>(
      "fused_softplus::softplus_double_backward_from_result");
  return op;
}

inline const auto& softplus_along() {
  static const auto op =
      find<at::Tensor(const at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold,
                      const std::optional<at::Tensor>& bias, int64_t bias_dim)>(
          "fused_softplus::softplus", "bias");
  return op;
}

inline const auto& softplus_number_bias() {
  static const auto op =
      find<at::Tensor(const at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold,
                      const at::Scalar& bias, int64_t bias_dim)>("fused_softplus::softplus",
                                                                 "number_bias");
  return op;
}

inline const auto& softplus_bias() {
  static const auto op =
      find<decltype(fused_softplus::softplus_bias)>("fused_softplus::softplus_bias");
  return op;
}

inline const auto& softplus_bias_backward() {
  static const auto op = find<decltype(fused_softplus::softplus_bias_backward)>(
      "fused_softplus::softplus_bias_backward");
  return op;
}

inline const auto& softplus_bias_double_backward() {
  static const auto op = find<decltype(fused_softplus::softplus_bias_double_backward)>(
      "fused_softplus::softplus_bias_double_backward");
  return op;
}

inline const auto& inverse_softplus() {
  static const auto op =
      find<decltype(fused_softplus::inverse_softplus)>("fused_softplus::inverse_softplus");
  return op;
}

}  // namespace fused_softplus::ops
