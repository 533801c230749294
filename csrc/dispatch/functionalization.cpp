// Turns the operators that write into softplus and an update of the tensor that is written to. This
// lets torch.compile and torch.export trace them. ATen's operators have generated kernels for it.
#include <ATen/FunctionalTensorWrapper.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

namespace functionalization = at::functionalization::impl;
using at::Scalar;
using at::Tensor;

Tensor unwrap(const Tensor& tensor) {
  if (!functionalization::isFunctionalTensor(tensor)) {
    return tensor;
  }
  functionalization::sync(tensor);
  return functionalization::from_functional_tensor(tensor);
}

// write calls the operator, which is op or writes op's result, with its tensors as they are.
template <const auto& op, typename Write>
Tensor& functionalize(Tensor& written, const Tensor& self, const Scalar& beta,
                      const Scalar& threshold, const Write& write) {
  if (!functionalization::isFunctionalTensor(written)) {
    TORCH_CHECK(!functionalization::isFunctionalTensor(self),
                "fused_softplus: cannot write a functional tensor's values to one that is not");
    at::AutoDispatchSkipFunctionalize guard;
    write();
    return written;
  }
  Tensor result;
  {
    at::AutoDispatchSkipFunctionalize guard;
    result = ops::handle<op>().call(unwrap(self), beta, threshold);
  }
  functionalization::replace_(written, result);
  functionalization::commit_update(written);
  functionalization::sync(written);
  return written;
}

struct Functionalized {
  template <const auto& op>
  static Tensor& in_place(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    return functionalize<op>(self, self, beta, threshold,
                             [&] { ops::in_place<op>().call(self, beta, threshold); });
  }
};

Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold, Tensor& out) {
  return functionalize<ops::softplus>(
      out, self, beta, threshold, [&] { ops::softplus_out().call(self, beta, threshold, out); });
}

void implement(torch::Library& m) {
  ops::implement_in_place<Functionalized>(m);
  m.impl("softplus.out", softplus_out);
}

const Registration functionalized(c10::DispatchKey::Functionalize, implement);

}  // namespace
}  // namespace fused_softplus
