// Shapes, strides and dtypes without data, for torch.compile, FakeTensor and the meta device. They
// follow the rules of every elementwise operator, so ATen's neg and mul give them, for symbolic
// shapes, too.
#include <ATen/ATen.h>

#include "csrc/dispatch/arguments.h"
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using at::Tensor;

Tensor like_all(const Tensor& tensor) { return at::neg(tensor); }

template <typename... Tensors>
Tensor like_all(const Tensor& first, const Tensors&... others) {
  return (first * ... * others);
}

struct Meta {
  template <const auto& op, typename... Args>
  static ops::Return<op> kernel(Args... args) {
    return ops::split<op>(
        [](const Scalar& beta, const Scalar& threshold, const auto&... tensors) -> ops::Return<op> {
          check_arguments(op.name, {&tensors...}, beta, threshold);
          if constexpr (op.outputs == 1) {
            return like_all(tensors...);
          } else {
            return {like_all(tensors...), like_all(tensors...)};
          }
        },
        args...);
  }

  template <const auto& op>
  static Tensor& in_place(Tensor& self, const Scalar& beta, const Scalar& threshold) {
    check_arguments(op.name, {&self}, beta, threshold);
    return self;
  }
};

Tensor& softplus_out(const Tensor& self, const Scalar& beta, const Scalar& threshold, Tensor& out) {
  check_arguments(ops::softplus.name, {&self, &out}, beta, threshold);
  return at::neg_out(out, self);
}

void implement(torch::Library& m) {
  ops::implement<Meta>(m);
  m.impl("softplus.out", softplus_out);
  ops::implement_in_place<Meta>(m);
}

const Registration meta(c10::DispatchKey::Meta, implement);

}  // namespace
}  // namespace fused_softplus
