// The inputs that are tried: bit patterns in the order of the numbers, all of them or a sample, and
// random float64 numbers.
#pragma once

#include <algorithm>
#include <functional>
#include <random>
#include <vector>

#include "csrc/math/formulas.h"
#include "tests/cpp/accuracy/formats.h"

namespace fused_softplus::accuracy {

constexpr int block = 1024;  // inputs computed by one call of a loop

// fill(number, inputs) writes block number 0, 1, ... blocks - 1.
template <typename Bits>
struct Inputs {
  int64_t blocks;
  std::function<void(int64_t, Bits*)> fill;
};

// The size of the sample, where not everything can be tried.
struct Density {
  int64_t float32_beta_1, float32_other;  // one block of that many is tried
  int64_t float64_blocks, search_blocks;  // in all, and around each of the worst inputs
};
constexpr Density sample{1021, 4099, 64, 1}, exhaustive{1, 61, 1024, 8};

// The inputs near which a kernel may branch: the steps of the range reductions, which are ln(2)
// wide and begin at 0.415 (csrc/math/reduction.h) or 0.5 of that (the rows of the tables); where
// results become subnormal and then zero; the table of log1p; and the default threshold.
template <Dtype dtype>
std::vector<double> edges(double beta) {
  constexpr double ln2 = 0.6931471805599453;
  constexpr double last = -(Opmath<dtype>::smallest - 2) * ln2;  // exp(-u) is zero from there on
  std::vector<double> edges{0, 0.2877, 0.4055, 0.98, 20};
  for (int k = 0; k * ln2 < last; ++k) {
    for (const double step : {0.0, 0.41503749927884376, 0.5}) {
      edges.push_back((k + step) * ln2);
    }
  }
  edges.push_back(math::normal_exponent);
  for (size_t i = edges.size(); i-- > 0;) {
    edges[i] /= beta;
    edges.push_back(-edges[i]);
  }
  return edges;
}

// The bit pattern at this place in the order of the numbers (NaNs, -inf ... -0, 0 ... inf, NaNs),
// and the place of a pattern.
template <typename Bits>
constexpr Bits sign_bit = Bits(1) << (8 * sizeof(Bits) - 1);
template <typename Bits>
Bits in_place(uint64_t place) {
  const Bits bits = static_cast<Bits>(place);
  return bits & sign_bit<Bits> ? bits ^ sign_bit<Bits> : ~bits;
}
template <typename Bits>
int64_t place_of(Bits bits) {
  return bits & sign_bit<Bits> ? Bits(~bits) : bits ^ sign_bit<Bits>;
}

// Blocks of neighbours that begin at these places, and one block in every stride. The last input of
// a block is the first one of the next, so that every two neighbours are in one block.
template <typename Bits>
Inputs<Bits> neighbours(int64_t stride, const std::vector<int64_t>& places) {
  constexpr int64_t count = int64_t(1) << (8 * sizeof(Bits));
  const int64_t step = stride * (block - 1), strided = (count - 2) / step + 1;
  return {strided + std::ssize(places), [=](int64_t number, Bits* inputs) {
            const int64_t first = number < strided ? number * step : places[number - strided];
            for (int i = 0; i < block; ++i) {
              inputs[i] = in_place<Bits>(std::min(first + i, count - 1));
            }
          }};
}

inline Inputs<uint32_t> float32_inputs(double beta, const Density& density) {
  const int64_t stride = beta == 1 ? density.float32_beta_1 : density.float32_other;
  std::vector<int64_t> places;
  for (const double edge : edges<Dtype::float32>(beta)) {
    places.push_back(place_of(Format<Dtype::float32>::nearest(edge)) - block / 2);
  }
  return neighbours<uint32_t>(stride, places);
}

// One third over all exponents, one third with u < 40, and one third within 2^-20 of an edge.
template <Dtype dtype, typename Bits = typename Format<dtype>::Bits>
Inputs<Bits> drawn(double beta, int64_t blocks) {
  return {blocks, [=, edges = edges<dtype>(beta)](int64_t number, Bits* inputs) {
            std::mt19937_64 random(number);
            std::uniform_real_distribution<double> unit(-1, 1);
            for (int i = 0; i < block; ++i) {
              const double edge = edges[random() % edges.size()];
              const double near = edge * (1 + std::ldexp(unit(random), -20));
              inputs[i] = i % 3 == 0   ? static_cast<Bits>(random())
                          : i % 3 == 1 ? Format<dtype>::nearest(40 * unit(random) / beta)
                                       : Format<dtype>::nearest(near);
            }
          }};
}

template <Dtype dtype>
auto inputs_for([[maybe_unused]] double beta, [[maybe_unused]] const Density& density) {
  if constexpr (dtype == Dtype::float64) {
    return drawn<dtype>(beta, density.float64_blocks);
  } else if constexpr (dtype == Dtype::float32) {
    return float32_inputs(beta, density);
  } else {
    return neighbours<uint16_t>(1, {});
  }
}

// Random blocks around each of these float64 numbers.
inline Inputs<uint64_t> around(const std::vector<double>& centres, double distance,
                               int64_t blocks_each) {
  return {std::ssize(centres) * blocks_each, [=](int64_t number, uint64_t* inputs) {
            std::mt19937_64 random(number);
            std::uniform_real_distribution<double> offset(-distance, distance);
            for (int i = 0; i < block; ++i) {
              inputs[i] =
                  std::bit_cast<uint64_t>(centres[number / blocks_each] * (1 + offset(random)));
            }
          }};
}

}  // namespace fused_softplus::accuracy
