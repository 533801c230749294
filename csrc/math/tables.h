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
// A row is ln(2) wide. The last one also serves all larger u. There both functions are exp(-u) in
// the precision of float, so that f(u) = 2^-k f(u - k ln(2)), with the k of scale.h.
#pragma once

#include "csrc/math/scale.h"
#include "csrc/math/table_row.h"

namespace fused_softplus::math {

template <typename V>
constexpr bool has_tables =
    std::is_same_v<Element<V>, float> && Instructions<V>::table_rows == Log1pTable<6>::rows;

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
  const V abs_x = abs_within_ends<Range>(beta, x);
  const V biased_number = beta.binades(abs_x, round_to_int);
  V biased_row = biased_number;
  if constexpr (!near) {
    biased_row = smaller_as<Bits<V>>(biased_row, splat<V>(round_to_int + TableEnd::last));
    result.scale.k = bit_cast<Bits<V>>(biased_number) - bit_cast<Bits<V>>(biased_row);
  }
  const TableRow<Table, Columns, V> row(columns, bit_cast<Bits<V>>(biased_row));
  const V minus_centre = row.template at<0>();
  V r;
  if constexpr (near) {
    r = beta.rest(abs_x, minus_centre);
  } else {
    const V minus_k = biased_row - biased_number;
    r = beta.rest(abs_x, minus_k, Ln2<float>::high, minus_centre);
    r = fma(minus_k, splat<V>(Ln2<float>::low), r);
  }
  result.near_x = beta.x_of(r - minus_centre);
  r = beta.plus_lost(abs_x, r);
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

  // factor * sigmoid(beta x)
  FUSED_SOFTPLUS_INLINE V times(V factor, V signed_x) const {
    const auto negative = signed_x < 0;  // false for NaN
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
