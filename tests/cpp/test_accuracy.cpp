// Every error bound that the documentation states, for every instruction set that runs here: the
// loops against the C library in a wider type (double for float and the halves, 80-bit long double
// for double), whose own error is a few thousandths of the ULP measured. float32 inputs are taken
// in blocks of neighbouring bit patterns, one block in FUSED_SOFTPLUS_TEST_STRIDE; 1 is all 2^32
// for beta = 1, and a denser sample for the others.
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>
#include <random>
#include <thread>

#include "loops_under_test.h"

namespace fused_softplus::cpu {
namespace {

constexpr int block = 1024;  // elements computed by one call of a loop
constexpr int most_operands = 5;

// A stored format: its bits, how many significant binary digits it has, and where denormals end.
template <Dtype>
struct Format;
template <>
struct Format<Dtype::float32> {
  using Bits = uint32_t;
  using Wide = double;
  static constexpr int digits = 24, smallest = -149;
  static Wide value(Bits bits) { return std::bit_cast<float>(bits); }
  static constexpr Bits one = 0x3f800000;
};
template <>
struct Format<Dtype::float64> {
  using Bits = uint64_t;
  using Wide = long double;
  static constexpr int digits = 53, smallest = -1074;
  static Wide value(Bits bits) { return std::bit_cast<double>(bits); }
  static constexpr Bits one = 0x3ff0000000000000;
};
template <>
struct Format<Dtype::bfloat16> {
  using Bits = uint16_t;
  using Wide = double;
  static constexpr int digits = 8, smallest = -133;
  static Wide value(Bits bits) { return std::bit_cast<float>(uint32_t(bits) << 16); }
  static constexpr Bits one = 0x3f80;
};
template <>
struct Format<Dtype::float16> {
  using Bits = uint16_t;
  using Wide = double;
  static constexpr int digits = 11, smallest = -24;
  static Wide value(Bits bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 31) {
      return fraction ? std::nan("") : sign * INFINITY;
    }
    return sign *
           (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
  }
  static constexpr Bits one = 0x3c00;
};

// The exact functions, with every gradient that comes in equal to 1.
template <typename W>
W exact_softplus(W x, W beta) {
  const W bx = beta * x;
  return (bx > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(bx))) / beta;
}
template <typename W>
W exact_sigmoid(W x, W beta) {
  const W t = std::exp(-std::fabs(beta * x));
  return (beta * x > 0 ? 1 : t) / (1 + t);
}
template <typename W>
W exact_curvature(W x, W beta) {
  const W t = std::exp(-std::fabs(beta * x));
  return beta * t / ((1 + t) * (1 + t));
}
template <typename W>
W exact_slope_from_result(W y, W beta) {
  return -std::expm1(-beta * y);
}
template <typename W>
W exact_curvature_from_result(W y, W beta) {
  return beta * std::exp(-beta * y);
}

template <typename W>
struct Quantity {
  const char* name;
  Kernel kernel;
  int inputs, outputs, output;  // the last input is x (or y); output is which one is measured
  W (*exact)(W, W);
  bool takes_result;  // defined for beta * x >= 0 only
  double bound[3];    // ULP: beta a power of 2, other beta, without fused multiply-add
  // What multiplies exp(-|beta x|) once that is rounded: where it is denormal, and so wrong by up
  // to one smallest denormal, the product is wrong by as many as this.
  double (*multiplier)(double beta);
  bool halves_correctly_rounded;
};

double by_1(double) { return 1; }
double by_beta(double beta) { return std::fabs(beta); }
double by_inverse(double beta) { return std::fabs(1 / beta); }

template <typename W>
std::vector<Quantity<W>> quantities() {
  // clang-format off
  return {
      {.name = "softplus",
       .kernel = Kernel::softplus, .inputs = 1, .outputs = 1, .output = 0,
       .exact = exact_softplus<W>, .takes_result = false,
       .bound = {1, 2.5, 2.5}, .multiplier = by_inverse, .halves_correctly_rounded = true},
      {.name = "softplus_backward",
       .kernel = Kernel::softplus_backward, .inputs = 2, .outputs = 1, .output = 0,
       .exact = exact_sigmoid<W>, .takes_result = false,
       .bound = {1, 1.2, 1.5}, .multiplier = by_1, .halves_correctly_rounded = true},
      {.name = "softplus_backward_from_result",
       .kernel = Kernel::softplus_backward_from_result, .inputs = 2, .outputs = 1, .output = 0,
       .exact = exact_slope_from_result<W>, .takes_result = true,
       .bound = {1.5, 2, 2}, .multiplier = by_1, .halves_correctly_rounded = false},
      {.name = "softplus_double_backward, towards grad_output",
       .kernel = Kernel::softplus_double_backward, .inputs = 3, .outputs = 2, .output = 0,
       .exact = exact_sigmoid<W>, .takes_result = false,
       .bound = {1, 1.2, 1.5}, .multiplier = by_1, .halves_correctly_rounded = true},
      {.name = "softplus_double_backward, towards self",
       .kernel = Kernel::softplus_double_backward, .inputs = 3, .outputs = 2, .output = 1,
       .exact = exact_curvature<W>, .takes_result = false,
       .bound = {2, 3, 4}, .multiplier = by_beta, .halves_correctly_rounded = false},
      {.name = "softplus_double_backward_from_result, towards result",
       .kernel = Kernel::softplus_double_backward_from_result, .inputs = 3, .outputs = 2,
       .output = 1, .exact = exact_curvature_from_result<W>, .takes_result = true,
       .bound = {1, 2, 2.5}, .multiplier = by_beta, .halves_correctly_rounded = false},
  };
  // clang-format on
}

bool is_power_of_2(double beta) {
  int exponent;
  return std::fabs(std::frexp(beta, &exponent)) == 0.5;
}

// One unit in the last place of the format at x; of the smallest normal's below that.
template <typename F>
typename F::Wide ulp(typename F::Wide x) {
  return std::ldexp(typename F::Wide(1),
                    x == 0 ? F::smallest : std::max(std::ilogb(x) - F::digits + 1, F::smallest));
}

struct Worst {
  double error = 0;
  double at = 0;
  int64_t misrounded = 0;
  int64_t inputs = 0;

  void add(const Worst& other) {
    if (other.error > error) {
      error = other.error;
      at = other.at;
    }
    misrounded += other.misrounded;
    inputs += other.inputs;
  }
};

// The errors over one block of inputs; those that are not finite have tests of their own.
template <Dtype dtype, typename W>
Worst measure_block(const Quantity<W>& quantity, const InstructionSet& set, double beta,
                    const typename Format<dtype>::Bits* inputs,
                    typename Format<dtype>::Bits* results) {
  using F = Format<dtype>;
  typename F::Bits ones[block], others[block];
  std::fill(ones, ones + block, F::one);
  char* data[most_operands];
  int64_t strides[most_operands];
  std::fill(strides, strides + most_operands, sizeof(typename F::Bits));
  const int operands = quantity.outputs + quantity.inputs;
  for (int i = 0; i < operands; ++i) {
    data[i] = reinterpret_cast<char*>(i < quantity.outputs ? others : ones);
  }
  data[quantity.output] = reinterpret_cast<char*>(results);
  data[operands - 1] = const_cast<char*>(reinterpret_cast<const char*>(inputs));
  set.find_loop(quantity.kernel, dtype)(beta, INFINITY, data, strides, block);

  // Opmath's smallest number: the halves are computed in float.
  const W smallest = std::ldexp(W(1), dtype == Dtype::float64 ? -1074 : -149);
  const W underflow = smallest * std::max(0.0, quantity.multiplier(beta) - 1);
  const W opmath_ulps = std::ldexp(W(1), F::digits - (dtype == Dtype::float64 ? 53 : 24));
  Worst worst;
  for (int i = 0; i < block; ++i) {
    const W x = F::value(inputs[i]);
    if (!std::isfinite(x) || (quantity.takes_result && beta * x < 0)) {
      continue;
    }
    const W exact = quantity.exact(x, beta);
    const W result = F::value(results[i]);
    const W unit = ulp<F>(exact);
    const W rounded = std::nearbyint(exact / unit) * unit;
    ++worst.inputs;
    worst.misrounded += rounded != result;
    W error = (std::fabs(result - exact) - underflow) / unit;
    if (!set.fused_multiply_add && !is_power_of_2(beta)) {
      error -= std::fabs(beta * x) * opmath_ulps;  // beta x itself is rounded
    }
    if (std::isnan(error)) {
      error = INFINITY;  // or the next input's error would take its place
    }
    if (error > worst.error) {
      worst.error = static_cast<double>(error);
      worst.at = static_cast<double>(x);
    }
  }
  return worst;
}

// Blocks of inputs: fill(i, inputs) fills block number i.
template <typename Bits>
struct Inputs {
  int64_t blocks;
  std::function<void(int64_t, Bits*)> fill;
};

int64_t stride() {
  const char* text = std::getenv("FUSED_SOFTPLUS_TEST_STRIDE");
  return text ? std::max(1L, std::strtol(text, nullptr, 10)) : 4099;
}

// Blocks of neighbouring bit patterns, one in every stride blocks.
template <typename Bits>
Inputs<Bits> bit_patterns(uint64_t count, int64_t stride) {
  const int64_t all = count / block;
  return {(all + stride - 1) / stride, [=](int64_t number, Bits* inputs) {
            for (int i = 0; i < block; ++i) {
              inputs[i] = static_cast<Bits>(number * stride * block + i);
            }
          }};
}

// float64: a third over all exponents, a third within |x| < 40, a third within 2^-20 of where the
// formulas change: multiples of ln(2) shifted as the reduction shifts them, and where it ends.
Inputs<uint64_t> float64_sample(double beta) {
  return {1 + 4000000 / std::max(stride(), int64_t(100)), [=](int64_t number, uint64_t* inputs) {
            std::mt19937_64 random(number);
            std::uniform_real_distribution<double> unit(-1, 1);
            for (int i = 0; i < block; ++i) {
              double x = std::bit_cast<double>(random());
              if (i % 3 == 1) {
                x = 40 * unit(random) / beta;
              } else if (i % 3 == 2) {
                const double k = static_cast<double>(random() % 1076);
                const double edge = (k + 0.41503749927884376) * 0.6931471805599453;
                x = edge * (1 + std::ldexp(unit(random), -20)) * (random() % 2 ? 1 : -1) / beta;
              }
              inputs[i] = std::bit_cast<uint64_t>(x);
            }
          }};
}

template <Dtype dtype>
auto inputs_for([[maybe_unused]] double beta) {
  using Bits = typename Format<dtype>::Bits;
  if constexpr (dtype == Dtype::float64) {
    return float64_sample(beta);
  } else if constexpr (dtype == Dtype::float32) {
    return bit_patterns<Bits>(uint64_t(1) << 32, beta == 1 ? stride() : std::max(stride(), 499L));
  } else {
    return bit_patterns<Bits>(1 << 16, 1);
  }
}

// What one core finds in a block, given the inputs' and the results' bits.
template <Dtype dtype>
using Visit =
    std::function<void(const typename Format<dtype>::Bits*, const typename Format<dtype>::Bits*)>;

// Measures every block of inputs, on every core.
template <Dtype dtype, typename W>
Worst measure(const Quantity<W>& quantity, const InstructionSet& set, double beta,
              const Visit<dtype>& visit = {}) {
  using Bits = typename Format<dtype>::Bits;
  const auto inputs = inputs_for<dtype>(beta);
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  Worst worst;
  const auto work = [&] {
    Worst mine;
    for (int64_t number; (number = next++) < inputs.blocks;) {
      Bits in[block], out[block];
      inputs.fill(number, in);
      mine.add(measure_block<dtype>(quantity, set, beta, in, out));
      if (visit) {
        visit(in, out);
      }
    }
    const std::lock_guard lock(mutex);
    worst.add(mine);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back(work);
  }
  threads.clear();
  return worst;
}

template <Dtype dtype>
void check_bounds(const char* dtype_name) {
  using W = typename Format<dtype>::Wide;
  constexpr int digits = Format<dtype>::digits;
  for (const InstructionSet& set : runnable_instruction_sets()) {
    for (const Quantity<W>& quantity : quantities<W>()) {
      for (const double exact_beta : {1.0, -1.0, 2.0, 0.5, 0.1, 100.0}) {
        const double beta = dtype == Dtype::float64 ? exact_beta : static_cast<float>(exact_beta);
        const Worst worst = measure<dtype>(quantity, set, beta);
        double bound = quantity.bound[!set.fused_multiply_add ? 2 : is_power_of_2(beta) ? 0 : 1];
        if (digits < 24) {  // float's error, in this format's ULP, and one rounding
          bound = 0.5 + std::ldexp(bound, digits - 24);
        }
        std::printf(
            "%-7s %-8s beta %-4.4g %-51s %.5f ULP (bound %.5g) at %.9g, %.4f %% misrounded\n",
            set.name, dtype_name, beta, quantity.name, worst.error, bound, worst.at,
            100.0 * worst.misrounded / worst.inputs);
        EXPECT_GT(worst.inputs, 0);
        if (digits < 24 && quantity.halves_correctly_rounded && set.fused_multiply_add &&
            is_power_of_2(beta)) {
          EXPECT_EQ(worst.misrounded, 0) << quantity.name;
        }
        EXPECT_LT(worst.error, bound) << quantity.name << " at " << worst.at;
      }
    }
  }
}

TEST(Accuracy, Float32) { check_bounds<Dtype::float32>("float32"); }
TEST(Accuracy, Float64) { check_bounds<Dtype::float64>("float64"); }
TEST(Accuracy, Float16) { check_bounds<Dtype::float16>("float16"); }
TEST(Accuracy, BFloat16) { check_bounds<Dtype::bfloat16>("bfloat16"); }

TEST(Accuracy, Float32IsNeverBelowReLU) {
  for (const InstructionSet& set : runnable_instruction_sets()) {
    std::atomic<int64_t> below = 0;
    measure<Dtype::float32>(
        quantities<double>()[0], set, 1, [&](const uint32_t* inputs, const uint32_t* results) {
          for (int i = 0; i < block; ++i) {
            below +=
                std::bit_cast<float>(results[i]) < std::fmax(std::bit_cast<float>(inputs[i]), 0.0f);
          }
        });
    EXPECT_EQ(below, 0) << set.name;
  }
}

}  // namespace
}  // namespace fused_softplus::cpu
