// The formulas: softplus and its derivatives, written once for one number or a vector of numbers,
// for float and double, for the CPU and CUDA. float16 and bfloat16 are computed in float.
//
// With u = |beta x|,
//
//   softplus(x)  = max(beta x, 0) / beta + log1p(exp(-u)) / beta
//   softplus'(x) = sigmoid(beta x) = 1 - sigmoid(-u) or sigmoid(-u)
//
// Each formula states its error bounds, which bounds.h defines. The accuracy program (tests/cpp/
// accuracy), the Python tests and the documentation read these numbers.
#pragma once

#include "csrc/math/bounds.h"
#include "csrc/math/by_exponential.h"
#include "csrc/math/kernel.h"
#include "csrc/math/log_expm1.h"
#include "csrc/math/rounding.h"
#include "csrc/math/tables.h"

namespace fused_softplus::math {

template <typename V, int count>
struct Outputs {
  V values[count];
};

// log1p(exp(-|beta x|)), by Table for float and by Rows for double.
template <typename Table, typename Rows, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> log1p_exp_neg(const Beta& beta, V x) {
  if constexpr (std::is_same_v<Element<V>, float>) {
    return by_table<Table>(beta, x);
  } else {
    return log1p_exp_neg_by_exponential<Rows>(beta, x);
  }
}

// relu + log, which have the same sign.
template <typename Round, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE V sum(const Beta& beta, V relu, V beta_x, const Split<V>& log) {
  const V high = log.scaled_high();
  if constexpr (Round::coarsely) {
    return Round::sum(relu, log.sum());
  } else if constexpr (std::is_same_v<Element<V>, float>) {
    // The larger one is added last, so that only this addition rounds at the size of the result.
    if constexpr (Round::again) {
      // Round rounds this addition, so log must not come first where relu is 0. It does not need
      // to, because float16 has no results near the subnormal floats.
      return Round::sum(larger_as<Bits<V>>(relu, high),
                        log.scaled_low_plus(smaller_as<Bits<V>>(relu, high)));
    } else {
      const auto [first, last] = beta.in_order(relu, beta_x, high);
      return last + log.template low_plus<ToNearest>(log.factor, first == high, first);
    }
  } else {
    // Exact, whichever is larger: the low part has more to lose in double than in float.
    const Sum<V> sum = two_sum(relu, high);
    return Round::sum(sum.rounded, log.scaled_low_plus(sum.lost));
  }
}

template <typename V>
constexpr bool sigmoid_by_table =
    std::is_same_v<Element<V>, float> && Instructions<V>::table_rows == SigmoidTable::rows;

template <typename Round, typename V>
using Sigmoid = std::conditional_t<sigmoid_by_table<V>, SigmoidByTable<Round, V>,
                                   SigmoidByExponential<Round, V>>;

// softplus: x where beta x > threshold, else log(1 + exp(beta x)) / beta. In float and for beta = 1
// it is monotone, and never below max(x, 0).
//
// Worst case for any beta, in ULP:
//
//   0.95 (as for beta = 1) + 1 (rounding high / beta in the tail) + 1/3 (the remainder)
//   + 0.3 (rounding beta to float) = 2.6
//
// They do not coincide: the worst error of float is 2.34, among 300 betas half of which float
// rounds by as much as it can.
struct Softplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 2.5,
                                              .power_of_2_without_fma = 1.25,
                                              .any_beta_without_fma = 2.5,
                                              .multiplier = Multiplier::inverse_beta,
                                              .correctly_rounded = true,
                                              .bfloat16_adds = 1.7}};
  template <typename Round>
  using Table = Log1pTableFor<Round>;  // where float looks up its coefficients

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V x) {
    const V beta_x = beta.times(x);
    const V relu = Round::finite(beta.relu(x, beta_x));
    const Split<V> log = beta.divide(log1p_exp_neg<Table<Round>, Log1pRows<double>>(beta, x));
    const V smooth = sum<Round>(beta, relu, beta_x, log);
    return {beta.select_limit(beta_x, x, smooth)};
  }
};

// softplus_backward: grad_output * sigmoid(beta x), and grad_output where beta x > threshold.
//
// Worst case for any beta, in ULP:
//
//   0.95 (as for beta = 1) + 3/16 (one more rounding of the remainder, at exp(-r) = 3/2)
//   + 0.31 (rounding beta to float) = 1.44
struct SoftplusBackward {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 1.5,
                                              .power_of_2_without_fma = 1.6,
                                              .any_beta_without_fma = 1.6,
                                              .correctly_rounded = true,
                                              .bfloat16_adds = 1.7}};
  template <typename Round>
  using Table = SigmoidTableFor<Round>;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_output, V x) {
    const V beta_x = beta.times(x);
    const V sigmoid = Sigmoid<Round, V>(beta, x).at(beta_x);
    return {beta.select_limit(beta_x, grad_output, grad_output * sigmoid)};
  }
};

// softplus_backward_from_result: softplus_backward from y = softplus(x), because
// sigmoid(beta x) = 1 - exp(-beta y). It needs no threshold: above it, exp(-beta y) vanishes beside
// 1 (the in-place operator, which uses this formula, ensures that). The bounds hold for the given
// y.
//
// 1 - scale is exact. Worst case, scale = 1/2, in ULP:
//
//   3/8 (rounding r) + 1/4 (rounding p) + 1/2 (rounding the result) + 1/8 (polynomial) < 1.5
struct SoftplusBackwardFromResult {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {
      {.power_of_2 = 1.5, .any_beta = 2, .power_of_2_without_fma = 2, .any_beta_without_fma = 2}};

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_output,
                                                         V result) {
    const ExpNeg<V> e(beta, result);
    return {grad_output * Round::fma(-e.scale, e.p, 1 - e.scale)};
  }
};

// softplus_double_backward: the gradients of softplus_backward with respect to grad_output,
//
//   grad_grad_input * sigmoid(beta x),
//
// and with respect to x, which is 0 where beta x > threshold:
//
//   grad_grad_input * grad_output * beta * sigmoid(beta x) * sigmoid(-beta x)
//
// For beta a power of 2, the second multiplies one sigmoid with an error below 1 ULP by one with
// 0.55 ULP, and rounds: at most 3.1 ULP. They do not coincide: the worst error of all float32
// inputs is 2.13, and that of a search in float64 2.03.
//
// For any beta, the mantissa of the result may be just below 2 while those of the factors are near
// 1, so that 1 ULP of a factor is 2 ULP of the result. Worst case, in ULP of the result:
//
//   1/2 (product with beta) + 1 (product of the sigmoids) + 1 + 1/2 (rounding each sigmoid)
//   + 1 (exp(-u): 1/2 for r, 1/3 for p, 1/6 for the polynomial) = 4
//
// They do not coincide: in searches the worst is 3.31 for float, which carries the low part of beta
// (3.77 without it), and 3.17 for double.
struct SoftplusDoubleBackward {
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;
  static constexpr Bounds bounds[outputs] = {SoftplusBackward::bounds[0],
                                             {.power_of_2 = 2.25,
                                              .any_beta = 3.5,
                                              .power_of_2_without_fma = 4,
                                              .any_beta_without_fma = 4,
                                              .multiplier = Multiplier::beta,
                                              .bfloat16_adds = 1.7}};
  template <typename Round>
  using Table = SigmoidTableFor<Round>;

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

// softplus_double_backward_from_result: the gradients of softplus_backward_from_result with respect
// to grad_output,
//
//   grad_grad_input * (1 - exp(-beta y)),
//
// and with respect to y:
//
//   grad_grad_input * grad_output * beta * exp(-beta y)
//
// The bounds hold for the given y. Of the second for any beta, 1 ULP is for rounding the factor
// beta to float.
struct SoftplusDoubleBackwardFromResult {
  static constexpr int inputs = 3;
  static constexpr int outputs = 2;
  static constexpr Bounds bounds[outputs] = {SoftplusBackwardFromResult::bounds[0],
                                             {.power_of_2 = 1,
                                              .any_beta = 2.25,
                                              .power_of_2_without_fma = 2.5,
                                              .any_beta_without_fma = 2.5,
                                              .multiplier = Multiplier::beta}};

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V grad_grad_input,
                                                         V grad_output, V result) {
    const ExpNeg<V> e(beta, result);
    const V curvature = e.times_1_plus_p(beta.times(e.scale));
    return {grad_grad_input * Round::fma(-e.scale, e.p, 1 - e.scale),
            grad_grad_input * grad_output * curvature};
  }
};

// inverse_softplus: the x with softplus(x) = y, log(exp(beta y) - 1) / beta; and y where
// beta y > threshold, -inf (times the sign of beta) at 0, and NaN where beta y < 0. It initializes
// parameters, so exactness matters more than speed: float and the 16-bit types are computed in
// double, which holds beta y exactly. In double, the bounds hold where beta y is not subnormal.
struct InverseSoftplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 2,
                                              .power_of_2_without_fma = 1.25,
                                              .any_beta_without_fma = 2.5,
                                              .correctly_rounded = true,
                                              .float32_in_double = 0.50001}};

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
      return beta_y > 40 ? y : beta.quotient(log);  // above 40, both round to y
    }
  }
};

// shifted_softplus: softplus(x) - log(2) / beta, which is 0 at 0. The relative error is small
// there, too, because
//
//   log1p(exp(-u)) - ln(2)
//
// is high - ln(2) + low: high is ln(2) for k = 0, and low then is all that is left. The result is
// x / 2 where the next term, beta x^2 / 8, vanishes beside it, because intermediate values
// underflow there. float16 and bfloat16 use the same table as float.
//
// For any beta, the product with beta and the quotient round too, and the mantissa of the result
// may be near 1 where theirs are near 2. In samples the worst is 2.54 for float and 3.78 for double
// (without fma 2.70 and 5.16), and for powers of 2 it is 1.00 and 1.43 (1.13 and 1.71).
struct ShiftedSoftplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1.75,
                                              .any_beta = 4.5,
                                              .power_of_2_without_fma = 2,
                                              .any_beta_without_fma = 6}};
  template <typename Round>
  using Table = Log1pTableWithoutLow0;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V x) {
    using Ln2 = NearestLn2<Element<V>>;
    constexpr Element<V> near_0 = std::numeric_limits<Element<V>>::epsilon() / 8;
    const V beta_x = beta.times(x);
    const Split<V> log = log1p_exp_neg<Table<Round>, Log1pRowsWithoutOffset0>(beta, x);
    const V high = log.scaled_high() - Ln2::high;
    const V low = log.scaled_low_plus(high == 0 ? splat<V>(0) : splat<V>(-Ln2::low));
    const Split<V> shifted_log = beta.divide(Split<V>{high, low, splat<V>(1)});
    const V scaled_high = shifted_log.scaled_high();
    const V scaled_lost = fma(shifted_log.high, shifted_log.factor, -scaled_high);
    const Sum<V> sum = two_sum(beta.relu(x, beta_x), scaled_high);
    const V smooth = sum.rounded + shifted_log.scaled_low_plus(sum.lost + scaled_lost);
    const V shift =
        beta.divide(Split<V>{splat<V>(-Ln2::high), splat<V>(-Ln2::low), splat<V>(1)}).sum();
    const V curve = abs(beta_x) < near_0 ? splat<V>(0.5) * x : smooth;
    return {beta.select_linear(beta_x, x + shift, curve)};
  }
};

// softplus_floor: softplus(x) + floor, which is rounded once more than softplus.
struct SoftplusFloor {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1.5,
                                              .any_beta = 3,
                                              .power_of_2_without_fma = 1.75,
                                              .any_beta_without_fma = 3,
                                              .multiplier = Multiplier::inverse_beta}};
  template <typename Round>
  using Table = Softplus::Table<ToNearest>;

  template <typename Round, typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, V x, V floor) {
    return {Softplus::apply<ToNearest>(beta, x).values[0] + floor};
  }
};

// Op with a bias as its last input, which is added to x. float adds it for the 16-bit types, so
// that the sum is not rounded to 16 bits. The bounds of Op hold for the rounded sum, but the
// results of the 16-bit types are no longer correctly rounded, because Op was tested for fewer
// inputs.
template <typename Op>
struct WithBias {
  template <typename Round>
  using Table = typename Op::template Table<Round>;
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

// visit(formula), with the formula of this kernel.
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
    case Kernel::shifted_softplus:
      return visit(ShiftedSoftplus());
    case Kernel::softplus_floor:
      return visit(SoftplusFloor());
  }
  __builtin_unreachable();
}

}  // namespace fused_softplus::math
