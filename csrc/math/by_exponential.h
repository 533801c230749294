// log1p(exp(-u)) and sigmoid(-u) computed from exp(-u). double takes this way because a table with
// a row for every binade does not fit into registers, and the sigmoid of float takes it where the
// table has few rows (AVX2), because the correction of its last row takes longer than a division.
#pragma once

#include "csrc/math/exponential.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

// As Log1pRows, but exact at u = 0: log is ln(2), rounded, and v is p / 2. low is then
// log1p(exp(-u)) - ln(2) with a small relative error.
struct Log1pRowsExactAt0 : Log1pRows<double> {
  static constexpr Row<double> row0{0.5, 0, NearestLn2<double>::high};
};

// log1p(exp(-|beta x|)): high is a constant (0 for k > 2), and |low| < 3/16.
template <typename Rows, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> by_exponential(const Beta& beta, V x) {
  using T = Element<V>;
  const ExpNeg<V, Near> e(beta, abs_within_ends<Near>(beta, x));
  // log(1 + scale (1 + p)) = log + log1p(v) with v = row_scale * p + offset. For k > 2 the row is
  // (scale, scale, 0), and v is exp(-u) itself. Where fma rounds twice, v is scaled last, because
  // p * scale may be subnormal, and flushed to 0, although exp(-u) is not.
  const auto below_1 = e.minus_k > T(-1);
  const auto below_2 = e.minus_k > T(-2);
  const auto below_3 = e.minus_k > T(-3);
  const auto select = [&](T row0, T row1, T row2, V others) {
    V chosen = below_3 ? splat<V>(row2) : others;
    chosen = below_2 ? splat<V>(row1) : chosen;
    return below_1 ? splat<V>(row0) : chosen;
  };
  const V others = fma_rounds_once<V> ? e.scale : splat<V>(1);
  const V row_scale = select(Rows::row0.scale, Rows::row1.scale, Rows::row2.scale, others);
  const V offset = select(Rows::row0.offset, Rows::row1.offset, Rows::row2.offset, others);
  const V log = select(Rows::row0.log, Rows::row1.log, Rows::row2.log, splat<V>(0));

  V v = fma(e.p, row_scale, offset);
  V v_low = fma(e.p_low, row_scale, fma(e.p, row_scale, offset - v));
  if constexpr (!fma_rounds_once<V>) {
    const V scale = below_3 ? splat<V>(1) : e.scale;
    v = v * scale;
    v_low = v_low * scale;
  }
  const V v_squared = v * v;
  const V low = v + fma(-v_squared, polynomial<Log1pCore<T>>(v, v_squared), v_low);
  return {log, low, splat<V>(1)};
}

// sigmoid(-|beta x|) and sigmoid(|beta x|), as fractions over 1 + exp(-u).
template <typename Round, typename Range, typename V>
class SigmoidByExponential {
 public:
  template <typename Beta, typename Columns>
  FUSED_SOFTPLUS_INLINE SigmoidByExponential(const Beta& beta, const Columns&, V x) {
    const ExpNeg<V, Range> e(beta, abs_within_ends<Range>(beta, x));
    scale_ = e.rest;
    const auto [exp, exp_low] = e.sum();
    exp_ = exp;
    exp_low_ = exp_low;
    if constexpr (Round::to_odd) {
      exp_low_ = fma(e.scale, e.p_low, exp_low_);
    }
    denominator_ = 1 + exp_;
    denominator_low_ = (1 - denominator_) + exp_ + exp_low_;
    reciprocal_ = reciprocal(denominator_);
  }

  // factor * sigmoid(beta x)
  FUSED_SOFTPLUS_INLINE V times(V factor, V signed_x) const {
    const auto negative = is_negative(signed_x);
    const V sigmoid =
        divide<Round>(negative ? exp_ : splat<V>(1), negative ? exp_low_ : splat<V>(0));
    return scale_.product(factor, negative ? scale_.inner(sigmoid) : sigmoid, negative);
  }
  // factor * beta sigmoid(-|beta x|) sigmoid(|beta x|)
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE V times_curvature(V factor, const Beta& beta) const {
    const V below_half = scale_.inner(divide<ToNearest>(exp_, exp_low_));
    const V above_half = divide<ToNearest>(splat<V>(1), splat<V>(0));
    const V curvature = below_half * beta.times_exactly(above_half);
    return scale_.product(factor, curvature, is_finite(curvature));
  }

 private:
  // numerator / denominator, corrected to first order for all rounding errors, and rounded by Last.
  template <typename Last>
  FUSED_SOFTPLUS_INLINE V divide(V numerator, V numerator_low) const {
    const V quotient = numerator * reciprocal_;
    const V remainder =
        fma(-quotient, denominator_, numerator) + fma(-quotient, denominator_low_, numerator_low);
    return Last::fma(remainder, reciprocal_, quotient);
  }

  ScaleOf<Range, V> scale_;
  V exp_, exp_low_;  // exp(-u), before scale_ is applied, and its rounding error
  V denominator_, denominator_low_, reciprocal_;
};

}  // namespace fused_softplus::math
