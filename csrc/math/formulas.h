// The formulas: softplus and its derivatives, written once for one number or a vector of numbers,
// for float and double, for the CPU and CUDA. float16 and bfloat16 are computed in float.
//
// With u = |beta x|,
//
//   softplus(x)  = max(beta x, 0) / beta + log1p(exp(-u)) / beta
//   softplus'(x) = sigmoid(beta x) = 1 - sigmoid(-u) or sigmoid(-u)
//
// Which way computes log1p(exp(-u)) and sigmoid(-u) is a question of speed:
//
//   tables.h          float, except on AVX2
//   octaves.h         log1p(exp(-u)) of float on AVX2, which looks up one of 8 numbers at once
//   by_exponential.h  double, whose tables would not fit into registers, and sigmoid on AVX2
//
// Each formula states its error bounds, which bounds.h defines. The accuracy program (tests/cpp/
// accuracy), the Python tests and the documentation read these numbers.
#pragma once

#include "csrc/math/bounds.h"
#include "csrc/math/by_exponential.h"
#include "csrc/math/kernel.h"
#include "csrc/math/log_expm1.h"
#include "csrc/math/octaves.h"
#include "csrc/math/rounding.h"
#include "csrc/math/tables.h"

namespace fused_softplus::math {

template <typename V, int count>
struct Outputs {
  V values[count];
};

// log1p(exp(-|beta x|)) / beta, by whichever way is the fastest. columns are those of Softplus.
template <typename Round, typename Range, typename Beta, typename Columns, typename V>
FUSED_SOFTPLUS_INLINE auto divided_log1p_exp_neg(const Beta& beta, const Columns& columns, V x) {
  if constexpr (has_tables<V>) {
    return by_table<Log1pTableFor<Round>, Range>(beta, columns, x);
  } else if constexpr (has_octaves<V>) {
    using Octaves = std::conditional_t<Round::coarsely, ShortLog1pOctaves, Log1pOctaves>;
    const auto [split, factor, scale, abs_x] = by_octaves<Octaves, Range>(beta, x);
    return Scaled<V, ScaleOf<Range, V>>{beta.divide(split).times(factor), scale,
                                        beta.signed_as_product(abs_x)};
  } else {
    return Scaled<V, Unscaled<V>>{beta.divide(by_exponential<Log1pRows<double>>(beta, x)), {}, x};
  }
}

// log1p(exp(-|beta x|)), such that the relative error of log1p(exp(-u)) - NearestLn2 is small, too.
template <typename Beta, typename Columns, typename V>
FUSED_SOFTPLUS_INLINE Split<V> log1p_exp_neg_exact_at_0(const Beta& beta, const Columns& columns,
                                                        V x) {
  if constexpr (has_tables<V>) {
    return by_table<Log1pTableExactAt0, Near>(beta, columns, x).split;
  } else if constexpr (has_octaves<V>) {
    const auto in_octave = by_octaves<Log1pOctavesExactAt0, Near>(beta, x);
    return in_octave.split.times(in_octave.factor);
  } else {
    return by_exponential<Log1pRowsExactAt0>(beta, x);
  }
}

// max(x, 0) + log, which have the same sign.
template <typename Round, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE V sum(const Beta& beta, V x, V near_x, V signed_x, const Split<V>& log) {
  if constexpr (std::is_same_v<Element<V>, float> && !Round::coarsely && !Round::to_odd) {
    // The larger one is added last, so that only this addition rounds at the size of the result.
    // But log is added first where the other one is 0: its low part, added to 0, could be subnormal
    // where the result is not, and a processor may flush it to 0. near_x stands for x where that is
    // smaller than log, which is not 0.
    const auto positive = is_positive_or_nan(signed_x);
    const V first = select(positive, smaller_as<Bits<V>>(near_x, log.high), log.high);
    const V last = select(positive, larger_as<Bits<V>>(x, log.high), splat<V>(0));
    return last + log.low_plus(first);
  } else {
    const V relu = Round::finite(beta.relu(x, signed_x));
    if constexpr (Round::coarsely) {
      return relu + log.sum();
    } else if constexpr (Round::to_odd) {
      // Round rounds the last addition, so log must not come first where relu is 0. It does not
      // need to, because float16 has no results near the subnormal floats.
      return Round::sum(larger_as<Bits<V>>(relu, log.high),
                        log.low_plus(smaller_as<Bits<V>>(relu, log.high)));
    } else {
      // Exact, whichever is larger: the low part has more to lose in double than in float.
      const Sum<V> sum = two_sum(relu, log.high);
      return sum.rounded + log.low_plus(sum.lost);
    }
  }
}

// Where a formula looks up its coefficients: in columns that are divided by beta, or in the table.
struct NoColumns {};
template <typename Op, typename Round, typename V, typename Beta>
FUSED_SOFTPLUS_INLINE auto columns_for([[maybe_unused]] const Beta& beta) {
  if constexpr (!(has_tables<V> && requires { typename Op::template Table<Round>; })) {
    return NoColumns();
  } else {
    using Place = Layout<typename Op::template Table<Round>, V>;
    if constexpr (Op::divides_table) {
      return beta.template divided<Place>();
    } else {
      return typename Place::Given();
    }
  }
}

template <typename Round, typename Range, typename V>
using Sigmoid = std::conditional_t<has_tables<V>, SigmoidByTable<Round, Range, V>,
                                   SigmoidByExponential<Round, Range, V>>;

// softplus: x where beta x > threshold, else log(1 + exp(beta x)) / beta. In float and for beta = 1
// it is monotone, and never below max(x, 0).
//
// Worst case for any beta, in ULP:
//
//   1/2 (the last addition) + 1 (rounding value / beta, where the result has a smaller exponent)
//   + 1/3 (rounding the other coefficients) + 1/2 (rounding r twice) = 2.3
//
// By octaves, 2.6; the worst error found is 2.34.
struct Softplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 2.5,
                                              .power_of_2_without_fma = 1.25,
                                              .any_beta_without_fma = 2.5,
                                              .multiplier = Multiplier::inverse_beta,
                                              .correctly_rounded = true,
                                              .bfloat16_adds = 80}};
  template <typename Round>
  using Table = Log1pTableFor<Round>;
  static constexpr bool divides_table = true;

  // A number is Near where |beta| distance is at least -near_end (csrc/math/scale.h).
  static constexpr bool has_far = true;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V x) {
    return beta.signed_as_product(x);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns& columns,
                                                         V x) {
    const V signed_x = beta.signed_as_product(x);
    const auto [log, scale, near_x] = divided_log1p_exp_neg<Round, Range>(beta, columns, x);
    const V result = sum<Round>(beta, x, near_x, signed_x, log);
    const V smooth = scale.template last<Round>(result, signed_x <= 0);
    return {beta.select_limit(signed_x, x, smooth)};
  }
};

// softplus_backward: grad_output * sigmoid(beta x), and grad_output where beta x > threshold.
//
// Worst case for any beta, in ULP:
//
//   0.92 (as for beta = 1) + 1/2 (rounding r twice) = 1.42
struct SoftplusBackward {
  static constexpr int inputs = 2;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 1.5,
                                              .power_of_2_without_fma = 1.6,
                                              .any_beta_without_fma = 1.6,
                                              .correctly_rounded = true,
                                              .bfloat16_adds = 80}};
  template <typename Round>
  using Table = SigmoidTableFor<Round>;
  static constexpr bool divides_table = false;

  static constexpr bool has_far = true;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V, V x) {
    return beta.signed_as_product(x);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns& columns,
                                                         V grad_output, V x) {
    const V signed_x = beta.signed_as_product(x);
    const Sigmoid<Round, Range, V> sigmoid(beta, columns, x);
    return {beta.select_limit(signed_x, grad_output, sigmoid.times(grad_output, signed_x))};
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

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns&,
                                                         V grad_output, V result) {
    const ExpNeg<V, Near> e(beta, abs_up_to_end<Near>(beta, result));
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
// For beta a power of 2, the mantissa of the result may be just below 2 while that of the smaller
// sigmoid is near 1, so that 1 ULP of it is 2 ULP of the result. Worst case, in ULP of the result:
//
//   2 * 0.92 (the smaller sigmoid) + 1/2 (the larger one) + 1/2 (their product) = 2.84
//
// They do not coincide: the worst error of all float32 inputs is 2.16.
//
// For any beta, the product with beta rounds, too. Worst case, in ULP of the result:
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
                                              .bfloat16_adds = 80}};
  template <typename Round>
  using Table = SigmoidTableFor<Round>;
  static constexpr bool divides_table = false;

  // The second derivative is small where x is large, too.
  static constexpr bool has_far = true;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta&, V, V, V x) {
    return -abs(x);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns& columns,
                                                         V grad_grad_input, V grad_output, V x) {
    const V signed_x = beta.signed_as_product(x);
    const Sigmoid<Round, Range, V> sigmoid(beta, columns, x);
    const V curvature = sigmoid.times_curvature(grad_grad_input * grad_output, beta);
    return {
        beta.select_limit(signed_x, grad_grad_input, sigmoid.times(grad_grad_input, signed_x)),
        beta.select_linear(signed_x, splat<V>(0), curvature),
    };
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

  static constexpr bool has_far = true;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta&, V, V, V result) {
    return -abs(result);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns&,
                                                         V grad_grad_input, V grad_output,
                                                         V result) {
    const ExpNeg<V, Range> e(beta, abs_up_to_end<Range>(beta, result));
    const V curvature = e.rest.inner(e.times_1_plus_p(beta.times(e.scale)));
    return {
        grad_grad_input * Round::fma(-e.scale, e.p, 1 - e.scale),
        e.rest.product(grad_grad_input * grad_output, curvature, is_finite(curvature)),
    };
  }
};

// inverse_softplus: the x with softplus(x) = y, log(exp(beta y) - 1) / beta; and y where
// beta y > threshold, -inf (times the sign of beta) at 0, and NaN where beta y < 0. It initializes
// parameters, so exactness matters more than speed: float and the 16-bit types are computed in
// double, which holds beta y exactly. In double, the bounds hold where beta y is not subnormal.
//
// In double for any beta, 1 ULP of the logarithm may be 2 ULP of its quotient by beta, which rounds
// once more: 2.5. The worst of 13 million inputs is 2.044.
struct InverseSoftplus {
  static constexpr int inputs = 1;
  static constexpr int outputs = 1;
  static constexpr Bounds bounds[outputs] = {{.power_of_2 = 1,
                                              .any_beta = 2.5,
                                              .power_of_2_without_fma = 1.25,
                                              .any_beta_without_fma = 3,
                                              .correctly_rounded = true,
                                              .float32_in_double = 0.50001}};

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns&, V y) {
    return {beta.select_linear(beta.signed_as_product(y), y, smooth<Round>(beta, y))};
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
  using Table = Log1pTableExactAt0;
  static constexpr bool divides_table = false;

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns& columns,
                                                         V x) {
    using Ln2 = NearestLn2<Element<V>>;
    constexpr Element<V> near_0 = std::numeric_limits<Element<V>>::epsilon() / 8;
    const V signed_x = beta.signed_as_product(x);
    const Split<V> log = log1p_exp_neg_exact_at_0(beta, columns, x);
    const V high = log.high - Ln2::high;
    const V high_lost = log.high - (high + Ln2::high);  // exact, because ln(2) is the larger
    const V low = log.low_plus(high == 0 ? splat<V>(0) : high_lost - Ln2::low);
    const Split<V> shifted_log = beta.divide(Split<V>{high, low, splat<V>(1)});
    const V quotient_lost = fma(high, shifted_log.factor, -shifted_log.high);
    const Sum<V> sum = two_sum(beta.relu(x, signed_x), shifted_log.high);
    const V smooth = sum.rounded + shifted_log.low_plus(sum.lost + quotient_lost);
    const V shift =
        beta.divide(Split<V>{splat<V>(-Ln2::high), splat<V>(-Ln2::low), splat<V>(1)}).sum();
    const V curve = abs(x) < beta.abs_for(near_0) ? splat<V>(0.5) * x : smooth;
    return {beta.select_linear(signed_x, x + shift, curve)};
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
  static constexpr bool divides_table = true;

  static constexpr bool has_far = true;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V x, V) {
    return Softplus::distance(beta, x);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static Outputs<V, outputs> apply(const Beta& beta, const Columns& columns,
                                                         V x, V floor) {
    return {Softplus::apply<ToNearest, Range>(beta, columns, x).values[0] + floor};
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
  static constexpr bool divides_table = Op::divides_table;
  static constexpr int inputs = Op::inputs + 1;
  static constexpr int outputs = Op::outputs;

  static constexpr bool has_far = Op::has_far;
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V x, V bias) {
    return Op::distance(beta, x + bias);
  }
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V grad, V x, V bias) {
    return Op::distance(beta, grad, x + bias);
  }
  template <typename Beta, typename V>
  FUSED_SOFTPLUS_INLINE static V distance(const Beta& beta, V grad_grad, V grad, V x, V bias) {
    return Op::distance(beta, grad_grad, grad, x + bias);
  }

  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, const Columns& columns, V x, V bias) {
    return Op::template apply<Round, Range>(beta, columns, x + bias);
  }
  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, const Columns& columns, V grad, V x,
                                          V bias) {
    return Op::template apply<Round, Range>(beta, columns, grad, x + bias);
  }
  template <typename Round, typename Range, typename Beta, typename Columns, typename V>
  FUSED_SOFTPLUS_INLINE static auto apply(const Beta& beta, const Columns& columns, V grad_grad,
                                          V grad, V x, V bias) {
    return Op::template apply<Round, Range>(beta, columns, grad_grad, grad, x + bias);
  }
};

template <typename Op>
constexpr bool has_bias = false;
template <typename Op>
constexpr bool has_bias<WithBias<Op>> = true;

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
