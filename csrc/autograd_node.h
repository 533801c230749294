// Autograd nodes that save tensors and the two scalars, on every supported release of torch.
#pragma once

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>

#include <array>
#include <mutex>

namespace fused_softplus {

// Rule gives the node its name and its formula:
//   static constexpr const char* name;
//   static constexpr int saved;          // tensors saved
//   static constexpr bool saves_result;  // whether they are the operator's own output
//   static variable_list backward(const at::Tensor& grad, const std::array<at::Tensor, saved>&,
//                                 const at::Scalar& beta, const at::Scalar& threshold);
// One gradient comes in; backward returns one for each differentiable input.
template <typename Rule>
struct Node : torch::autograd::Node {
  using variable_list = torch::autograd::variable_list;
  using SavedVariable = torch::autograd::SavedVariable;

  std::array<SavedVariable, Rule::saved> saved_;
  at::Scalar beta_, threshold_;

  std::string name() const override { return Rule::name; }

  void release_variables() override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& variable : saved_) {
      variable.reset_data();
    }
  }

  variable_list apply(variable_list&& grads) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!grads[0].defined()) {
      return variable_list(num_outputs());
    }
    std::array<at::Tensor, Rule::saved> tensors;
    for (int i = 0; i < Rule::saved; ++i) {
      tensors[i] = saved_[i].unpack(Rule::saves_result ? this->getptr() : nullptr);
    }
    variable_list result = Rule::backward(grads[0], tensors, beta_, threshold_);
    for (size_t i = 0; i < result.size(); ++i) {
      if (!task_should_compute_output(i)) {
        result[i] = at::Tensor();
      }
    }
    return result;
  }
};

// An owning pointer to a new node: intrusive in recent releases, shared before.
template <typename N>
auto make_node() {
  if constexpr (std::is_base_of_v<c10::intrusive_ptr_target, N>) {
    return c10::make_intrusive<N>();
  } else {
    return std::shared_ptr<N>(new N(), [](N* node) { deleteNode(node); });
  }
}

}  // namespace fused_softplus
