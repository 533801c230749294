// What the CUDA kernels take for granted of the formulas for one number; it needs no GPU.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>

#include "csrc/softplus_math.h"

namespace fused_softplus::math {
namespace {

// The device's first guess is within 2^-20, whichever it is; the host's division is exact.
TEST(Scalars, ARefinedReciprocalIsCorrectlyRounded) {
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

// The strided kernel has no form of its own for beta = 1, as the contiguous one has.
template <typename T, typename Round>
void expect_beta_1_to_need_no_form_of_its_own() {
  using Bits = math::Bits<T>;
  std::mt19937_64 random(1);
  for (const double threshold : {18.0, 20.0, HUGE_VAL}) {
    const UnitBeta<T> unit(threshold);
    const AnyBeta<T> any(1, threshold);
    for (int i = 0; i < 1'000'000; ++i) {
      const T x = std::bit_cast<T>(static_cast<Bits>(random()));
      const auto alike = [&](const auto& a, const auto& b) {
        for (size_t i = 0; i < std::size(a.values); ++i) {
          if (!std::isnan(a.values[i]) || !std::isnan(b.values[i])) {
            EXPECT_EQ(std::bit_cast<Bits>(a.values[i]), std::bit_cast<Bits>(b.values[i])) << x;
          }
        }
      };
      const T one = 1;
      alike(Softplus::apply<Round>(unit, x), Softplus::apply<Round>(any, x));
      alike(SoftplusBackward::apply<Round>(unit, one, x),
            SoftplusBackward::apply<Round>(any, one, x));
      alike(SoftplusDoubleBackward::apply<Round>(unit, one, one, x),
            SoftplusDoubleBackward::apply<Round>(any, one, one, x));
      alike(SoftplusBackwardFromResult::apply<Round>(unit, one, x),
            SoftplusBackwardFromResult::apply<Round>(any, one, x));
      alike(SoftplusDoubleBackwardFromResult::apply<Round>(unit, one, one, x),
            SoftplusDoubleBackwardFromResult::apply<Round>(any, one, one, x));
    }
  }
}

TEST(Scalars, Beta1NeedsNoFormOfItsOwn) {
  expect_beta_1_to_need_no_form_of_its_own<float, ToNearest>();
  expect_beta_1_to_need_no_form_of_its_own<double, ToNearest>();
}

}  // namespace
}  // namespace fused_softplus::math
