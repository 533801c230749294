// What the threads of CUDA compute, on the CPU: the formulas for one number at a time, with the
// same types, the same choice of beta and the same fused multiply-adds as in cuda/kernels.cuh, and
// therefore with the same bits.
#include <torch/headeronly/util/BFloat16.h>
#include <torch/headeronly/util/Half.h>

#include <utility>

#include "csrc/math/formulas.h"
#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::cpu::scalar {
namespace {

template <typename Op, bool any_beta, typename S, typename T>
struct ElementwiseLoop {
  static void run(double beta, double threshold, char* const* data, const int64_t* strides,
                  int64_t n) {
    const auto visit = [&](const auto& chosen) {
      run(chosen, data, strides, n, std::make_index_sequence<Op::inputs>());
    };
    if constexpr (any_beta) {
      visit(math::AnyBeta<T>(beta, threshold));
    } else {
      math::with_beta<T, math::UnitBeta>(beta, threshold, visit);
    }
  }

  template <typename Beta, size_t... input>
  static void run(const Beta& beta, char* const* data, const int64_t* strides, int64_t n,
                  std::index_sequence<input...>) {
    const auto element = [&](size_t operand, int64_t i) -> S& {
      return *reinterpret_cast<S*>(data[operand] + i * strides[operand]);
    };
    using Round = math::Rounding<S, T>;
    const auto columns = math::columns_for<Op, Round, T>(beta);
    for (int64_t i = 0; i < n; ++i) {
      const auto results = Op::template apply<Round, math::Deep>(
          beta, columns, static_cast<T>(element(Op::outputs + input, i))...);
      for (int o = 0; o < Op::outputs; ++o) {
        element(o, i) = static_cast<S>(results.values[o]);
      }
    }
  }
};

template <typename Op, bool any_beta>
Loop find(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32:
      return ElementwiseLoop<Op, any_beta, float, float>::run;
    case Dtype::float64:
      return ElementwiseLoop<Op, any_beta, double, double>::run;
    case Dtype::float16:
      return ElementwiseLoop<Op, any_beta, c10::Half, float>::run;
    case Dtype::bfloat16:
      return ElementwiseLoop<Op, any_beta, c10::BFloat16, float>::run;
  }
  __builtin_unreachable();
}

}  // namespace

Loop find_loop(Kernel kernel, Dtype dtype) {
  return math::with_formula(kernel, [&](auto op) { return find<decltype(op), false>(dtype); });
}
Loop find_loop_for_any_beta(Kernel kernel, Dtype dtype) {
  return math::with_formula(kernel, [&](auto op) { return find<decltype(op), true>(dtype); });
}

double refined_reciprocal(double x, double guess) { return math::refined_reciprocal(x, guess); }

}  // namespace fused_softplus::cpu::scalar
