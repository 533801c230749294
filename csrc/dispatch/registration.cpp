#include "csrc/dispatch/registration.h"

#include <ATen/core/dispatch/Dispatcher.h>

namespace fused_softplus {
namespace {

// Whether another copy of this library has registered the operators. The first registration asks,
// before this copy has registered any.
bool is_second_copy() {
  static const bool answer = [] {
    const bool registered =
        c10::Dispatcher::singleton().findSchema({"fused_softplus::softplus", ""}).has_value();
    if (registered) {
      TORCH_WARN(
          "another copy of fused_softplus's operator library is loaded in this process already. "
          "This copy registers nothing, and the first one goes on serving.");
    }
    return registered;
  }();
  return answer;
}

}  // namespace

Registration::Registration(torch::Library::Kind kind, std::optional<c10::DispatchKey> key,
                           Implement implement, const char* file, int line) {
  if (!is_second_copy()) {
    implement(library_.emplace(kind, "fused_softplus", key, file, line));
  }
}

}  // namespace fused_softplus
