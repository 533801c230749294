#include "capability.h"

#include <c10/util/Exception.h>

#include <cstdlib>
#include <string_view>

#include "../softplus.h"

namespace fused_softplus::cpu {
namespace {

struct Capability {
  const char* name;
  bool supported;
  Loop (*find_loop)(Kernel, Dtype);
};

Capability choose() {
  const Capability best_first[] = {
#ifdef __x86_64__
      // What CMakeLists.txt compiles each for.
      {"avx512",
       __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"),
       avx512::find_loop},
      {"avx2", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"), avx2::find_loop},
#endif
      {"default", true, baseline::find_loop},
  };
  const char* wanted = std::getenv("FUSED_SOFTPLUS_CPU_CAPABILITY");
  for (const Capability& capability : best_first) {
    if (wanted ? std::string_view(wanted) == capability.name : capability.supported) {
      TORCH_CHECK(capability.supported, "FUSED_SOFTPLUS_CPU_CAPABILITY=", wanted,
                  ", but this CPU does not support it");
      return capability;
    }
  }
  TORCH_CHECK(false, "FUSED_SOFTPLUS_CPU_CAPABILITY must be avx512, avx2 or default, but is ",
              wanted);
}

const Capability& chosen() {
  static const Capability capability = choose();
  return capability;
}

}  // namespace

Loop find_loop(Kernel kernel, Dtype dtype) { return chosen().find_loop(kernel, dtype); }

}  // namespace fused_softplus::cpu

const char* fused_softplus::cpu_capability() { return cpu::chosen().name; }
