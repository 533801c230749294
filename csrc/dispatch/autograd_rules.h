// The derivative of each operator: the autograd node that it records, the tensors that the node
// saves, and the operator that computes the gradients. Every gradient is again an operator of the
// list, so that any order of reverse and forward mode is available.
#pragma once

#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <torch/csrc/autograd/variable.h>

#include <array>
#include <limits>
#include <numbers>

#include "csrc/dispatch/operators.h"

namespace fused_softplus {

using torch::autograd::variable_list;

// tensor in the type that the kernels compute in.
inline at::Tensor in_opmath(const at::Tensor& tensor) {
  return tensor.to(at::toOpMathType(tensor.scalar_type()));
}

// Rule<op> of a function or a gradient has
//   static constexpr const char* name;   // of the node
//   static constexpr std::array saved;   // the names of the tensors that are saved
//   static constexpr bool saves_result;  // whether they are the operator's own output
//   // The gradients of the saved tensors.
//   static variable_list backward(const at::Tensor& grad, const variable_list& saved,
//                                 const at::Scalar& beta, const at::Scalar& threshold);
template <const auto& op>
struct Rule;

// The gradients are an operator's results for grad and the saved tensors: the first result is the
// first tensor's gradient, and the last result is that of each other one. The operators add a bias
// to the input, so both have the gradient of the sum. Autograd sums it to the bias's size, as it
// does for every operator that broadcasts.
template <const auto& gradient_operator, bool of_result = false>
struct GradientBy {
  static constexpr const auto& gradient = gradient_operator;
  static constexpr bool saves_result = of_result;

  static variable_list backward(const at::Tensor& grad, const variable_list& saved,
                                const at::Scalar& beta, const at::Scalar& threshold) {
    const auto results = [&]<size_t... i>(std::index_sequence<i...>) {
      return ops::call<gradient>(beta, threshold, grad, saved[i]...);
    }(std::make_index_sequence<gradient.inputs - 1>());
    if constexpr (gradient.outputs == 1) {
      return variable_list(saved.size(), results);
    } else {
      variable_list gradients(saved.size(), std::get<1>(results));
      gradients[0] = std::get<0>(results);
      return gradients;
    }
  }
};

// ---- Functions ---------------------------------------------------------------------------------

template <>
struct Rule<ops::softplus> : GradientBy<ops::softplus_backward> {
  static constexpr const char* name = "FusedSoftplusBackward";
  static constexpr std::array saved = {"self"};
};

// The rule of an operator in place where the result determines the gradient, so that the input need
// not be kept.
template <const auto& op>
struct FromResultRule;

template <>
struct FromResultRule<ops::softplus> : GradientBy<ops::softplus_backward_from_result, true> {
  static constexpr const char* name = "FusedSoftplusFromResultBackward";
  static constexpr std::array saved = {"result"};
};

template <>
struct Rule<ops::softplus_bias> : GradientBy<ops::softplus_bias_backward> {
  static constexpr const char* name = "FusedSoftplusBiasBackward";
  static constexpr std::array saved = {"self", "bias"};
};

template <>
struct Rule<ops::shifted_softplus> : GradientBy<ops::softplus_backward> {
  static constexpr const char* name = "FusedShiftedSoftplusBackward";
  static constexpr std::array saved = {"self"};
};

template <>
struct FromResultRule<ops::shifted_softplus> {
  static constexpr const char* name = "FusedShiftedSoftplusFromResultBackward";
  static constexpr std::array saved = {"result"};
  static constexpr bool saves_result = true;

  static variable_list backward(const at::Tensor& grad, const variable_list& result,
                                const at::Scalar& beta, const at::Scalar& threshold) {
    const at::Tensor softplus = result[0] + std::numbers::ln2 / beta.toDouble();
    return {ops::call<ops::softplus_backward_from_result>(beta, threshold, grad, softplus)};
  }
};

template <>
struct Rule<ops::softplus_floor> {
  static constexpr const char* name = "FusedSoftplusFloorBackward";
  static constexpr std::array saved = {"self", "floor"};
  static constexpr bool saves_result = false;

  static variable_list backward(const at::Tensor& grad, const variable_list& inputs,
                                const at::Scalar& beta, const at::Scalar& threshold) {
    return {ops::call<ops::softplus_backward>(beta, threshold, grad, inputs[0]), grad};
  }
};

// The gradient is 1 / softplus', which softplus_backward_from_result gives for self as the result.
// A 16-bit gradient is rounded once.
template <>
struct Rule<ops::inverse_softplus> {
  static constexpr const char* name = "FusedInverseSoftplusBackward";
  static constexpr std::array saved = {"self"};
  static constexpr bool saves_result = false;

  static variable_list backward(const at::Tensor& grad, const variable_list& self,
                                const at::Scalar& beta, const at::Scalar& threshold) {
    const at::Tensor y = in_opmath(self[0]);
    const at::Tensor slope =
        ops::call<ops::softplus_backward_from_result>(beta, threshold, at::ones_like(y), y);
    const at::Tensor grad_self = at::where(y.detach() * beta > threshold, grad, grad / slope);
    return {grad_self.to(grad.scalar_type())};
  }
};

// ---- Gradients ---------------------------------------------------------------------------------

template <>
struct Rule<ops::softplus_backward> : GradientBy<ops::softplus_double_backward> {
  static constexpr const char* name = "FusedSoftplusBackwardBackward";
  static constexpr std::array saved = {"grad_output", "self"};
};

template <>
struct Rule<ops::softplus_backward_from_result>
    : GradientBy<ops::softplus_double_backward_from_result> {
  static constexpr const char* name = "FusedSoftplusBackwardFromResultBackward";
  static constexpr std::array saved = {"grad_output", "result"};
};

template <>
struct Rule<ops::softplus_bias_backward> : GradientBy<ops::softplus_bias_double_backward> {
  static constexpr const char* name = "FusedSoftplusBiasBackwardBackward";
  static constexpr std::array saved = {"grad_output", "self", "bias"};
};

// ---- The gradients of gradients ----------------------------------------------------------------

// These record no node: third derivatives are rare, and are made of smaller operators, which can be
// differentiated again without end. Rule<op> has the operator that computes the first result, and
//   // The second result; grad_grad_output is the first.
//   static at::Tensor grad_input(const at::Tensor& grad_grad_input,
//                                const at::Tensor& grad_grad_output, const at::Tensor& grad_output,
//                                const at::Scalar& beta, const at::Scalar& threshold,
//                                const Inputs&... inputs);
template <const auto& backward_operator>
struct OfSmallerOperators {
  static constexpr const auto& backward = backward_operator;

  // grad_grad_input grad_output beta sigmoid(beta x) sigmoid(-beta x), where x is the inputs' sum.
  // The last factor keeps the digits that 1 - sigmoid(beta x) would lose.
  template <typename... Inputs>
  static at::Tensor grad_input(const at::Tensor&, const at::Tensor& grad_grad_output,
                               const at::Tensor& grad_output, const at::Scalar& beta,
                               const at::Scalar& threshold, const Inputs&... inputs) {
    const at::Tensor curved = ops::call<backward>(beta, std::numeric_limits<double>::infinity(),
                                                  grad_grad_output, -inputs...);
    const at::Tensor beta_x = (in_opmath(inputs.detach()) + ...) * beta;
    return at::where(beta_x > threshold, 0, grad_output * curved * beta);
  }
};

template <>
struct Rule<ops::softplus_double_backward> : OfSmallerOperators<ops::softplus_backward> {};

template <>
struct Rule<ops::softplus_bias_double_backward> : OfSmallerOperators<ops::softplus_bias_backward> {
};

template <>
struct Rule<ops::softplus_double_backward_from_result> {
  static constexpr const auto& backward = ops::softplus_backward_from_result;

  // grad_grad_input grad_output beta exp(-beta result)
  static at::Tensor grad_input(const at::Tensor& grad_grad_input, const at::Tensor&,
                               const at::Tensor& grad_output, const at::Scalar& beta,
                               const at::Scalar&, const at::Tensor& result) {
    return grad_grad_input * grad_output * at::exp(result * -beta) * beta;
  }
};

}  // namespace fused_softplus
