// The kernels for devices that have none of ours. Derivatives of every order follow, since autograd
// computes them with our operators.
#include "csrc/dispatch/decompositions.h"

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

struct Decomposed {
  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(Args... args) {
    return ops::split<op>(
        [](const Scalar& beta, const Scalar& threshold, const auto&... tensors) {
          check_arguments(op.name, {&tensors...}, beta, threshold);
          return decompositions::decomposed<op>(beta, threshold, tensors...);
        },
        args...);
  }
};

Tensor& softplus_(Tensor& self, const Scalar& beta, const Scalar& threshold) {
  return self.copy_(ops::handle<ops::softplus>().call(self, beta, threshold));
}

Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold, Tensor& out) {
  check_arguments(ops::softplus.name, {&self, &out}, beta, threshold);
  return at::softplus_out(out, self, beta, decompositions::where_linear(threshold));
}

void implement(torch::Library& m) {
  ops::implement<Decomposed>(m);
  m.impl("softplus_", softplus_);
  m.impl("softplus.out", softplus_out);
}

const Registration kernels(c10::DispatchKey::CompositeExplicitAutograd, implement);

}  // namespace
}  // namespace fused_softplus
