// log1p(exp(-u)) for float, where the instruction set looks up one of 8 numbers at once: one
// polynomial for each binade of exp(-u). On [k ln(2) - ln(3/2), k ln(2) + ln(4/3)], with
// r = u - k ln(2), the function has the form
//
//   2^-k (high + low + slope r + r^2 core(r))
//
// The product slope r is exact inside its fma and r^2 core(r) is small, so only the last additions
// round at the size of the result. This also makes the results monotone, as tables.h explains. The
// short rows, for results with few digits, have no low.
#pragma once

#include "csrc/math/polynomial.h"
#include "csrc/math/reduction.h"
#include "csrc/math/table_row.h"

namespace fused_softplus::math {

template <typename V>
constexpr bool has_octaves =
    std::is_same_v<Element<V>, float> && Instructions<V>::table_rows == Log1pOctaves::rows;

// split * factor * 2^-k
template <typename V, typename Range>
struct InOctave {
  Split<V> split;
  V factor;
  ScaleOf<Range, V> scale;
  V abs_x;
};

// log1p(exp(-|beta x|))
template <typename Octaves, typename Range, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE InOctave<V, Range> by_octaves(const Beta& beta, V x) {
  using B = Bits<V>;
  constexpr int last = Octaves::rows - 1;
  const V abs_x = abs_within_ends<Range>(beta, x);
  const Reduction<V, Range> reduction(beta, abs_x);
  constexpr int32_t first_row = bit_cast<int32_t>(reduction.round_to_int);
  constexpr Columns<Octaves> columns;
  const TableRow<Octaves, Columns<Octaves>, V> row(
      columns, min(bit_cast<B>(reduction.biased_k), splat<B>(first_row + last)));
  const auto core = [&](auto power) { return row.template at<power + 2>(); };
  constexpr int core_size = Octaves::size - 2 - Octaves::has_low;

  const V r = reduction.r;
  const V r_squared = r * r;
  const V high = row.template at<0>();
  const V slope = row.template at<1>();
  V rest = polynomial<core_size>(core, r, r_squared);
  if constexpr (Octaves::has_low) {
    rest = fma(rest, r_squared, row.template at<Octaves::size - 1>());
  } else {
    rest = rest * r_squared;
  }
  const V scale = reduction.scale();
  // The last row gave exp(-u). The function is exp(-u) (1 + factor).
  const V exp = high + fma(slope, r, rest);
  const V t = exp * scale;
  const V factor = t * polynomial<Log1pCorrection>(t, t * t);
  rest = fma(exp, reduction.minus_k > float(-last) ? splat<V>(0) : factor, rest);
  return {{high, fma(slope, r, rest), splat<V>(1)}, scale, reduction.rest, abs_x};
}

// Octaves whose first row has no low. For k = 0 they give NearestLn2<float>::high + low, where low
// is log1p(exp(-u)) - ln(2) with a small relative error.
struct Log1pOctavesExactAt0 : Log1pOctaves {
  alignas(64) static constexpr auto coefficients = [] {
    auto copy = copy_coefficients<Log1pOctaves>();
    copy[size - 1][0] = 0;
    return copy;
  }();
};

}  // namespace fused_softplus::math
