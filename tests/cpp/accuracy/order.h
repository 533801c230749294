// The order that float32 results of softplus keep: never decreasing, never below max(x, 0).
#pragma once

#include <mutex>

#include "tests/cpp/accuracy/inputs.h"

namespace fused_softplus::accuracy {

class Order {
 public:
  struct Broken {
    int64_t times = 0;
    float first = INFINITY;  // the lowest input at which it is broken
  };

  // Takes a block of neighbours and their results. Any thread may call it.
  void visit(const uint32_t* inputs, const uint32_t* results) {
    note(decreasing_, inputs, block - 1,
         [&](int i) { return value(results[i]) > value(results[i + 1]); });
    note(below_relu_, inputs, block,
         [&](int i) { return value(results[i]) < std::max(value(inputs[i]), 0.0f); });
  }

  const Broken& decreasing() const { return decreasing_; }
  const Broken& below_relu() const { return below_relu_; }

 private:
  static float value(uint32_t bits) { return std::bit_cast<float>(bits); }

  template <typename Breaks>
  void note(Broken& broken, const uint32_t* inputs, int count, const Breaks& breaks) {
    int times = 0;
    for (int i = 0; i < count; ++i) {
      times += breaks(i);
    }
    if (times == 0) {
      return;
    }
    const std::lock_guard lock(mutex_);
    broken.times += times;
    for (int i = 0; i < count; ++i) {
      if (breaks(i)) {
        broken.first = std::min(broken.first, value(inputs[i]));
      }
    }
  }

  std::mutex mutex_;
  Broken decreasing_, below_relu_;
};

}  // namespace fused_softplus::accuracy
