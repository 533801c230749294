// The operators that write nothing under their names with an underscore, with beta and threshold as
// 0-D tensors on the CPU. torch.compile makes a tensor of a float that changes between calls, and
// would compile again for each value of a Scalar. They run below autograd, which has seen the
// operators of the names without an underscore.
#include <torch/library.h>

#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/second_copy.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using torch::jit::Stack;

// Calls the operator without the underscore, with value(tensor) for each of the two.
template <typename Value>
void call_with_numbers(const c10::OperatorHandle& op, Stack* stack, const Value& value) {
  const auto& schema = op.schema();
  std::string name = schema.name();
  name.erase(name.find("::_") + 2, 1);
  const size_t count = schema.arguments().size();
  for (size_t i = 0; i < count; ++i) {
    const std::string& argument = schema.arguments()[i].name();
    if (argument == "beta" || argument == "threshold") {
      at::IValue& number = torch::jit::peek(*stack, i, count);
      number = value(number.toTensor());
    }
  }
  c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), "").callBoxed(stack);
}

void call_with_items(const c10::OperatorHandle& op, Stack* stack) {
  call_with_numbers(op, stack, [](const at::Tensor& number) { return number.item(); });
}

// The numbers decide nothing about the result's shape.
void call_without_data(const c10::OperatorHandle& op, Stack* stack) {
  call_with_numbers(op, stack, [](const at::Tensor&) { return Scalar(1); });
}

using BoxedKernel = void(const c10::OperatorHandle&, Stack*);

template <BoxedKernel* kernel>
void implement(torch::Library& m) {
  for (const char* name :
       {"_softplus", "_softplus_backward", "_softplus_backward_from_result",
        "_softplus_double_backward", "_softplus_double_backward_from_result", "_softplus_bias",
        "_softplus_bias_backward", "_softplus_bias_double_backward", "_inverse_softplus"}) {
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<kernel>());
  }
}

}  // namespace
}  // namespace fused_softplus

TORCH_LIBRARY_IMPL(fused_softplus, CompositeExplicitAutograd, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  fused_softplus::implement<fused_softplus::call_with_items>(m);
}

TORCH_LIBRARY_IMPL(fused_softplus, Meta, m) {
  if (fused_softplus::is_second_copy()) {
    return;
  }
  fused_softplus::implement<fused_softplus::call_without_data>(m);
}
