// Tables of coefficients, and the row that each lane takes. A table lies in memory column by
// column, or row by row if the instruction set loads whole rows. CUDA has columns of its own.
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

// The coefficient, divided by beta in all columns except the first one, -centre. quotient(number)
// is the number divided by beta.
template <typename Table, typename Quotient>
FUSED_SOFTPLUS_INLINE float divided_coefficient(int column, int row, const Quotient& quotient) {
  const float number = Table::coefficients[column][row];
  return column == 0 ? number : quotient(number);
}

// The columns of Table, divided by beta.
template <typename Table>
struct DividedColumns {
  alignas(64) float coefficients[Table::size][Table::rows];

  template <typename Quotient>
  FUSED_SOFTPLUS_INLINE explicit DividedColumns(const Quotient& quotient) {
    for (int column = 0; column < Table::size; ++column) {
      for (int row = 0; row < Table::rows; ++row) {
        coefficients[column][row] = divided_coefficient<Table>(column, row, quotient);
      }
    }
  }
  template <int column>
  FUSED_SOFTPLUS_INLINE const float* at() const {
    return coefficients[column];
  }
};

// The rows of Table, with 0 after the coefficients. Instructions<V>::look_up_rows loads whole rows.
constexpr int row_length = 8;
template <typename Table>
using RowMajor = std::array<std::array<float, row_length>, Table::rows>;

// number(column, row) is the coefficient there.
template <typename Table, typename Number>
FUSED_SOFTPLUS_INLINE constexpr RowMajor<Table> row_major(const Number& number) {
  RowMajor<Table> rows = {};
  for (int row = 0; row < Table::rows; ++row) {
    for (int column = 0; column < Table::size; ++column) {
      rows[row][column] = number(column, row);
    }
  }
  return rows;
}

template <typename Table>
struct Rows {
  alignas(64) static constexpr RowMajor<Table> numbers = row_major<Table>([](int column, int row) {
    return Table::coefficients[column][row];
  });
};

// The rows of Table, divided by beta.
template <typename Table>
struct DividedRows {
  alignas(64) RowMajor<Table> numbers;

  template <typename Quotient>
  FUSED_SOFTPLUS_INLINE explicit DividedRows(const Quotient& quotient)
      : numbers(row_major<Table>([&](int column, int row) {
          return divided_coefficient<Table>(column, row, quotient);
        })) {}
};

// How a table lies in memory for numbers of type V.
template <typename Table>
struct ByColumns {
  using Given = Columns<Table>;
  using Divided = DividedColumns<Table>;
};
template <typename Table>
struct ByRows {
  using Given = Rows<Table>;
  using Divided = DividedRows<Table>;
};
template <typename V>
constexpr bool loads_rows =
    requires(Bits<V> row, V* columns) { Instructions<V>::look_up_rows(nullptr, row, columns); };
template <typename Table, typename V>
using Layout = std::conditional_t<loads_rows<V>, ByRows<Table>, ByColumns<Table>>;

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
template <typename Table, typename Rows, typename V>
  requires loads_rows<V>
class TableRow<Table, Rows, V> {
 public:
  FUSED_SOFTPLUS_INLINE TableRow(const Rows& rows, Bits<V> row) {
    Instructions<V>::look_up_rows(rows.numbers[0].data(), row & (Table::rows - 1), columns_);
  }

  template <int column>
  FUSED_SOFTPLUS_INLINE V at() const {
    return columns_[column];
  }

 private:
  V columns_[row_length];
};

}  // namespace fused_softplus::math
