// What a GPU has for the operations of the formulas (csrc/math/lanes.h), and their tables in shared
// memory (csrc/math/table_row.h). To be included before the formulas are used.
#pragma once

#include "csrc/math/formulas.h"

namespace fused_softplus {
namespace cuda {

// The columns of Table in shared memory. The rows of a column lie in one bank each, so the threads
// of a warp get whichever rows they need in one access.
template <typename Table>
struct SharedColumns {
  using Numbers = float[Table::size][Table::rows];

  static __device__ Numbers& numbers() {
    alignas(float2) __shared__ Numbers shared;
    return shared;
  }
  template <int column>
  __device__ __forceinline__ const float* at() const {
    return numbers()[column];
  }
};

// Copies a table into shared memory, together with the other threads of the block.
template <typename Table, bool divided, int threads, typename Beta>
__device__ SharedColumns<Table> share(const Beta& beta) {
  constexpr unsigned pairs_of_centres = Table::rows / 2, pairs = pairs_of_centres * Table::size;
  static_assert(pairs <= threads);
  alignas(float2) static constexpr auto table = math::copy_coefficients<Table>();
  if (const unsigned i = threadIdx.x; i < pairs) {
    float2 pair = reinterpret_cast<const float2*>(&table)[i];
    if (divided && i >= pairs_of_centres) {
      pair = {beta.quickly_divided(pair.x), beta.quickly_divided(pair.y)};
    }
    reinterpret_cast<float2*>(SharedColumns<Table>::numbers())[i] = pair;
  }
  __syncthreads();
  return {};
}

// What Op needs before it is applied to numbers of type T: the columns of its table.
template <typename Op, typename Round, typename T, int threads, typename Beta>
__device__ auto prepare(const Beta& beta) {
  if constexpr (std::is_same_v<T, float> && requires { typename Op::template Table<Round>; }) {
    return share<typename Op::template Table<Round>, Op::divides_table, threads>(beta);
  } else {
    return math::NoColumns();
  }
}

}  // namespace cuda

#ifdef __CUDA_ARCH__  // The compiler also compiles the formulas for the host, where they never run.
namespace math {

template <>
struct Instructions<float> : NoInstructions {
  static constexpr bool subnormals_are_slow = false;
  static __device__ __forceinline__ float fma_towards_zero(float a, float b, float c) {
    return __fmaf_rz(a, b, c);
  }
#if __CUDA_ARCH__ >= 800  // Others have no such instruction.
  static __device__ __forceinline__ float min(float a, float b) {
    float result;
    asm("min.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
    return result;
  }
#endif
  static __device__ __forceinline__ float max(float a, float b) { return std::fmax(a, b); }
  // In any thread of the warp, all of which call it.
  static __device__ __forceinline__ bool any_less(float a, float b) {
    return __any_sync(0xffffffff, a < b);
  }
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

}  // namespace math
#endif

}  // namespace fused_softplus
