// The operators through the C++ interface, in a program without Python.
#include <fused_softplus/softplus.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <sstream>

namespace {

using torch::autograd::grad;

constexpr auto float64 = torch::kFloat64;

auto float64_leaf() { return torch::dtype(float64).requires_grad(true); }

TEST(Ops, NoPythonIsLoaded) {
  std::ifstream maps("/proc/self/maps");
  std::stringstream text;
  text << maps.rdbuf();
  EXPECT_NE(text.str().find("libfused_softplus"), std::string::npos);
  EXPECT_EQ(text.str().find("libpython"), std::string::npos);
  EXPECT_EQ(text.str().find("libtorch_python"), std::string::npos);
}

// Compares with ATen in float64. The worst case is a product of three factors, each within 2 ULP.
void expect_equal(const at::Tensor& actual, const at::Tensor& expected) {
  EXPECT_TRUE(torch::allclose(actual, expected, 8 * 2.3e-16, 0)) << actual << expected;
}

TEST(Ops, ForwardEqualsATen) {
  const auto x = torch::linspace(-30, 30, 1001, float64);
  expect_equal(fused_softplus::softplus(x), at::softplus(x));
  expect_equal(fused_softplus::softplus(x, 2, 5), at::softplus(x, 2, 5));
}

TEST(Ops, OutAndInPlaceWriteWhereTheyAreTold) {
  const auto x = torch::randn({5, 7}, float64);
  const auto expected = fused_softplus::softplus(x);
  auto out = torch::empty({0}, float64);
  EXPECT_TRUE(fused_softplus::softplus_out(out, x).is_same(out));
  EXPECT_TRUE(out.equal(expected));
  auto y = x.clone();
  EXPECT_TRUE(fused_softplus::softplus_(y).is_same(y));
  EXPECT_TRUE(y.equal(expected));
}

TEST(Ops, FirstAndSecondDerivatives) {
  const auto x = torch::linspace(-6, 12, 101, float64_leaf());
  const auto dy = grad({fused_softplus::softplus(x, 2).sum()}, {x}, {}, true, true)[0];
  const auto ddy = grad({dy.sum()}, {x})[0];
  const auto two_x = 2 * x.detach();  // exact
  const auto linear = two_x > 20;
  expect_equal(dy.detach(), torch::where(linear, 1, torch::sigmoid(two_x)));
  expect_equal(ddy, torch::where(linear, 0, 2 * torch::sigmoid(two_x) * torch::sigmoid(-two_x)));
}

TEST(Ops, InPlaceGradientEqualsFunctional) {
  const auto x = torch::randn({100}, torch::requires_grad());
  const auto expected = grad({fused_softplus::softplus(x).sum()}, {x})[0];
  auto y = x.clone();
  fused_softplus::softplus_(y);
  // 1 - exp(-y) and sigmoid(x): each is within 2 ULP, and y itself is rounded.
  EXPECT_TRUE(torch::allclose(grad({y.sum()}, {x})[0], expected, 5 * 1.2e-7, 0));
}

TEST(Ops, BackwardOperatorsCanBeCalled) {
  const auto x = torch::randn({10}, float64);
  const auto g = torch::randn({10}, float64);
  expect_equal(fused_softplus::softplus_backward(g, x, 1, 20), g * torch::sigmoid(x));
  const auto y = fused_softplus::softplus(x);
  const auto [gg, gx] = fused_softplus::softplus_double_backward_from_result(g, g, y, 1);
  expect_equal(gx, g * g * torch::exp(-y));
}

TEST(Ops, BiasAndInverse) {
  const auto x = torch::randn({4, 5}, float64_leaf());
  const auto bias = torch::randn({5}, float64_leaf());
  const auto y = fused_softplus::softplus_bias(x, bias, 2);
  expect_equal(y, at::softplus(x + bias, 2));
  const auto gradients = grad({y.sum()}, {x, bias});
  expect_equal(gradients[0], torch::sigmoid(2 * (x + bias)));
  expect_equal(gradients[1], gradients[0].sum(0));
  const auto inverse = fused_softplus::inverse_softplus(y.detach(), 2);
  // The relative rounding error of y returns multiplied by softplus(z) / softplus'(z) < abs(z) + 2.
  EXPECT_TRUE(torch::allclose(inverse, x + bias, 0, 2.3e-16 * 20)) << inverse << x + bias;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
  return "";
}

TEST(Ops, ErrorsNameTheArgument) {
  const auto x = torch::randn({3});
  EXPECT_NE(message_of([&] { fused_softplus::softplus(x, 0); }).find("beta"), std::string::npos);
  EXPECT_NE(message_of([&] { fused_softplus::softplus(x, 1, NAN); }).find("threshold"),
            std::string::npos);
  EXPECT_NE(message_of([&] { fused_softplus::softplus(x.to(torch::kInt)); }).find("Int"),
            std::string::npos);
}

TEST(Ops, TheInstructionSetHasAName) {
  const std::string name = fused_softplus::cpu_capability();
#ifdef __aarch64__
  EXPECT_EQ(name, "neon");
#else
  EXPECT_TRUE(name == "default" || name == "avx2" || name == "avx512") << name;
#endif
}

}  // namespace
