// Tables of coefficients, and the row that each lane takes. CUDA has columns of its own.
#pragma once

#include <array>

#include "csrc/math/constants.h"
#include "csrc/math/lanes.h"

namespace fused_softplus::math {

// A copy of Table's coefficients that can be changed while it is a constant expression.
template <typename Table>
FUSED_SOFTPLUS_INLINE constexpr auto copy_coefficients() {
  std::array<std::array<float, Table::rows>, Table::size> copy = {};
  for (int column = 0; column < Table::size; ++column) {
    for (int row = 0; row < Table::rows; ++row) {
      copy[column][row] = Table::coefficients[column][row];
    }
  }
  return copy;
}

// The columns of Table.
template <typename Table>
struct Columns {
  template <int column>
  FUSED_SOFTPLUS_INLINE const float* at() const {
    return &Table::coefficients[column][0];
  }
};

// The columns of Table, divided by beta, except for the first one, -centre.
template <typename Table>
struct DividedColumns {
  alignas(64) float coefficients[Table::size][Table::rows];

  // quotient(number) is the number divided by beta.
  template <typename Quotient>
  FUSED_SOFTPLUS_INLINE explicit DividedColumns(const Quotient& quotient) {
    for (int column = 0; column < Table::size; ++column) {
      for (int row = 0; row < Table::rows; ++row) {
        const float number = Table::coefficients[column][row];
        coefficients[column][row] = column == 0 ? number : quotient(number);
      }
    }
  }
  template <int column>
  FUSED_SOFTPLUS_INLINE const float* at() const {
    return coefficients[column];
  }
};

// One row of the table in every lane. It is taken modulo the number of rows.
template <typename Table, typename Columns, typename V>
class TableRow {
 public:
  FUSED_SOFTPLUS_INLINE TableRow(const Columns& columns, Bits<V> row)
      : columns_(columns), row_(row) {}

  template <int column>
  FUSED_SOFTPLUS_INLINE V at() const {
    const float* const numbers = columns_.template at<column>();
    if constexpr (requires { Instructions<V>::look_up(numbers, row_); }) {
      return Instructions<V>::look_up(numbers, row_);
    } else if constexpr (std::is_arithmetic_v<V>) {
      return numbers[row_ & (Table::rows - 1)];
    } else {
      V result;
      for (unsigned i = 0; i < sizeof(V) / sizeof(float); ++i) {
        result[i] = numbers[row_[i] & (Table::rows - 1)];
      }
      return result;
    }
  }

 private:
  const Columns& columns_;
  Bits<V> row_;
};

}  // namespace fused_softplus::math
