// The processor mode in which subnormal numbers count as 0 (DAZ) and are flushed to 0 (FTZ).
// torch.set_flush_denormal(True) sets it, and so does a library that is linked with -ffast-math.
#pragma once

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace fused_softplus::accuracy {

#ifdef __x86_64__
constexpr bool can_flush = true;

// Sets the mode for its lifetime, on this thread.
class Flushing {
 public:
  explicit Flushing(bool flushing) {
    if (flushing) {
      _mm_setcsr(before_ | 0x8040);
    }
  }
  ~Flushing() { _mm_setcsr(before_); }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;

 private:
  const unsigned before_ = _mm_getcsr();
};
#else
constexpr bool can_flush = false;

struct Flushing {
  explicit Flushing(bool) {}
};
#endif

}  // namespace fused_softplus::accuracy
