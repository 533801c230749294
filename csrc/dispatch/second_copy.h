#pragma once

namespace fused_softplus {

// Whether another copy of this library registered the operators before this one was loaded. Each
// block that registers something asks: torch ends the process if an operator is defined twice.
bool is_second_copy();

}  // namespace fused_softplus
