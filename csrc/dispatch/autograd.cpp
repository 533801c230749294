// Derivatives: what each operator saves, and which operator computes its gradient. Every gradient
// is again an operator of ours, with a derivative of its own, so any order of reverse and forward
// mode is available. Written as torch's generated code is, rather than on its public
// autograd::Function, which torch.func and forward mode refuse.
#include <ATen/ATen.h>
#include <ATen/OpMathType.h>
#include <torch/csrc/autograd/VariableTypeUtils.h>
#include <torch/library.h>

#include <cmath>
#include <limits>

#include "csrc/dispatch/autograd_node.h"
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/second_copy.h"

namespace fused_softplus {
namespace {

// Our operators' names are ATen's, so calls to them are qualified: argument-dependent look-up would
// find both.
using at::Scalar;
using at::Tensor;
using torch::autograd::compute_requires_grad;
using torch::autograd::isFwGradDefined;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

constexpr double infinity = std::numeric_limits<double>::infinity();

// x in the type that the kernels compute in.
Tensor in_opmath(const Tensor& x) { return x.to(at::toOpMathType(x.scalar_type())); }

// ---- The rules -------------------------------------------------------------------------------

struct SoftplusRule {
  static constexpr const char* name = "FusedSoftplusBackward";
  static constexpr std::array saved = {"self"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& self, const Scalar& beta,
                                const Scalar& threshold) {
    return {fused_softplus::softplus_backward(grad, self[0], beta, threshold)};
  }
};

// The in-place operator's, wherever the result tells the gradient: its input is then never kept.
struct SoftplusResultRule {
  static constexpr const char* name = "FusedSoftplusFromResultBackward";
  static constexpr std::array saved = {"result"};
  static constexpr bool saves_result = true;

  static variable_list backward(const Tensor& grad, const variable_list& result, const Scalar& beta,
                                const Scalar&) {
    return {softplus_backward_from_result(grad, result[0], beta)};
  }
};

struct SoftplusBackwardRule {
  static constexpr const char* name = "FusedSoftplusBackwardBackward";
  static constexpr std::array saved = {"grad_output", "self"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& inputs, const Scalar& beta,
                                const Scalar& threshold) {
    auto [grad_output, grad_self] =
        softplus_double_backward(grad, inputs[0], inputs[1], beta, threshold);
    return {grad_output, grad_self};
  }
};

struct SoftplusBackwardFromResultRule {
  static constexpr const char* name = "FusedSoftplusBackwardFromResultBackward";
  static constexpr std::array saved = {"grad_output", "result"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& inputs, const Scalar& beta,
                                const Scalar&) {
    auto [grad_output, grad_result] =
        softplus_double_backward_from_result(grad, inputs[0], inputs[1], beta);
    return {grad_output, grad_result};
  }
};

// A bias has the gradient of the sum that it is part of; autograd sums that to the bias's size, as
// it does for every operator that broadcasts.
struct SoftplusBiasRule {
  static constexpr const char* name = "FusedSoftplusBiasBackward";
  static constexpr std::array saved = {"self", "bias"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& inputs, const Scalar& beta,
                                const Scalar& threshold) {
    const Tensor grad_sum = softplus_bias_backward(grad, inputs[0], inputs[1], beta, threshold);
    return {grad_sum, grad_sum};
  }
};

struct SoftplusBiasBackwardRule {
  static constexpr const char* name = "FusedSoftplusBiasBackwardBackward";
  static constexpr std::array saved = {"grad_output", "self", "bias"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& inputs, const Scalar& beta,
                                const Scalar& threshold) {
    auto [grad_output, grad_sum] =
        softplus_bias_double_backward(grad, inputs[0], inputs[1], inputs[2], beta, threshold);
    return {grad_output, grad_sum, grad_sum};
  }
};

// The gradient is 1 / softplus', which softplus_backward_from_result tells from y; any further
// derivative is that of these operators. In the halves it is rounded once.
struct InverseSoftplusRule {
  static constexpr const char* name = "FusedInverseSoftplusBackward";
  static constexpr std::array saved = {"self"};
  static constexpr bool saves_result = false;

  static variable_list backward(const Tensor& grad, const variable_list& self, const Scalar& beta,
                                const Scalar& threshold) {
    const Tensor y = in_opmath(self[0]);
    const Tensor slope = softplus_backward_from_result(at::ones_like(y), y, beta);
    const Tensor grad_self = at::where(y.detach() * beta > threshold, grad, grad / slope);
    return {grad_self.to(grad.scalar_type())};
  }
};

// ---- What they share -------------------------------------------------------------------------

// A node of this rule over these inputs, or null where no gradient is asked for.
template <typename Rule, typename... Inputs>
auto node_for(const Scalar& beta, const Scalar& threshold, const Inputs&... inputs) {
  decltype(make_node<Node<Rule>>()) node;
  if (compute_requires_grad(inputs...)) {
    node = make_node<Node<Rule>>();
    node->set_next_edges(torch::autograd::collect_next_edges(inputs...));
    node->beta_ = beta;
    node->threshold_ = threshold;
  }
  return node;
}

// The value of a dual tensor, and its tangent (zeros where it has none).
Tensor primal_of(const Tensor& tensor) { return tensor._fw_primal(0); }

Tensor tangent_of(const Tensor& tensor) {
  const Tensor& tangent = tensor._fw_grad(0);
  return tangent.defined() ? tangent : at::zeros_like(primal_of(tensor));
}

// Runs the operator's kernel for the keys below autograd.
template <typename Op, typename... Args>
decltype(auto) below_autograd(c10::DispatchKeySet keys, const Op& op, Args&&... args) {
  at::AutoDispatchBelowADInplaceOrView guard;
  return op.redispatch(keys & c10::after_autograd_keyset, std::forward<Args>(args)...);
}

// ---- Functional operators --------------------------------------------------------------------

// A function of self, or of the sum of self and a bias: op runs below autograd, and Rule's gradient
// is linear, so that it takes a tangent, too.
template <typename Rule, auto op, typename... Inputs>
Tensor forward_autograd(c10::DispatchKeySet keys, const Scalar& beta, const Scalar& threshold,
                        const Inputs&... inputs) {
  const auto node = node_for<Rule>(beta, threshold, inputs...);
  Tensor result = below_autograd(keys, op(), inputs..., beta, threshold);
  if (node) {
    node->saved_ = {SavedVariable(inputs, false)...};
    torch::autograd::set_history(result, node);
  }
  if ((isFwGradDefined(inputs) || ...)) {
    const Tensor tangent = (tangent_of(inputs) + ...);
    result._set_fw_grad(Rule::backward(tangent, {primal_of(inputs)...}, beta, threshold)[0], 0,
                        false);
  }
  return result;
}

Tensor softplus_autograd(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                         const Scalar& threshold) {
  return forward_autograd<SoftplusRule, ops::softplus>(keys, beta, threshold, self);
}

Tensor softplus_bias_autograd(c10::DispatchKeySet keys, const Tensor& self, const Tensor& bias,
                              const Scalar& beta, const Scalar& threshold) {
  return forward_autograd<SoftplusBiasRule, ops::softplus_bias>(keys, beta, threshold, self, bias);
}

Tensor inverse_softplus_autograd(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                                 const Scalar& threshold) {
  return forward_autograd<InverseSoftplusRule, ops::inverse_softplus>(keys, beta, threshold, self);
}

// grad_output times a slope that depends on one more tensor, or on the sum of two, so that one text
// serves them all. kernel runs below autograd; backward and double_backward are the operators
// themselves.
template <typename Rule, typename Kernel, typename Backward, typename DoubleBackward,
          typename... Inputs>
Tensor backward_autograd(const Scalar& beta, const Scalar& threshold, const Kernel& kernel,
                         const Backward& backward, const DoubleBackward& double_backward,
                         const Tensor& grad_output, const Inputs&... inputs) {
  const auto node = node_for<Rule>(beta, threshold, grad_output, inputs...);
  Tensor grad_input = kernel(grad_output, inputs...);
  if (node) {
    node->saved_ = {SavedVariable(grad_output, false), SavedVariable(inputs, false)...};
    torch::autograd::set_history(grad_input, node);
  }
  if (isFwGradDefined(grad_output) || (isFwGradDefined(inputs) || ...)) {
    Tensor tangent = backward(tangent_of(grad_output), primal_of(inputs)...);
    if ((isFwGradDefined(inputs) || ...)) {
      const auto gradients =
          double_backward((tangent_of(inputs) + ...), primal_of(grad_output), primal_of(inputs)...);
      tangent = tangent + std::get<1>(gradients);
    }
    grad_input._set_fw_grad(tangent, 0, false);
  }
  return grad_input;
}

// The operators of softplus and softplus_bias, called with all their tensors and these scalars.
template <typename Rule, auto op, auto double_backward, typename... Tensors>
Tensor backward_autograd_of(c10::DispatchKeySet keys, const Scalar& beta, const Scalar& threshold,
                            const Tensors&... tensors) {
  return backward_autograd<Rule>(
      beta, threshold,
      [&](const auto&... all) { return below_autograd(keys, op(), all..., beta, threshold); },
      [&](const auto&... all) { return op().call(all..., beta, threshold); },
      [&](const auto&... all) { return double_backward().call(all..., beta, threshold); },
      tensors...);
}

Tensor softplus_backward_autograd(c10::DispatchKeySet keys, const Tensor& grad_output,
                                  const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return backward_autograd_of<SoftplusBackwardRule, ops::softplus_backward,
                              ops::softplus_double_backward>(keys, beta, threshold, grad_output,
                                                             self);
}

Tensor softplus_bias_backward_autograd(c10::DispatchKeySet keys, const Tensor& grad_output,
                                       const Tensor& self, const Tensor& bias, const Scalar& beta,
                                       const Scalar& threshold) {
  return backward_autograd_of<SoftplusBiasBackwardRule, ops::softplus_bias_backward,
                              ops::softplus_bias_double_backward>(keys, beta, threshold,
                                                                  grad_output, self, bias);
}

Tensor softplus_backward_from_result_autograd(c10::DispatchKeySet keys, const Tensor& grad_output,
                                              const Tensor& result, const Scalar& beta) {
  return backward_autograd<SoftplusBackwardFromResultRule>(
      beta, Scalar(),
      [&](const Tensor& grad, const Tensor& y) {
        return below_autograd(keys, ops::softplus_backward_from_result(), grad, y, beta);
      },
      [&](const Tensor& grad, const Tensor& y) {
        return softplus_backward_from_result(grad, y, beta);
      },
      [&](const Tensor& grad_grad, const Tensor& grad, const Tensor& y) {
        return softplus_double_backward_from_result(grad_grad, grad, y, beta);
      },
      grad_output, result);
}

template <typename... Tensors>
bool is_differentiated(const Tensors&... tensors) {
  return compute_requires_grad(tensors...) || (isFwGradDefined(tensors) || ...);
}

// Third derivatives and beyond are rare, so the fused double backward gives way to the operators
// above, which can be differentiated again without end. In the halves each of these rounds, so that
// the results may differ from the kernel's by 2 ULP. Nested tensors take the same way, since only
// pointwise operators of one or two tensors work for them.
template <typename... Tensors>
bool takes_smaller_operators(const Tensors&... tensors) {
  return is_differentiated(tensors...) || (tensors.is_nested() || ...);
}

// The first gradient, which depends on fewer operands than the second, in the shape that all of
// them broadcast to: the kernel's outputs both have it. (Nested tensors do not broadcast.)
Tensor shaped_like(const Tensor& first, const Tensor& second) {
  const bool as_is = first.is_nested() || first.sym_sizes() == second.sym_sizes();
  return as_is ? first : first.expand_symint(second.sym_sizes());
}

// inputs: self, or self and a bias; their sum is x.
template <auto op, auto backward, typename... Inputs>
std::tuple<Tensor, Tensor> double_backward_autograd(c10::DispatchKeySet keys, const Scalar& beta,
                                                    const Scalar& threshold,
                                                    const Tensor& grad_grad_input,
                                                    const Tensor& grad_output,
                                                    const Inputs&... inputs) {
  if (!takes_smaller_operators(grad_grad_input, grad_output, inputs...)) {
    return below_autograd(keys, op(), grad_grad_input, grad_output, inputs..., beta, threshold);
  }
  const Tensor grad_grad_output = backward().call(grad_grad_input, inputs..., beta, threshold);
  // sigmoid(beta x) (1 - sigmoid(beta x)), the second factor as sigmoid(-beta x) to keep its digits
  const Tensor curved = backward().call(grad_grad_output, -inputs..., beta, infinity);
  const Tensor grad_x = grad_output * curved * beta;
  const Tensor beta_x = (in_opmath(inputs.detach()) + ...) * beta;
  return {shaped_like(grad_grad_output, grad_x), at::where(beta_x > threshold, 0, grad_x)};
}

std::tuple<Tensor, Tensor> softplus_double_backward_autograd(c10::DispatchKeySet keys,
                                                             const Tensor& grad_grad_input,
                                                             const Tensor& grad_output,
                                                             const Tensor& self, const Scalar& beta,
                                                             const Scalar& threshold) {
  return double_backward_autograd<ops::softplus_double_backward, ops::softplus_backward>(
      keys, beta, threshold, grad_grad_input, grad_output, self);
}

std::tuple<Tensor, Tensor> softplus_bias_double_backward_autograd(
    c10::DispatchKeySet keys, const Tensor& grad_grad_sum, const Tensor& grad_output,
    const Tensor& self, const Tensor& bias, const Scalar& beta, const Scalar& threshold) {
  return double_backward_autograd<ops::softplus_bias_double_backward, ops::softplus_bias_backward>(
      keys, beta, threshold, grad_grad_sum, grad_output, self, bias);
}

std::tuple<Tensor, Tensor> softplus_double_backward_from_result_autograd(
    c10::DispatchKeySet keys, const Tensor& grad_grad_input, const Tensor& grad_output,
    const Tensor& result, const Scalar& beta) {
  if (!takes_smaller_operators(grad_grad_input, grad_output, result)) {
    return below_autograd(keys, ops::softplus_double_backward_from_result(), grad_grad_input,
                          grad_output, result, beta);
  }
  const Tensor grad_result = grad_grad_input * grad_output * at::exp(result * -beta) * beta;
  return {shaped_like(softplus_backward_from_result(grad_grad_input, result, beta), grad_result),
          grad_result};
}

// ---- In-place and out= -----------------------------------------------------------------------

// Whether softplus's result tells its gradient as exactly as its input does. It does not where
//  - the linear branch, whose gradient is 1, starts so low (or the dtype ends so low) that
//    1 - exp(-beta * result) is not yet 1 there: in float64 with the default threshold, too;
//  - float16 results underflow before the gradients, up to |beta| times as large, do.
bool result_tells_gradient(at::ScalarType dtype, const Scalar& beta_, const Scalar& threshold_) {
  if (beta_.isComplex() || threshold_.isComplex()) {
    return false;  // The kernel names the argument.
  }
  if (beta_.isSymbolic() || threshold_.isSymbolic()) {
    return false;  // The values are not known while a graph is traced.
  }
  const double beta = std::abs(beta_.toDouble());
  const auto tells = [&](double largest, double epsilon) {
    return std::exp(-std::min(threshold_.toDouble(), beta * largest)) <= epsilon / 4;
  };
  switch (dtype) {
    case at::kFloat:
      return tells(std::numeric_limits<float>::max(), std::numeric_limits<float>::epsilon());
    case at::kDouble:
      return tells(std::numeric_limits<double>::max(), std::numeric_limits<double>::epsilon());
    case at::kBFloat16:
      return tells(std::numeric_limits<c10::BFloat16>::max(),
                   std::numeric_limits<c10::BFloat16>::epsilon());
    case at::kHalf:
      return beta <= 1 && tells(std::numeric_limits<c10::Half>::max(),
                                std::numeric_limits<c10::Half>::epsilon());
    default:
      return false;
  }
}

// Runs an operator that writes to a tensor; the kernel at ADInplaceOrView counts its version.
template <typename Op, typename... Args>
void write(c10::DispatchKeySet keys, const Op& op, Args&&... args) {
  at::AutoDispatchBelowAutograd guard;
  op.redispatch(keys & c10::after_autograd_keyset, std::forward<Args>(args)...);
}

template <typename Rule>
void softplus_inplace_by(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                         const Scalar& threshold) {
  const auto node = node_for<Rule>(beta, threshold, self);
  const Tensor saved = Rule::saves_result || !is_differentiated(self) ? self : self.clone();
  write(keys, ops::softplus_(), self, beta, threshold);
  if (node) {
    torch::autograd::rebase_history(self, node);
    node->saved_[0] =
        SavedVariable(saved, Rule::saves_result, Rule::saves_result && self.is_view());
  }
  if (isFwGradDefined(self)) {
    // A tangent, too, may only be changed in place; its derivative needs what it was before.
    const Tensor tangent = self._fw_grad(0);  // NOLINT(*-copy-initialization): it is set below
    tangent.copy_(Rule::backward(tangent.clone(), {primal_of(saved)}, beta, threshold)[0]);
    self._set_fw_grad(tangent, 0, true);
  }
}

Tensor& softplus_inplace_autograd(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                                  const Scalar& threshold) {
  torch::autograd::check_inplace(self, compute_requires_grad(self));
  const bool tells = result_tells_gradient(self.scalar_type(), beta, threshold);
  const auto& run =
      tells ? softplus_inplace_by<SoftplusResultRule> : softplus_inplace_by<SoftplusRule>;
  run(keys, self, beta, threshold);
  return self;
}

template <typename... Tensors>
void refuse_differentiated_out(const char* name, const Tensors&... tensors) {
  if (compute_requires_grad(tensors...)) {
    torch::autograd::throw_error_out_requires_grad(name);
  }
  TORCH_CHECK_NOT_IMPLEMENTED(
      !(isFwGradDefined(tensors) || ...), name,
      "(): functions with out=... arguments don't support forward mode differentiation, but one "
      "of the arguments has a tangent.");
}

Tensor& softplus_out_autograd(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                              const Scalar& threshold, Tensor& out) {
  refuse_differentiated_out("fused_softplus::softplus", self, out);
  write(keys, ops::softplus_out(), self, beta, threshold, out);
  return out;
}

Tensor& softplus_backward_grad_input_autograd(c10::DispatchKeySet keys, const Tensor& grad_output,
                                              const Tensor& self, const Scalar& beta,
                                              const Scalar& threshold, Tensor& grad_input) {
  refuse_differentiated_out("fused_softplus::softplus_backward", grad_output, self, grad_input);
  write(keys, ops::softplus_backward_grad_input(), grad_output, self, beta, threshold, grad_input);
  return grad_input;
}

// The version counter's kernels, reached also where no gradient is recorded.
template <typename Op, typename... Args>
void write_counted(c10::DispatchKeySet keys, const Op& op, Tensor& written, Args&&... args) {
  {
    at::AutoDispatchBelowADInplaceOrView guard;
    op.redispatch(keys & c10::after_ADInplaceOrView_keyset, std::forward<Args>(args)...);
  }
  torch::autograd::increment_version(written);
}

Tensor& softplus_inplace_counted(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                                 const Scalar& threshold) {
  write_counted(keys, ops::softplus_(), self, self, beta, threshold);
  return self;
}

Tensor& softplus_out_counted(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                             const Scalar& threshold, Tensor& out) {
  write_counted(keys, ops::softplus_out(), out, self, beta, threshold, out);
  return out;
}

Tensor& softplus_backward_grad_input_counted(c10::DispatchKeySet keys, const Tensor& grad_output,
                                             const Tensor& self, const Scalar& beta,
                                             const Scalar& threshold, Tensor& grad_input) {
  write_counted(keys, ops::softplus_backward_grad_input(), grad_input, grad_output, self, beta,
                threshold, grad_input);
  return grad_input;
}

template <typename... Rules>
std::vector<NodeType> types_of() {
  return {{Rules::name, &typeid(Node<Rules>), {Rules::saved.begin(), Rules::saved.end()}}...};
}

}  // namespace

std::vector<NodeType> node_types() {
  return types_of<SoftplusRule, SoftplusResultRule, SoftplusBackwardRule,
                  SoftplusBackwardFromResultRule, SoftplusBiasRule, SoftplusBiasBackwardRule,
                  InverseSoftplusRule>();
}

}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, Autograd, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  using namespace fused_softplus;
  m.impl("softplus", softplus_autograd);
  m.impl("softplus.out", softplus_out_autograd);
  m.impl("softplus_", softplus_inplace_autograd);
  m.impl("softplus_backward", softplus_backward_autograd);
  m.impl("softplus_backward.grad_input", softplus_backward_grad_input_autograd);
  m.impl("softplus_backward_from_result", softplus_backward_from_result_autograd);
  m.impl("softplus_double_backward", softplus_double_backward_autograd);
  m.impl("softplus_double_backward_from_result", softplus_double_backward_from_result_autograd);
  m.impl("softplus_bias", softplus_bias_autograd);
  m.impl("softplus_bias_backward", softplus_bias_backward_autograd);
  m.impl("softplus_bias_double_backward", softplus_bias_double_backward_autograd);
  m.impl("inverse_softplus", inverse_softplus_autograd);
}

TORCH_LIBRARY_IMPL(fused_softplus, ADInplaceOrView, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  using namespace fused_softplus;
  m.impl("softplus.out", softplus_out_counted);
  m.impl("softplus_", softplus_inplace_counted);
  m.impl("softplus_backward.grad_input", softplus_backward_grad_input_counted);
}
