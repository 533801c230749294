// What a GPU has for the operations of the formulas (csrc/math/lanes.h), and their tables in shared
// memory (csrc/math/tables.h). To be included before the formulas are used.
#pragma once

#include <utility>

#include "csrc/math/formulas.h"

namespace fused_softplus {
namespace cuda {

// A table, column by column. The rows of a column lie in one bank each, so the threads of a warp
// get whichever rows they need in one access.
template <typename Table>
using SharedTable = float[Table::size][Table::rows];

template <typename Table>
__device__ SharedTable<Table>& shared_table() {
  __shared__ SharedTable<Table> columns;
  return columns;
}

template <typename Table, int threads, int... column>
__device__ void fill_shared_table(std::integer_sequence<int, column...>) {
  constexpr unsigned rows = Table::rows, count = rows * Table::size;
  static constexpr std::array<float, rows> columns[] = {
      math::table_column<Table, column, rows>()...};
#pragma unroll
  for (unsigned i = threadIdx.x; i < count; i += threads) {
    shared_table<Table>()[i / rows][i % rows] = columns[i / rows][i % rows];
  }
}

// What all threads of a block do together before they apply Op to numbers of type T.
template <typename Op, typename Round, typename T, int threads>
__device__ void prepare() {
  if constexpr (std::is_same_v<T, float> && requires { typename Op::template Table<Round>; }) {
    using Table = typename Op::template Table<Round>;
    fill_shared_table<Table, threads>(std::make_integer_sequence<int, Table::size>());
    __syncthreads();
  }
}

}  // namespace cuda

#ifdef __CUDA_ARCH__  // The compiler also compiles the formulas for the host, where they never run.
namespace math {

template <>
struct Instructions<float> : NoInstructions {
  static __device__ __forceinline__ float fma_towards_zero(float a, float b, float c) {
    return __fmaf_rz(a, b, c);
  }
  static __device__ __forceinline__ float max(float a, float b) { return std::fmax(a, b); }
};

template <>
struct Instructions<double> : NoInstructions {
  // CUDA's own division begins like this, and then calls a function for subnormal numbers.
  static __device__ __forceinline__ double reciprocal(double x) {
    double guess;
    asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(guess) : "d"(x));
    return refined_reciprocal(x, guess);
  }
  static __device__ __forceinline__ double max(double a, double b) { return std::fmax(a, b); }
};

template <typename Table>
class TableRow<Table, float> {
 public:
  __device__ __forceinline__ explicit TableRow(int row) : row_(row & (Table::rows - 1)) {}

  template <int column>
  __device__ __forceinline__ float at() const {
    return cuda::shared_table<Table>()[column][row_];
  }

 private:
  int row_;
};

}  // namespace math
#endif

}  // namespace fused_softplus
