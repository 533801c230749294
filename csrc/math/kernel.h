// The names of the elementwise kernels, on every device.
#pragma once

#include <cstdint>

namespace fused_softplus {

enum class Kernel : uint8_t {
  softplus,
  softplus_backward,
  softplus_backward_from_result,
  softplus_double_backward,
  softplus_double_backward_from_result,
  softplus_bias,
  softplus_bias_backward,
  softplus_bias_double_backward,
  inverse_softplus,
  shifted_softplus,
  softplus_floor,
  last = softplus_floor,
};

}  // namespace fused_softplus
