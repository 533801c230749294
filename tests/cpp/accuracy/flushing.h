// The processor mode in which subnormal numbers count as 0 and are flushed to 0 (DAZ and FTZ on
// x86-64, FZ on 64-bit ARM). torch.set_flush_denormal(True) sets it, and so does a library that is
// linked with -ffast-math.
#pragma once

#ifdef __x86_64__
#include <immintrin.h>
#endif
#include <cstdint>

namespace fused_softplus::accuracy {

#ifdef __x86_64__
constexpr bool can_flush = true;
constexpr uint64_t flushes = 0x8040;
inline uint64_t control() { return _mm_getcsr(); }
inline void set_control(uint64_t word) { _mm_setcsr(static_cast<unsigned>(word)); }
#elif defined(__aarch64__)
constexpr bool can_flush = true;
constexpr uint64_t flushes = 1 << 24;
inline uint64_t control() {
  uint64_t word;
  asm volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
inline void set_control(uint64_t word) { asm volatile("msr fpcr, %0" : : "r"(word) : "memory"); }
#else
constexpr bool can_flush = false;
constexpr uint64_t flushes = 0;
inline uint64_t control() { return 0; }
inline void set_control(uint64_t) {}
#endif

// Sets the mode for its lifetime, on this thread.
class Flushing {
 public:
  explicit Flushing(bool flushing) {
    if (flushing) {
      set_control(before_ | flushes);
    }
  }
  ~Flushing() { set_control(before_); }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;

 private:
  const uint64_t before_ = control();
};

}  // namespace fused_softplus::accuracy
