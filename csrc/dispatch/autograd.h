// What the autograd kernels of the functional operators and of those that write share.
#pragma once

#include <torch/csrc/autograd/VariableTypeUtils.h>

#include "csrc/dispatch/autograd_node.h"

namespace fused_softplus {

// A node of this rule over these inputs, or null where no gradient is asked for.
template <typename Rule, typename... Inputs>
auto node_for(const at::Scalar& beta, const at::Scalar& threshold, const Inputs&... inputs) {
  decltype(make_node<Node<Rule>>()) node;
  if (torch::autograd::compute_requires_grad(inputs...)) {
    node = make_node<Node<Rule>>();
    node->set_next_edges(torch::autograd::collect_next_edges(inputs...));
    node->beta_ = beta;
    node->threshold_ = threshold;
  }
  return node;
}

template <typename... Tensors>
bool has_tangent(const Tensors&... tensors) {
  return (torch::autograd::isFwGradDefined(tensors) || ...);
}

template <typename... Tensors>
bool is_differentiated(const Tensors&... tensors) {
  return torch::autograd::compute_requires_grad(tensors...) || has_tangent(tensors...);
}

// The value of a dual tensor, and its tangent (zeros where it has none).
inline at::Tensor primal_of(const at::Tensor& tensor) { return tensor._fw_primal(0); }

inline at::Tensor tangent_of(const at::Tensor& tensor) {
  const at::Tensor& tangent = tensor._fw_grad(0);
  return tangent.defined() ? tangent : at::zeros_like(primal_of(tensor));
}

}  // namespace fused_softplus
