// What the CUDA kernels assume about the formulas for one number. The tests need no GPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>
#include <vector>

#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::cpu {
namespace {

class Scalars : public testing::Test {
  void SetUp() override {
    if (!scalar::supported()) {
      GTEST_SKIP() << "this CPU has no fused multiply-add";
    }
  }
};

// The relative error of the first guess of a GPU is below 2^-20. The division of the host is
// correctly rounded.
TEST_F(Scalars, ARefinedReciprocalIsCorrectlyRounded) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> from_1_to_2(1, 2), error(-0x1p-20, 0x1p-20);
  for (int i = 0; i < 10'000'000; ++i) {
    double x = from_1_to_2(random);
    if (i % 4 == 1) {
      x = 1 + std::ldexp(std::floor(x * 1000), -52);  // also near 1 and near 2
    } else if (i % 4 == 2) {
      x = 2 - std::ldexp(std::floor(x * 1000), -52);
    }
    EXPECT_EQ(scalar::refined_reciprocal(x, (1 + error(random)) / x), 1 / x) << x;
  }
}

// The strided kernel uses AnyBeta for beta = 1, the contiguous one UnitBeta.
template <Dtype dtype, typename T, typename Bits>
void expect_the_same_bits_for_beta_1() {
  constexpr int n = 1'000'000;
  std::mt19937_64 random(1);
  std::vector<T> x(n), outputs[2][2] = {{x, x}, {x, x}};
  std::generate(x.begin(), x.end(), [&] { return std::bit_cast<T>(static_cast<Bits>(random())); });
  T one = 1;
  for (const double threshold : {18.0, 20.0, HUGE_VAL}) {
    for (const auto& [kernel, output_count, input_count] : kernels()) {
      const Loop loops[] = {scalar::find_loop(kernel, dtype),
                            scalar::find_loop_for_any_beta(kernel, dtype)};
      for (int which : {0, 1}) {
        std::vector<char*> data;
        for (int i = 0; i < output_count; ++i) {
          data.push_back(reinterpret_cast<char*>(outputs[which][i].data()));
        }
        data.resize(output_count + input_count - 1, reinterpret_cast<char*>(&one));
        data.push_back(reinterpret_cast<char*>(x.data()));
        std::vector<int64_t> strides(data.size(), 0);
        std::fill_n(strides.begin(), output_count, sizeof(T));
        strides.back() = sizeof(T);
        loops[which](1, threshold, data.data(), strides.data(), n);
      }
      for (int output = 0; output < output_count; ++output) {
        for (int i = 0; i < n; ++i) {
          const T a = outputs[0][output][i], b = outputs[1][output][i];
          if (!std::isnan(a) || !std::isnan(b)) {
            EXPECT_EQ(std::bit_cast<Bits>(a), std::bit_cast<Bits>(b)) << x[i];
          }
        }
      }
    }
  }
}

TEST_F(Scalars, AnyBetaGivesTheSameBitsForBeta1) {
  expect_the_same_bits_for_beta_1<Dtype::float32, float, uint32_t>();
  expect_the_same_bits_for_beta_1<Dtype::float64, double, uint64_t>();
}

}  // namespace
}  // namespace fused_softplus::cpu
