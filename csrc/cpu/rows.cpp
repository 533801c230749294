#include "csrc/cpu/rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

namespace fused_softplus::cpu {
namespace {

constexpr int max_operands = 6;
constexpr int64_t buffered = 512, largest_buffer = 8192;  // elements
using Addresses = std::array<char*, max_operands>;

// Whether the operand's rows follow each other without a gap, so that several are one longer row.
bool is_contiguous(const Operands& operands, int i, int64_t n) {
  return operands.strides[i] == operands.element_size &&
         operands.row_strides[i] == n * operands.element_size;
}

// The address of one row of the operand.
char* address(const Operands& operands, int i, int64_t n, int64_t row) {
  const int64_t own_row = is_contiguous(operands, i, n) ? row : row % operands.period;
  return operands.data[i] + own_row * operands.row_strides[i];
}

// Copies the operand's rows from this one on.
template <typename Element>
void gather(const Operands& operands, int i, int64_t n, int64_t row, int64_t rows, char* to) {
  auto* elements = reinterpret_cast<Element*>(to);
  const int64_t stride = operands.strides[i];
  for (const int64_t end = row + rows; row < end; ++row) {
    const char* next = address(operands, i, n, row);
    if (stride == 0) {
      Element element;
      std::memcpy(&element, next, sizeof(Element));
      elements = std::fill_n(elements, n, element);
      continue;
    }
    for (int64_t j = 0; j < n; ++j) {
      std::memcpy(elements++, next + j * stride, sizeof(Element));
    }
  }
}

void run_one_by_one(Loop loop, double beta, double threshold, const Operands& operands, int64_t n,
                    int64_t rows) {
  Addresses addresses;
  for (int64_t row = 0; row < rows; ++row) {
    for (int i = 0; i < operands.count; ++i) {
      addresses[i] = address(operands, i, n, row);
    }
    loop(beta, threshold, addresses.data(), operands.strides, n);
  }
}

// A call costs as much as some dozens of elements. So several short rows are computed in one call,
// and the inputs that are not contiguous, such as a bias, are gathered for it: once, if each call
// takes all rows after which they start again.
void run_together(Loop loop, double beta, double threshold, const Operands& operands, int64_t n,
                  int64_t rows) {
  const auto gather_elements = operands.element_size == 2   ? gather<uint16_t>
                               : operands.element_size == 4 ? gather<uint32_t>
                                                            : gather<uint64_t>;
  int64_t together = buffered / n;
  if (operands.period > together && operands.period * n <= largest_buffer) {
    together = operands.period;
  } else if (operands.period < together) {
    together -= together % operands.period;
  }
  const bool starts_again = together % operands.period == 0;
  const int64_t buffer_size = together * n * operands.element_size;
  const std::unique_ptr<char[]> buffers(new char[operands.count * buffer_size]);
  std::array<int64_t, max_operands> strides;
  strides.fill(operands.element_size);
  Addresses addresses;
  for (int64_t row = 0; row < rows; row += together) {
    const int64_t count = std::min(together, rows - row);
    for (int i = 0; i < operands.count; ++i) {
      if (is_contiguous(operands, i, n)) {
        addresses[i] = address(operands, i, n, row);
        continue;
      }
      addresses[i] = buffers.get() + i * buffer_size;
      const bool is_gathered = row > 0 && (starts_again || operands.row_strides[i] == 0);
      if (!is_gathered) {
        gather_elements(operands, i, n, row, count, addresses[i]);
      }
    }
    loop(beta, threshold, addresses.data(), strides.data(), count * n);
  }
}

}  // namespace

void run_rows(Loop loop, double beta, double threshold, const Operands& operands, int64_t n,
              int64_t rows) {
  bool outputs_are_contiguous = true;
  for (int i = 0; i < operands.outputs; ++i) {
    outputs_are_contiguous = outputs_are_contiguous && is_contiguous(operands, i, n);
  }
  const bool is_short = rows > 1 && n <= buffered / 2;
  const auto run = is_short && outputs_are_contiguous ? run_together : run_one_by_one;
  run(loop, beta, threshold, operands, n, rows);
}

}  // namespace fused_softplus::cpu
