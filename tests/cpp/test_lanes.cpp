// What lanes.h computes on CUDA by other means than on the CPU.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "csrc/lanes.h"

namespace fused_softplus::math {
namespace {

// The device's first guess is within 2^-20, whichever it is; the host's division is exact.
TEST(Lanes, ARefinedReciprocalIsCorrectlyRounded) {
  if (!__builtin_cpu_supports("fma")) {
    GTEST_SKIP() << "this CPU has no fused multiply-add";
  }
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> from_1_to_2(1, 2), error(-0x1p-20, 0x1p-20);
  for (int i = 0; i < 10'000'000; ++i) {
    double x = from_1_to_2(random);
    if (i % 4 == 1) {
      x = 1 + std::ldexp(std::floor(x * 1000), -52);  // near 1 and near 2, too
    } else if (i % 4 == 2) {
      x = 2 - std::ldexp(std::floor(x * 1000), -52);
    }
    EXPECT_EQ(refined_reciprocal(x, (1 + error(random)) / x), 1 / x) << x;
  }
}

}  // namespace
}  // namespace fused_softplus::math
