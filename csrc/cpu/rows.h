// A loop over two dimensions.
#pragma once

#include "csrc/cpu/loops.h"

namespace fused_softplus::cpu {

// The operands of a loop, outputs first. Strides are in bytes.
struct Operands {
  int outputs, count;
  int64_t element_size;
  char* const* data;
  const int64_t* strides;      // from one element of a row to the next
  const int64_t* row_strides;  // from one row to the next
  int64_t period;              // after so many rows, inputs that are not contiguous start again
};

// Runs the loop over so many rows of n elements each.
void run_rows(Loop loop, double beta, double threshold, const Operands& operands, int64_t n,
              int64_t rows);

}  // namespace fused_softplus::cpu
