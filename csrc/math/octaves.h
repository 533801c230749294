// log1p(exp(-u)) and sigmoid(-u) for float: one polynomial for each octave of exp(-u), its
// coefficients looked up in registers. On [k ln(2) - ln(3/2), k ln(2) + ln(4/3)], with
// r = u - k ln(2), either is
//
//   2^-k (high + low + slope r + r^2 core(r))
//
// where slope r is exact within its fma and r^2 core(r) is small, so that only the last additions
// are rounded at a size that matters. That is also what makes the results monotone: near 0, where
// neighbouring results differ by much less than an ULP, nothing that is rounded finely enough to
// tell them apart decreases. The short tables, for results of few digits, have no low.
#pragma once

#include <array>
#include <utility>

#include "csrc/math/polynomial.h"
#include "csrc/math/reduction.h"
#include "csrc/math/rounding.h"

namespace fused_softplus::math {

// How many octaves have polynomials of their own; the last row serves all from there on. 32 need
// no correction. AVX2 can look up among 8 in one instruction, and so corrects the last row of
// log1p; its sigmoid is by_exponential.h's.
template <typename V>
constexpr int octave_rows = sizeof(V) == 32 ? 8 : 32;

// Column number `coefficient` of a table: its first rows, and the last, which is exp(-r)'s. Scaled,
// so that biased_scale() undoes it.
template <typename Octaves, int coefficient, int rows>
constexpr std::array<float, rows> octave_column() {
  std::array<float, rows> column = {};
  for (int row = 0; row < rows; ++row) {
    column[row] = Octaves::coefficients[coefficient][row + 1 < rows ? row : Octaves::rows - 1] *
                  Octave<float>::unbias;
  }
  return column;
}

#ifdef __CUDACC__
// On CUDA the table stands in shared memory, a column's rows in one bank each: whichever rows a
// warp's threads need, they get them in one access. Threads fill it, and wait, before they look up.
template <typename Octaves>
using SharedOctaves = float[Octaves::size][Octaves::rows];

template <typename Octaves>
__device__ SharedOctaves<Octaves>& shared_octaves() {
  __shared__ SharedOctaves<Octaves> columns;
  return columns;
}

template <typename Octaves, int threads, int... coefficient>
__device__ void fill_shared_octaves(std::integer_sequence<int, coefficient...>) {
  constexpr unsigned rows = Octaves::rows, count = rows * Octaves::size;
  static constexpr std::array<float, rows> columns[] = {
      octave_column<Octaves, coefficient, rows>()...};
#pragma unroll
  for (unsigned i = threadIdx.x; i < count; i += threads) {
    shared_octaves<Octaves>()[i / rows][i % rows] = columns[i / rows][i % rows];
  }
}
#endif

template <typename Octaves, int coefficient, typename V>
FUSED_SOFTPLUS_INLINE V look_up_octave(Bits<V> row) {
  constexpr int rows = octave_rows<V>;
#ifdef __CUDA_ARCH__
  return shared_octaves<Octaves>()[coefficient][row & (rows - 1)];
#else
  alignas(64) static constexpr std::array<float, rows> column =
      octave_column<Octaves, coefficient, rows>();
  return look_up<V, rows>(column.data(), row);
#endif
}

// The function of |beta x| that Octaves holds; high * factor is exact.
template <typename Octaves, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> by_octave(const Beta& beta, V x) {
  using B = Bits<V>;
  constexpr int rows = octave_rows<V>;
  const Octave<V> octave(beta, x);
  constexpr int32_t first_row = bit_cast<int32_t>(Octave<V>::round_to_int);
  const B row = min(bit_cast<B>(octave.biased_k), splat<B>(first_row + rows - 1));
  const auto column = [&](auto number) { return look_up_octave<Octaves, number, V>(row); };
  const auto core = [&](auto power) { return column(std::integral_constant<int, power + 2>()); };
  constexpr int core_size = Octaves::size - 2 - Octaves::has_low;

  const V r = octave.r;
  const V r_squared = r * r;
  const V high = column(std::integral_constant<int, 0>());
  const V slope = column(std::integral_constant<int, 1>());
  V rest = polynomial<core_size>(core, r, r_squared);
  if constexpr (Octaves::has_low) {
    rest = fma(rest, r_squared, column(std::integral_constant<int, Octaves::size - 1>()));
  } else {
    rest = rest * r_squared;
  }
  const V scale = octave.biased_scale();
  if constexpr (rows < Octaves::rows) {
    // The last row gave exp(-u), from which the function differs by this factor's distance from 1.
    const V exp = high + fma(slope, r, rest);
    const V t = exp * scale;
    const V factor = t * polynomial<typename Octaves::Correction>(t, t * t);
    rest = fma(exp, octave.minus_k > float(1 - rows) ? splat<V>(0) : factor, rest);
  }
  return {high, fma(slope, r, rest), scale};
}

template <typename Round>
using Log1pOctavesFor = std::conditional_t<Round::coarsely, ShortLog1pOctaves, Log1pOctaves>;
template <typename Round>
using SigmoidOctavesFor = std::conditional_t<Round::coarsely, ShortSigmoidOctaves, SigmoidOctaves>;

// log1p(exp(-|beta x|))
template <typename Round, typename Beta, typename V>
FUSED_SOFTPLUS_INLINE Split<V> log1p_exp_neg_by_octave(const Beta& beta, V x) {
  return by_octave<Log1pOctavesFor<Round>>(beta, x);
}

// sigmoid(-|beta x|) and sigmoid(|beta x|).
template <typename Round, typename V>
class SigmoidByOctave {
 public:
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE SigmoidByOctave(const Beta& beta, V x)
      : below_half_(by_octave<SigmoidOctavesFor<Round>>(beta, x)),
        below_half_high_(below_half_.scaled_high()),
        above_half_high_(1 - below_half_high_) {}

  // sigmoid(beta x); x itself is looked at for its sign alone.
  FUSED_SOFTPLUS_INLINE V at(V beta_x) const {
    const auto negative = is_negative(beta_x);
    return below_half_.template low_plus<Round>(with_opposite_sign(below_half_.factor, beta_x),
                                                negative,
                                                negative ? below_half_high_ : above_half_high_);
  }
  // Their product, times beta.
  template <typename Beta>
  FUSED_SOFTPLUS_INLINE V curvature(const Beta& beta) const {
    return below_half_.sum() *
           beta.times_exactly(fma(-below_half_.low, below_half_.factor, above_half_high_));
  }

 private:
  Split<V> below_half_;
  V below_half_high_, above_half_high_;  // exact, but for the short table's
};

}  // namespace fused_softplus::math
