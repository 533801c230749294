// The autograd kernels of the operators that write nothing. They are written as torch's generated
// code is, rather than on its public autograd::Function, which torch.func and forward mode refuse.
#include "csrc/dispatch/autograd.h"

#include "csrc/dispatch/autograd_rules.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;
using torch::autograd::SavedVariable;

// Runs the operator's kernel for the keys below autograd.
template <const auto& op, typename... Tensors>
ops::Return<op> below_autograd(c10::DispatchKeySet keys, const Scalar& beta,
                               const Scalar& threshold, const Tensors&... tensors) {
  at::AutoDispatchBelowADInplaceOrView guard;
  return ops::with_arguments<op>(
      [&](const auto&... all) {
        return ops::handle<op>().redispatch(keys & c10::after_autograd_keyset, all...);
      },
      beta, threshold, tensors...);
}

// Every gradient of an elementwise function is the incoming one times a slope, so a tangent takes
// the place of that one. A function of the sum of its inputs has one slope.
template <typename Rule, typename... Inputs>
Tensor tangent_of_function(const Scalar& beta, const Scalar& threshold, const Inputs&... inputs) {
  if constexpr (requires { Rule::gradient; }) {
    return Rule::backward((tangent_of(inputs) + ...), {primal_of(inputs)...}, beta, threshold)[0];
  }
  return [&]<size_t... i>(std::index_sequence<i...>) {
    return (Rule::backward(tangent_of(inputs), {primal_of(inputs)...}, beta, threshold)[i] + ...);
  }(std::index_sequence_for<Inputs...>());
}

// grad_output times a slope that depends on one more input, or on the sum of two.
template <const auto& op, typename... Inputs>
Tensor tangent_of_gradient(const Scalar& beta, const Scalar& threshold, const Tensor& grad_output,
                           const Inputs&... inputs) {
  Tensor tangent = ops::call<op>(beta, threshold, tangent_of(grad_output), primal_of(inputs)...);
  if (!has_tangent(inputs...)) {
    return tangent;
  }
  const auto gradients = ops::call<Rule<op>::gradient>(
      beta, threshold, (tangent_of(inputs) + ...), primal_of(grad_output), primal_of(inputs)...);
  return tangent + std::get<1>(gradients);
}

template <const auto& op, typename... Tensors>
Tensor with_node(c10::DispatchKeySet keys, const Scalar& beta, const Scalar& threshold,
                 const Tensors&... tensors) {
  const auto node = node_for<Rule<op>>(beta, threshold, tensors...);
  Tensor result = below_autograd<op>(keys, beta, threshold, tensors...);
  if (node) {
    node->saved_ = {SavedVariable(tensors, false)...};
    torch::autograd::set_history(result, node);
  }
  if (has_tangent(tensors...)) {
    if constexpr (op.order == 0) {
      result._set_fw_grad(tangent_of_function<Rule<op>>(beta, threshold, tensors...), 0, false);
    } else {
      result._set_fw_grad(tangent_of_gradient<op>(beta, threshold, tensors...), 0, false);
    }
  }
  return result;
}

// The first gradient depends on fewer operands than the second. This gives it the shape that all of
// them broadcast to, as the kernel does. (Nested tensors do not broadcast.)
Tensor shaped_like(const Tensor& first, const Tensor& second) {
  const bool as_is = first.is_nested() || first.sym_sizes() == second.sym_sizes();
  return as_is ? first : first.expand_symint(second.sym_sizes());
}

// The kernel, or the smaller operators of the rule where third derivatives are asked for. In 16-bit
// types each of those rounds, so that the results may differ from the kernel's by 2 ULP. Nested
// tensors need the smaller operators, too: for them, only pointwise operators of one or two tensors
// work.
template <const auto& op, typename... Inputs>
ops::Return<op> of_smaller_operators(c10::DispatchKeySet keys, const Scalar& beta,
                                     const Scalar& threshold, const Tensor& grad_grad_input,
                                     const Tensor& grad_output, const Inputs&... inputs) {
  const bool is_nested =
      grad_grad_input.is_nested() || grad_output.is_nested() || (inputs.is_nested() || ...);
  if (!is_nested && !is_differentiated(grad_grad_input, grad_output, inputs...)) {
    return below_autograd<op>(keys, beta, threshold, grad_grad_input, grad_output, inputs...);
  }
  const Tensor grad_grad_output =
      ops::call<Rule<op>::backward>(beta, threshold, grad_grad_input, inputs...);
  const Tensor grad_input = Rule<op>::grad_input(grad_grad_input, grad_grad_output, grad_output,
                                                 beta, threshold, inputs...);
  return {shaped_like(grad_grad_output, grad_input), grad_input};
}

struct Autograd {
  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(c10::DispatchKeySet keys, Args... args) {
    return ops::split<op>(
        [&](const Scalar& beta, const Scalar& threshold, const auto&... tensors) {
          if constexpr (op.order < 2) {
            return with_node<op>(keys, beta, threshold, tensors...);
          } else {
            return of_smaller_operators<op>(keys, beta, threshold, tensors...);
          }
        },
        args...);
  }
};

const Registration autograd(c10::DispatchKey::Autograd, ops::implement<Autograd>);

template <typename Rule>
NodeType type_of() {
  return {Rule::name, &typeid(Node<Rule>), {Rule::saved.begin(), Rule::saved.end()}};
}

}  // namespace

std::vector<NodeType> node_types() {
  std::vector<NodeType> types;
  ops::InPlace::for_each(
      [&]<const auto & op>() { types.push_back(type_of<FromResultRule<op>>()); });
  ops::All::for_each([&]<const auto & op>() {
    if constexpr (op.order < 2) {
      types.push_back(type_of<Rule<op>>());
    }
  });
  return types;
}

}  // namespace fused_softplus
