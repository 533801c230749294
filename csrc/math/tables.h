// log1p(exp(-u)) and sigmoid(-u) for float, where the instruction set looks up one of 32 numbers at
// once. Each row of a table holds a polynomial in r = u - centre:
//
//   value + slope r + c2 r^2 + ... = value + low r
//
// Each centre is chosen so that value and slope are very nearly floats. u - centre is exact, except
// in row 0, where some of u's last bits are lost. Only the last additions therefore round at the
// size of the result. This also makes the results monotone: r is, and the rounding errors of low,
// times r, are smaller than a step of r.
//
// The last two rows also serve all larger u. There both functions are exp(-u) in the precision of
// float, so that, with k = max(0, round(u / ln(2)) - 30),
//
//   f(u) = 2^-k f(u - k ln(2))
//
// A block of numbers without such a u needs no k: it is Near. The bits are the same in all ranges.
#pragma once

#include "csrc/math/scale.h"
#include "csrc/math/table_row.h"

namespace fused_softplus::math {

// Where the numbers of a block lie: Near if k is 0, or does not matter, for all of them; Far if
// their results are normal numbers; otherwise Deep.
struct Near {};
struct Far {};
struct Deep {};

template <typename Range, typename V>
using ScaleOf = std::conditional_t<
    std::is_same_v<Range, Near>, Unscaled<V>,
    std::conditional_t<std::is_same_v<Range, Far>, ScaledLast<V>, ScaledToSubnormal<V>>>;

template <typename V>
constexpr bool has_tables =
    std::is_same_v<Element<V>, float> && Instructions<V>::table_rows == Log1pTable<6>::rows;

// Up to this u, numbers are Near.
constexpr float table_end = TableSteps::end;

template <typename Round>
using Log1pTableFor = Log1pTable<Round::coarsely ? 4 : 6>;
template <typename Round>
using SigmoidTableFor = SigmoidTable<Round::coarsely ? 4 : 6>;

// Log1pTable<6> with another first row, from which log1p(exp(-u)) - NearestLn2 follows with a small
// relative error.
struct Log1pTableExactAt0 : Log1pTable<6> {
  alignas(64) static constexpr auto coefficients = [] {
    auto copy = copy_coefficients<Log1pTable<6>>();
    for (int column = 0; column < size; ++column) {
      copy[column][0] = Log1pRowExactAt0::coefficients[column];
    }
    return copy;
  }();
};

// slope + c2 r + ...
template <typename Table, int column, typename Columns, typename V>
FUSED_SOFTPLUS_INLINE V table_polynomial(const TableRow<Table, Columns, V>& row, V r) {
  const V coefficient = row.template at<column>();
  if constexpr (column + 1 == Table::size) {
    return coefficient;
  } else {
    return fma(table_polynomial<Table, column + 1>(row, r), r, coefficient);
  }
}

// The function of |beta x| that Table holds, or that columns holds in its stead.
template <typename Table, typename Range, typename Beta, typename Columns, typename V>
FUSED_SOFTPLUS_INLINE auto by_table(const Beta& beta, const Columns& columns, V x) {
  constexpr bool near = std::is_same_v<Range, Near>;
  constexpr float round_to_int = 0x1.8p23;  // the low bits of a sum with it hold an integer
  Scaled<V, ScaleOf<Range, V>> result;
  // Above 190, exp(-u) / beta is 0 for every beta.
  const V abs_x = beta.abs_within(x, near ? table_end : 190.0f);
  const V u = beta.times_abs(abs_x);

  V reduced = u, minus_k;
  if constexpr (!near) {
    constexpr float log2_e = 1.4426950408889634;
    const V k_0 = splat<V>(round_to_int);
    const V biased_k =
        max(fma(u, splat<V>(log2_e), splat<V>(round_to_int - TableSteps::last_binade)), k_0);
    result.scale.biased_k = bit_cast<Bits<V>>(biased_k);
    minus_k = k_0 - biased_k;
    reduced = fma(minus_k, splat<V>(Ln2<float>::high), u);
  }
  const V biased_row = fma(reduced, splat<V>(TableSteps::per_unit), splat<V>(round_to_int));
  const TableRow<Table, Columns, V> row(columns, bit_cast<Bits<V>>(biased_row));

  const V minus_centre = row.template at<0>();
  V r;
  if constexpr (near) {
    r = beta.rest(abs_x, minus_centre, u + minus_centre);
  } else {
    const V subtrahend = fma(minus_k, splat<V>(Ln2<float>::high), minus_centre);  // exact
    r = beta.rest(abs_x, subtrahend, reduced + minus_centre);
    r = fma(minus_k, splat<V>(Ln2<float>::low), r);
  }
  result.near_x = beta.x_of(r - minus_centre);
  r = beta.plus_lost(u, r);
  result.split = {row.template at<1>(), table_polynomial<Table, 2>(row, r), r};
  return result;
}

// sigmoid(-|beta x|) and sigmoid(|beta x|).
template <typename Round, typename Range, typename V>
class SigmoidByTable {
 public:
  template <typename Beta, typename Columns>
  FUSED_SOFTPLUS_INLINE SigmoidByTable(const Beta& beta, const Columns& columns, V x) {
    const auto [split, scale, _] = by_table<SigmoidTableFor<Round>, Range>(beta, columns, x);
    const V below_half = Round::fma(split.low, split.factor, split.high);
    above_half_ = Round::sum(splat<V>(1), -below_half);  // to which 2^-k makes no difference
    below_half_ = scale.inner(below_half);
    scale_ = scale;
  }

  // factor * sigmoid(beta x); only the sign of beta_x is used.
  FUSED_SOFTPLUS_INLINE V times(V factor, V beta_x) const {
    const auto negative = beta_x < 0;  // false for NaN
    return scale_.product(factor, negative ? below_half_ : above_half_, negative);
  }
  // factor * beta sigmoid(-|beta x|) sigmoid(|beta x|)
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE V times_curvature(V factor, const Beta& beta) const {
    const V curvature = below_half_ * beta.times_exactly(above_half_);
    return scale_.product(factor, curvature, is_finite(curvature));
  }

 private:
  V below_half_, above_half_;  // below_half_ before scale_ is applied
  ScaleOf<Range, V> scale_;
};

}  // namespace fused_softplus::math
