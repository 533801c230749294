// log1p(exp(-u)) and sigmoid(-u) for float: one polynomial for each binade of exp(-u), whose
// coefficients are looked up in registers. On [k ln(2) - ln(3/2), k ln(2) + ln(4/3)], with
// r = u - k ln(2), both functions have the form
//
//   2^-k (high + low + slope r + r^2 core(r))
//
// The product slope r is exact inside its fma and r^2 core(r) is small, so only the last additions
// round at the size of the result. This also makes the results monotone. Near 0, neighbouring
// results differ by much less than 1 ULP; every intermediate value that is rounded finely enough to
// distinguish them is itself non-decreasing. The short tables, for results with few digits, have
// no low.
#pragma once

#include <algorithm>
#include <array>

#include "csrc/math/polynomial.h"
#include "csrc/math/reduction.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

// One column of a table with that many rows, a row for each binade. The last row, that of exp(-r),
// serves all further binades. The numbers are scaled so that biased_scale() undoes it.
template <typename Table, int column, int rows>
constexpr std::array<float, rows> table_column() {
  std::array<float, rows> numbers = {};
  for (int row = 0; row < rows; ++row) {
    numbers[row] = Table::coefficients[column][row + 1 < rows ? row : Table::rows - 1] *
                   Reduction<float>::unbias;
  }
  return numbers;
}

// The row that is chosen in every lane, modulo the number of rows. CUDA has a specialization.
template <typename Table, typename V>
class TableRow {
 public:
  FUSED_SOFTPLUS_INLINE explicit TableRow(Bits<V> row) : row_(row) {}

  template <int column>
  FUSED_SOFTPLUS_INLINE V at() const {
    constexpr int rows = Instructions<V>::table_rows;
    alignas(64) static constexpr std::array<float, rows> numbers =
        table_column<Table, column, rows>();
    if constexpr (requires { Instructions<V>::look_up(numbers.data(), row_); }) {
      return Instructions<V>::look_up(numbers.data(), row_);
    } else if constexpr (std::is_arithmetic_v<V>) {
      return numbers[row_ & (rows - 1)];
    } else {
      V result;
      for (unsigned i = 0; i < sizeof(V) / sizeof(float); ++i) {
        result[i] = numbers[row_[i] & (rows - 1)];
      }
      return result;
    }
  }

 private:
  Bits<V> row_;
};

// The function of |beta x| that Table holds; high * factor is exact.
template <typename Table, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> by_table(const Beta& beta, V x) {
  using B = Bits<V>;
  constexpr int rows = Instructions<V>::table_rows;
  const Reduction<V> reduction(beta, x);
  constexpr int32_t first_row = bit_cast<int32_t>(Reduction<V>::round_to_int);
  const TableRow<Table, V> row(
      min(bit_cast<B>(reduction.biased_k), splat<B>(first_row + rows - 1)));
  const auto core = [&](auto power) { return row.template at<power + 2>(); };
  constexpr int core_size = Table::size - 2 - Table::has_low;

  const V r = reduction.r;
  const V r_squared = r * r;
  const V high = row.template at<0>();
  const V slope = row.template at<1>();
  V rest = polynomial<core_size>(core, r, r_squared);
  if constexpr (Table::has_low) {
    rest = fma(rest, r_squared, row.template at<Table::size - 1>());
  } else {
    rest = rest * r_squared;
  }
  const V scale = reduction.biased_scale();
  if constexpr (rows < Table::rows) {
    // The last row gave exp(-u). The function is exp(-u) (1 + factor).
    const V exp = high + fma(slope, r, rest);
    const V t = exp * scale;
    const V factor = t * polynomial<typename Table::Correction>(t, t * t);
    rest = fma(exp, reduction.minus_k > float(1 - rows) ? splat<V>(0) : factor, rest);
  }
  return {high, fma(slope, r, rest), scale};
}

template <typename Round>
using Log1pTableFor = std::conditional_t<Round::coarsely, ShortLog1pTable, Log1pTable>;
template <typename Round>
using SigmoidTableFor = std::conditional_t<Round::coarsely, ShortSigmoidTable, SigmoidTable>;

// A table of log1p(exp(-u)) whose first row has no low. For k = 0 it gives NearestLn2<float>::high
// + low, where low is log1p(exp(-u)) - ln(2) with a small relative error.
struct Log1pTableWithoutLow0 : Log1pTable {
  static constexpr auto coefficients = [] {
    std::array<std::array<float, rows>, size> copy = {};
    for (int column = 0; column < size; ++column) {
      std::copy_n(Log1pTable::coefficients[column], rows, copy[column].begin());
    }
    copy[size - 1][0] = 0;
    return copy;
  }();
};

// sigmoid(-|beta x|) and sigmoid(|beta x|).
template <typename Round, typename V>
class SigmoidByTable {
 public:
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE SigmoidByTable(const Beta& beta, V x)
      : below_half_(by_table<SigmoidTableFor<Round>>(beta, x)),
        below_half_high_(below_half_.scaled_high()),
        above_half_high_(1 - below_half_high_) {}

  // sigmoid(beta x); only the sign of beta_x is used.
  FUSED_SOFTPLUS_INLINE V at(V beta_x) const {
    const auto negative = is_negative(beta_x);
    return below_half_.template low_plus<Round>(with_opposite_sign(below_half_.factor, beta_x),
                                                negative,
                                                negative ? below_half_high_ : above_half_high_);
  }
  // beta sigmoid(-|beta x|) sigmoid(|beta x|)
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE V curvature(const Beta& beta) const {
    return below_half_.sum() *
           beta.times_exactly(fma(-below_half_.low, below_half_.factor, above_half_high_));
  }

 private:
  Split<V> below_half_;
  V below_half_high_, above_half_high_;  // exact, except with the short table
};

}  // namespace fused_softplus::math
