#include "rows.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace fused_softplus::cpu {
namespace {

constexpr int max_operands = 6;
constexpr int64_t buffered = 512;  // elements
using Addresses = std::array<char*, max_operands>;

// Whether the operand's rows follow each other without a gap, so that several are one longer row.
bool is_contiguous(const Operands& operands, int i, int64_t n) {
  return operands.strides[i] == operands.element_size &&
         operands.row_strides[i] == n * operands.element_size;
}

template <typename Element>
void gather(const char* from, int64_t stride, int64_t row_stride, int64_t n, int64_t rows,
            char* to) {
  auto* elements = reinterpret_cast<Element*>(to);
  for (int64_t row = 0; row < rows; ++row) {
    const char* next = from + row * row_stride;
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
      addresses[i] = operands.data[i] + row * operands.row_strides[i];
    }
    loop(beta, threshold, addresses.data(), operands.strides, n);
  }
}

// A call costs as much as some dozens of elements. So several short rows are computed in one call,
// and the inputs that are not contiguous, such as a bias, are gathered for it.
void run_together(Loop loop, double beta, double threshold, const Operands& operands, int64_t n,
                  int64_t rows) {
  const auto gather_elements = operands.element_size == 2   ? gather<uint16_t>
                               : operands.element_size == 4 ? gather<uint32_t>
                                                            : gather<uint64_t>;
  alignas(64) char buffers[max_operands][buffered * sizeof(double)];
  std::array<int64_t, max_operands> strides;
  strides.fill(operands.element_size);
  Addresses addresses;
  int64_t together = 0;
  for (int64_t row = 0; row < rows; row += together) {
    together = std::min(buffered / n, rows - row);
    for (int i = 0; i < operands.count; ++i) {
      const int64_t row_stride = operands.row_strides[i];
      char* const there = operands.data[i] + row * row_stride;
      const bool in_place = is_contiguous(operands, i, n);
      addresses[i] = in_place ? there : buffers[i];
      const bool is_gathered = row > 0 && row_stride == 0;  // the same for all rows
      if (!in_place && !is_gathered) {
        gather_elements(there, operands.strides[i], row_stride, n, together, buffers[i]);
      }
    }
    loop(beta, threshold, addresses.data(), strides.data(), together * n);
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
