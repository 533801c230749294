// The kernels for devices that have none of ours. Derivatives of every order follow, since autograd
// computes them with our operators.
#include "csrc/dispatch/decompositions.h"

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

// Dense tensors alone have an ATen softplus on every device.
void check_dense(const char* name, const Tensor& tensor) {
  TORCH_CHECK_NOT_IMPLEMENTED(tensor.layout() == at::kStrided && !tensor.is_quantized(),
                              "Could not run 'fused_softplus::", name, "' with a tensor of layout ",
                              tensor.layout(), " and dtype ", tensor.dtype(),
                              ": it must be dense and not quantized");
}

struct Decomposed {
  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(Args... args) {
    return ops::split<op>(
        [](const Scalar& beta, const Scalar& threshold, const auto&... tensors) {
          (check_dense(op.name, tensors), ...);
          check_arguments(op.name, {&tensors...}, beta, threshold);
          return decompositions::decomposed<op>(beta, threshold, tensors...);
        },
        args...);
  }

  template <const auto& op>
  static Tensor& in_place(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    check_dense(ops::in_place_name<op>().c_str(), self);
    return self.copy_(ops::handle<op>().call(self, beta, threshold));
  }
};

Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold, Tensor& out) {
  check_dense(ops::softplus.name, self);
  check_arguments(ops::softplus.name, {&self, &out}, beta, threshold);
  return at::softplus_out(out, self, beta, decompositions::where_linear(threshold));
}

void implement(torch::Library& m) {
  ops::implement<Decomposed>(m);
  ops::implement_in_place<Decomposed>(m);
  m.impl("softplus.out", softplus_out);
}

const Registration kernels(c10::DispatchKey::CompositeExplicitAutograd, implement);

}  // namespace
}  // namespace fused_softplus
