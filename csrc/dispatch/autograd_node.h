// Autograd nodes that save tensors, beta and threshold, for every supported release of torch.
#pragma once

#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/csrc/dynamo/compiled_autograd.h>

#include <array>
#include <mutex>
#include <string>
#include <typeinfo>
#include <vector>

namespace fused_softplus {

// The part of a node that the Python module uses.
struct __attribute__((visibility("default"))) SavingNode : torch::autograd::Node {
  at::Scalar beta_, threshold_;

  // The saved tensors as autograd keeps them.
  virtual at::ArrayRef<torch::autograd::SavedVariable> saved() const = 0;
  // One of them, unpacked.
  virtual at::Tensor saved_tensor(size_t index) = 0;
};

// A node's name, its C++ type, and the names of the tensors that it saves.
struct NodeType {
  const char* name = nullptr;
  const std::type_info* type = nullptr;
  std::vector<std::string> saved;
};

__attribute__((visibility("default"))) std::vector<NodeType> node_types();

// A node with the name and the formula of a rule (autograd_rules.h). It takes one gradient and
// returns one for each tensor that is saved.
template <typename Rule>
struct Node : SavingNode {
  using variable_list = torch::autograd::variable_list;
  using SavedVariable = torch::autograd::SavedVariable;

  std::array<SavedVariable, Rule::saved.size()> saved_;

  std::string name() const override { return Rule::name; }

  at::ArrayRef<SavedVariable> saved() const override { return saved_; }

  at::Tensor saved_tensor(size_t index) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return unpack(saved_[index]);
  }

  void release_variables() override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (auto& variable : saved_) {
      variable.reset_data();
    }
  }

  variable_list apply(variable_list&& grads) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return gradients(grads[0], wanted(), unpacked(), beta_, threshold_);
  }

  // Compiled autograd puts gradients() into a graph. It uses that graph for every node that agrees
  // on what is collected here: the values of the scalars, but only the kinds of the tensors.
  void compiled_args(torch::dynamo::autograd::CompiledNodeArgs& args) const override {
    for (const auto& variable : saved_) {
      args.collect(variable, Rule::saves_result);
    }
    args.collect(beta_);
    args.collect(threshold_);
  }

  variable_list apply_with_saved(const variable_list& grads,
                                 torch::dynamo::autograd::SwapSavedVariables& saved) override {
    for (auto& variable : saved_) {
      saved.before(variable);
    }
    variable_list result = trace(saved.get_py_compiler(), grads);
    for (auto& variable : saved_) {
      saved.after(variable);
    }
    return result;
  }

 private:
  using Wanted = std::array<bool, Rule::saved.size()>;
  template <typename T>
  using Packer = torch::dynamo::autograd::IValuePacker<T>;

  static variable_list gradients(const at::Tensor& grad, const Wanted& wanted,
                                 const variable_list& tensors, const at::Scalar& beta,
                                 const at::Scalar& threshold) {
    if (!grad.defined()) {
      return variable_list(wanted.size());
    }
    variable_list result = Rule::backward(grad, tensors, beta, threshold);
    for (size_t i = 0; i < result.size(); ++i) {
      if (!wanted[i]) {
        result[i] = at::Tensor();
      }
    }
    return result;
  }

  Wanted wanted() const {
    Wanted wanted;
    for (size_t i = 0; i < wanted.size(); ++i) {
      wanted[i] = task_should_compute_output(i);
    }
    return wanted;
  }

  at::Tensor unpack(const SavedVariable& variable) {
    return variable.unpack(Rule::saves_result ? this->getptr() : nullptr);
  }

  variable_list unpacked() {
    variable_list tensors;
    for (const auto& variable : saved_) {
      tensors.push_back(unpack(variable));
    }
    return tensors;
  }

  // Records a call of gradients() in the graph of compiled autograd.
  variable_list trace(PyObject* compiler, const variable_list& grads) {
    using torch::dynamo::autograd::get_input_metadata;
    const auto& python = torch::dynamo::autograd::getPyCompilerInterface();
    static const std::string bound =
        python->bind_function(compiler, Rule::name, gradients_of_packed,
                              {Packer<Wanted>::packed_type(), at::ListType::ofTensors(),
                               at::NumberType::get(), at::NumberType::get()});
    torch::dynamo::autograd::PackedArgs args;
    args.pack(wanted());
    args.pack(unpacked());
    args.pack(beta_);
    args.pack(threshold_);
    const auto metadata = get_input_metadata(next_edges());
    return python->call_function(compiler, "apply_functional", bound, grads, args.vec(),
                                 Packer<std::decay_t<decltype(metadata)>>::pack(metadata));
  }

  static variable_list gradients_of_packed(const variable_list& grads,
                                           const std::vector<at::IValue>& packed) {
    torch::dynamo::autograd::PackedArgs args(packed);
    const auto wanted = args.unpack<Wanted>();
    const auto tensors = args.unpack<variable_list>();
    const auto beta = args.unpack<at::Scalar>();
    const auto threshold = args.unpack<at::Scalar>();
    return gradients(grads[0], wanted, tensors, beta, threshold);
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
