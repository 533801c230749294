// The twin of each operator of the list: its name has an underscore, and it takes beta and
// threshold as 0-D tensors on the CPU. torch.compile makes a tensor of a float that changes between
// calls, and would compile again for each value of a Scalar. The twins run below autograd, which
// has seen the operators without an underscore.
#include "csrc/dispatch/operators.h"
#include "csrc/dispatch/registration.h"

namespace fused_softplus {
namespace {

using at::Scalar;
using torch::jit::Stack;

// Calls the operator without the underscore, with value(tensor) for beta and for threshold.
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

// The result's shape does not depend on the numbers.
void call_without_data(const c10::OperatorHandle& op, Stack* stack) {
  call_with_numbers(op, stack, [](const at::Tensor&) { return Scalar(1); });
}

template <void (*kernel)(const c10::OperatorHandle&, Stack*)>
void implement(torch::Library& m) {
  ops::All::for_each([&]<const auto & op>() {
    m.impl((std::string("_") + op.name).c_str(),
           torch::CppFunction::makeFromBoxedFunction<kernel>());
  });
}

const Registration kernels(c10::DispatchKey::CompositeExplicitAutograd, implement<call_with_items>);
const Registration meta(c10::DispatchKey::Meta, implement<call_without_data>);

}  // namespace
}  // namespace fused_softplus
