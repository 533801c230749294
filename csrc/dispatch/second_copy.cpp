#include "csrc/dispatch/second_copy.h"

#include <ATen/core/dispatch/Dispatcher.h>

// The first of the blocks that register something asks, when this copy has registered nothing yet.
bool fused_softplus::is_second_copy() {
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
