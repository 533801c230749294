// The autograd kernels of the operators that write to a tensor, and those that count what they
// write.
#include <ATen/Dispatch.h>

#include <cmath>
#include <limits>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/autograd.h"
#include "csrc/dispatch/autograd_rules.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;
using torch::autograd::SavedVariable;

// Whether softplus's result determines its gradient as exactly as its input does. It does not where
//  - the linear branch, whose gradient is 1, starts so low (or the dtype ends so low) that
//    1 - exp(-beta * result) is not yet 1 there: in float64 with the default threshold, too;
//  - float16 results underflow before the gradients, up to |beta| times as large, do;
//  - the 16-bit results of shifted_softplus near -log(2) / beta differ by more than the gradients;
//  - the numbers are not known, since a graph is traced, or the kernel refuses the arguments.
bool result_determines_gradient(Kernel kernel, at::ScalarType dtype, const Scalar& beta,
                                const Scalar& threshold) {
  const bool is_16_bit = dtype == at::kHalf || dtype == at::kBFloat16;
  if (!takes(dtype, beta, threshold) || (kernel == Kernel::shifted_softplus && is_16_bit)) {
    return false;
  }
  const double abs_beta = std::abs(beta.toDouble());
  return AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, dtype, "softplus_", [&] {
    using Limits = std::numeric_limits<scalar_t>;
    const double u = std::min(threshold.toDouble(), abs_beta * double(Limits::max()));
    return std::exp(-u) <= double(Limits::epsilon()) / 4 && (dtype != at::kHalf || abs_beta <= 1);
  });
}

// Runs an operator that writes to a tensor; the kernel at ADInplaceOrView counts its version.
template <typename Op, typename... Args>
void write(c10::DispatchKeySet keys, const Op& op, Args&&... args) {
  at::AutoDispatchBelowAutograd guard;
  op.redispatch(keys & c10::after_autograd_keyset, std::forward<Args>(args)...);
}

template <const auto& op, typename Rule>
void in_place_by(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                 const Scalar& threshold) {
  const auto node = node_for<Rule>(beta, threshold, self);
  const Tensor saved = Rule::saves_result || !is_differentiated(self) ? self : self.clone();
  write(keys, ops::in_place<op>(), self, beta, threshold);
  if (node) {
    torch::autograd::rebase_history(self, node);
    node->saved_[0] =
        SavedVariable(saved, Rule::saves_result, Rule::saves_result && self.is_view());
  }
  if (has_tangent(self)) {
    // A tangent, too, may only be changed in place; its derivative needs what it was before.
    const Tensor tangent = self._fw_grad(0);  // NOLINT(*-copy-initialization): it is set below
    tangent.copy_(Rule::backward(tangent.clone(), {primal_of(saved)}, beta, threshold)[0]);
    self._set_fw_grad(tangent, 0, true);
  }
}

struct Autograd {
  template <const auto& op>
  static Tensor& in_place(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                          const Scalar& threshold) {
    torch::autograd::check_inplace(self, torch::autograd::compute_requires_grad(self));
    const bool from_result =
        result_determines_gradient(op.kernel, self.scalar_type(), beta, threshold);
    const auto& run = from_result ? in_place_by<op, FromResultRule<op>> : in_place_by<op, Rule<op>>;
    run(keys, self, beta, threshold);
    return self;
  }
};

Tensor& softplus_out(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                     const Scalar& threshold, Tensor& out) {
  const char* const name = "fused_softplus::softplus";
  if (torch::autograd::compute_requires_grad(self, out)) {
    torch::autograd::throw_error_out_requires_grad(name);
  }
  TORCH_CHECK_NOT_IMPLEMENTED(
      !has_tangent(self, out), name,
      "(): functions with out=... arguments don't support forward mode differentiation, but one "
      "of the arguments has a tangent.");
  write(keys, ops::softplus_out(), self, beta, threshold, out);
  return out;
}

void implement(torch::Library& m) {
  ops::implement_in_place<Autograd>(m);
  m.impl("softplus.out", softplus_out);
}

const Registration autograd(c10::DispatchKey::Autograd, implement);

// The version counter's kernels, reached also where no gradient is recorded.
template <typename Op, typename... Args>
Tensor& write_counted(c10::DispatchKeySet keys, const Op& op, Tensor& written, Args&&... args) {
  {
    at::AutoDispatchBelowADInplaceOrView guard;
    op.redispatch(keys & c10::after_ADInplaceOrView_keyset, std::forward<Args>(args)...);
  }
  torch::autograd::increment_version(written);
  return written;
}

struct Counted {
  template <const auto& op>
  static Tensor& in_place(c10::DispatchKeySet keys, Tensor& self, const Scalar& beta,
                          const Scalar& threshold) {
    return write_counted(keys, ops::in_place<op>(), self, self, beta, threshold);
  }
};

Tensor& softplus_out_counted(c10::DispatchKeySet keys, const Tensor& self, const Scalar& beta,
                             const Scalar& threshold, Tensor& out) {
  return write_counted(keys, ops::softplus_out(), out, self, beta, threshold, out);
}

void implement_counted(torch::Library& m) {
  ops::implement_in_place<Counted>(m);
  m.impl("softplus.out", softplus_out_counted);
}

const Registration counted(c10::DispatchKey::ADInplaceOrView, implement_counted);

}  // namespace
}  // namespace fused_softplus
