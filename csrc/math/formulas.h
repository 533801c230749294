// The formulas: softplus and its derivatives, written once for one number or a vector of them,
// for float and double, for the CPU and CUDA. Half and bfloat16 are computed in float.
//
// With u = |beta x|,
//
//   softplus(x)  = max(beta x, 0) / beta + log1p(exp(-u)) / beta
//   softplus'(x) = sigmoid(beta x) = 1 - sigmoid(-u) or sigmoid(-u)
//
// Error bounds stand beside the functions, in units in the last place (ULP) of the result, for beta
// a power of 2 and for any other beta, with every incoming gradient equal to 1 (a product with
// another rounds once more). beta is the number that is passed, a double, whatever it is computed
// in. The bounds hold for float and double on a machine with fused multiply-add;
// float16 and bfloat16 are within half a ULP and this one's share of theirs (bfloat16's octaves
// have shorter polynomials, and 1.7 ULP more to share), and correctly rounded for every input where
// it says so (abs(beta) from 2^-9 on). Where exp(-u) is denormal it is wrong by up to one denormal,
// and results that multiply it by m > 1 by up to m - 1 of them more.
//
// Where the processor takes denormal numbers for 0 and flushes them to 0, the bounds hold wherever
// the input, beta x and the result are normal numbers. With m other than 1, exp(-u) must be normal
// as well, and for m no power of 2 the result at least 1.5 times the smallest normal number.
//
// tests/cpp/accuracy/contracts.h has exactly these numbers, and those for x86-64 without fused
// multiply-add.
#pragma once

#include "csrc/math/by_exponential.h"
#include "csrc/math/kernel.h"
#include "csrc/math/log_expm1.h"
#include "csrc/math/octaves.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

template <typename V, int count>
struct Outputs {
  V values[count];
};

template <typename Round, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> log1p_exp_neg(const Beta& beta, V x) {
  if constexpr (std::is_same_v<Element<V>, float>) {
    return log1p_exp_neg_by_octave<Round>(beta, x);
  } else {
    return log1p_exp_neg_by_exponential(beta, x);
  }
}

// relu + log, both with the same sign.
template <typename Round, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE V sum(const Beta& beta, V relu, V beta_x, const Split<V>& log) {
  const V high = log.scaled_high();
  if constexpr (Round::coarsely) {
    return Round::sum(relu, log.sum());
  } else if constexpr (std::is_same_v<Element<V>, float>) {
    // The larger one is added last, so that only this addition is rounded at the result's size.
    if constexpr (Round::again) {
      // This addition is the one that Round rounds, so log must not come first where relu is 0. Nor
      // need it: float16 has no result near the denormal floats.
      return Round::sum(larger_magnitude(relu, high),
                        log.scaled_low_plus(smaller_magnitude(relu, high)));
    } else {
      const auto [first, last] = beta.in_order(relu, beta_x, high);
      return last + log.template low_plus<ToNearest>(log.factor, first == high, first);
    }
  } else {
    // Exact whichever is larger: b.low has more to lose than float's.
    const Sum<V> sum = two_sum(relu, high);
    return Round::sum(sum.rounded, log.scaled_low_plus(sum.lost));
  }
}

template <typename V>
constexpr bool sigmoid_by_octave = std::is_same_v<Element<V>, float> && octave_rows<V> == 32;

template <typename Round, typename V>
using Sigmoid = std::conditional_t<sigmoid_by_octave<V>, SigmoidByOctave<Round, V>,
                                   SigmoidByExponential<Round, V>>;

// softplus: x where beta x > threshold, else log(1 + exp(beta x)) / beta.
// Error: below 1 ULP; any beta: below 2.5 ULP (m = 1 / |beta|). Halves correctly rounded for beta
// a power of 2. float: monotone, and never below max(x, 0), for beta = 1. (In the tail, any
// beta adds up to 1 ULP for rounding high / beta, 1/3 for the remainder and 0.3 for what float lost
// of beta to 0.95: 2.6 ULP if all were at their worst at once. The worst of float is 2.34, among
// 300 betas half of which float rounds by as much as it can.)
struct Softplus {
  template <typename Round>
  using Octaves = Log1pOctavesFor<Round>;  // where float looks up its coefficients
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V x) {
    const V beta_x = beta.times(x);
    const V relu = Round::finite(beta.relu(x, beta_x));
    const Split<V> log = beta.divide(log1p_exp_neg<Round>(beta, x));
    const V smooth = sum<Round>(beta, relu, beta_x, log);
    return {beta.select_limit(beta_x, x, smooth)};
  }
};

// softplus_backward: grad_output * sigmoid(beta x), grad_output itself where beta x > threshold.
// Error: below 1 ULP; any beta: below 1.5 ULP. Halves correctly rounded for beta a power of 2.
// (Any beta: 0.95 ULP, 3/16 for one more rounding of the remainder at exp(-r) = 3/2, and 0.31 for
// what float lost of beta: 1.44.)
struct SoftplusBackward {
  template <typename Round>
  using Octaves = SigmoidOctavesFor<Round>;
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_output, V x) {
    const V beta_x = beta.times(x);
    const V sigmoid = Sigmoid<Round, V>(beta, x).at(beta_x);
    return {beta.select_limit(beta_x, grad_output, grad_output * sigmoid)};
  }
};

// softplus_backward_from_result: the same from y = softplus(x), since sigmoid(beta x) =
// 1 - exp(-beta y). No threshold is needed: beyond it exp(-beta y) is lost beside 1 (the in-place
// operator, which uses this, makes sure of that).
// Error, for the y given: below 1.5 ULP; any beta: below 2 ULP. (1 - scale is exact. The worst is
// scale = 1/2, where the remainder's rounding counts up to 3/8 ULP, p's up to 1/4 and the last one
// 1/2; the polynomials' are less than 1/8.)
struct SoftplusBackwardFromResult {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_output,
                                                         V result) {
    const ExpNeg<V> e(beta, result);
    return {grad_output * Round::fma(-e.scale, e.p, 1 - e.scale)};
  }
};

// softplus_double_backward: the gradients of softplus_backward towards grad_output,
// grad_grad_input * sigmoid(beta x), and towards x, grad_grad_input * grad_output * beta *
// sigmoid(beta x) * sigmoid(-beta x), which is 0 where beta x > threshold.
// Error: the first as softplus_backward; the second below 2.25 ULP; any beta: below 4 ULP (m =
// |beta|). (It multiplies one sigmoid below 1 ULP by one at 0.55 and rounds: 3.1 ULP if all were
// at their worst at once. The worst of all float32 inputs is 2.13, of a search in float64 2.03.)
// For any beta the result's mantissa may be just below 2 while those of the factors are near 1, so
// that an ULP of theirs is worth two of the result's. Worst case, in ULP of the result:
//
//   1/2 (product with beta) + 1 (product of the sigmoids) + 1 + 1/2 (rounding each sigmoid)
//   + 1 (exp(-u): 1/2 for r, 1/3 for p, 1/6 for the polynomial) = 4
//
// In searches the worst is 3.31 for float, which carries beta's low part, and 3.17 for double.
struct SoftplusDoubleBackward {
  template <typename Round>
  using Octaves = SigmoidOctavesFor<Round>;
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_grad_input,
                                                         V grad_output, V x) {
    const V beta_x = beta.times(x);
    const Sigmoid<Round, V> sigmoid(beta, x);
    const V slope = sigmoid.at(beta_x);
    const V curvature = sigmoid.curvature(beta);
    return {beta.select_limit(beta_x, grad_grad_input, grad_grad_input * slope),
            beta.select_linear(beta_x, splat<V>(0), grad_grad_input * grad_output * curvature)};
  }
};

// softplus_double_backward_from_result: the gradients of softplus_backward_from_result towards
// grad_output, grad_grad_input * (1 - exp(-beta y)), and towards y, grad_grad_input * grad_output *
// beta * exp(-beta y).
// Error, for the y given: the first as softplus_backward_from_result; the second below 1 ULP; any
// beta: below 2.25 ULP (m = |beta|; 1 ULP is what float loses of the factor beta).
struct SoftplusDoubleBackwardFromResult {
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_grad_input,
                                                         V grad_output, V result) {
    const ExpNeg<V> e(beta, result);
    const V curvature = e.times_1_plus_p(beta.times(e.scale));
    return {grad_grad_input * Round::fma(-e.scale, e.p, 1 - e.scale),
            grad_grad_input * grad_output * curvature};
  }
};

// inverse_softplus: the x whose softplus is y, log(exp(beta y) - 1) / beta; y where beta y >
// threshold, -inf (times beta's sign) at 0, NaN where beta y < 0.
// Error: double below 1 ULP; any beta: below 2 ULP, where beta y is not denormal. float below
// 0.50001 ULP and the halves correctly rounded, for any beta: they are computed in double, which
// holds beta y. (This initialises parameters: to be right is worth more than to be fast.)
struct InverseSoftplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V y) {
    return {beta.select_linear(beta.times(y), y, smooth<Round>(beta, y))};
  }

 private:
  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V smooth(const Beta& beta, V y) {
    if constexpr (std::is_same_v<Element<V>, float>) {
      return in_double<Round>(y, [&](auto wide) { return smooth<Round>(beta.in_double(), wide); });
    } else {
      using Limits = std::numeric_limits<double>;
      const V beta_y = beta.times(y);
      const V beta_y_low = beta.times_plus(abs(y), -beta_y, 1);
      V log = log_expm1(beta_y, beta_y_low);
      log = beta_y == 0 ? splat<V>(-Limits::infinity()) : log;
      log = beta_y < 0 ? splat<V>(Limits::quiet_NaN()) : log;
      return beta_y > 40 ? y : beta.quotient(log);  // which is y to double's precision, too
    }
  }
};

// Op with a bias as its last input, added to x: in opmath, so that nothing is rounded to the halves
// in between. Error: Op's, for x + bias as opmath rounds it; the halves' results are then no longer
// correctly rounded, since Op is not proven for so many inputs.
template <typename Op>
struct WithBias {
  template <typename Round>
  using Octaves = typename Op::template Octaves<Round>;
  static constexpr int inputs = Op::inputs + 1;
  static constexpr int outputs = Op::outputs;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, V x, V bias) {
    return Op::template apply<Round>(beta, x + bias);
  }
  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, V grad, V x, V bias) {
    return Op::template apply<Round>(beta, grad, x + bias);
  }
  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, V grad_grad, V grad, V x, V bias) {
    return Op::template apply<Round>(beta, grad_grad, grad, x + bias);
  }
};

#ifdef __CUDACC__
// What the threads of a block do together before they apply Op to numbers of type T.
template <typename Op, typename Round, typename T, int threads>
__device__ void prepare() {
  if constexpr (std::is_same_v<T, float> && requires { typename Op::template Octaves<Round>; }) {
    using Octaves = typename Op::template Octaves<Round>;
    fill_shared_octaves<Octaves, threads>(std::make_integer_sequence<int, Octaves::size>());
    __syncthreads();
  }
}
#endif

// visit(formula), with the one that kernel names.
template <typename Visit>
decltype(auto) with_formula(Kernel kernel, Visit&& visit) {
  switch (kernel) {
    case Kernel::softplus:
      return visit(Softplus());
    case Kernel::softplus_backward:
      return visit(SoftplusBackward());
    case Kernel::softplus_backward_from_result:
      return visit(SoftplusBackwardFromResult());
    case Kernel::softplus_double_backward:
      return visit(SoftplusDoubleBackward());
    case Kernel::softplus_double_backward_from_result:
      return visit(SoftplusDoubleBackwardFromResult());
    case Kernel::softplus_bias:
      return visit(WithBias<Softplus>());
    case Kernel::softplus_bias_backward:
      return visit(WithBias<SoftplusBackward>());
    case Kernel::softplus_bias_double_backward:
      return visit(WithBias<SoftplusDoubleBackward>());
    case Kernel::inverse_softplus:
      return visit(InverseSoftplus());
  }
  __builtin_unreachable();
}

}  // namespace fused_softplus::math
