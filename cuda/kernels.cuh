// The CUDA kernels: contiguous operands are loaded and stored as whole vectors, other layouts one
// element at a time. Each thread applies a formula to one number after another.
//
// The threads of a warp take one whole vector each, and compute it in the range (csrc/math/scale.h)
// that all numbers of these vectors allow. So they stay together. Single elements are computed in
// the range Deep: their addresses take the time, and three ranges would only be more code.
#pragma once

#include <ATen/OpMathType.h>
#include <ATen/cuda/CUDAContext.h>

#include <ATen/cuda/detail/OffsetCalculator.cuh>
#include <algorithm>
#include <utility>

#include "cuda/instructions.cuh"

namespace fused_softplus::cuda {

constexpr int threads = 128;  // in a block

// The bytes of each input that a thread loads before it computes. All threads of a multiprocessor
// together keep its share of the memory bandwidth in flight (an H100 needs about 18 KB for 0.7 us;
// 1,024 threads have 32 KB).
constexpr int thread_bytes = 32;

// The bytes that one instruction loads or stores, by the first number of the compute capability.
constexpr int vector_bytes_for(int major) { return major < 10 ? 16 : 32; }
#ifdef __CUDA_ARCH__
constexpr int vector_bytes = vector_bytes_for(__CUDA_ARCH__ / 100);
#else  // The host compiles the kernels, too, but does not run them.
constexpr int vector_bytes = thread_bytes;
#endif

// The addresses of the outputs, then of the inputs.
template <typename Op>
struct Operands {
  static constexpr int count = Op::outputs + Op::inputs;
  char* addresses[count];

  explicit Operands(char* const* data) { std::copy_n(data, count, addresses); }
};

template <typename Op, typename scalar_t>
struct Results {
  scalar_t values[Op::outputs];
};

template <typename scalar_t>
using Round = math::Rounding<scalar_t, at::opmath_type<scalar_t>>;

// Calls function with one element of each input, in opmath. input(i) is that of the i-th input.
template <typename Op, typename scalar_t, typename Input, typename Function>
__device__ __forceinline__ auto call(const Input& input, const Function& function) {
  return [&]<int... i>(std::integer_sequence<int, i...>) {
    return function(static_cast<at::opmath_type<scalar_t>>(input(i))...);
  }(std::make_integer_sequence<int, Op::inputs>());
}

// Applies Op to one element.
template <typename Op, typename scalar_t, typename Range, typename Beta, typename Columns,
          typename Input>
__device__ __forceinline__ Results<Op, scalar_t> apply(const Beta& beta, const Columns& columns,
                                                       const Input& input) {
  const auto exact = call<Op, scalar_t>(input, [&](auto... numbers) {
    return Op::template apply<Round<scalar_t>, Range>(beta, columns, numbers...);
  });
  Results<Op, scalar_t> results;
#pragma unroll
  for (int o = 0; o < Op::outputs; ++o) {
    results.values[o] = static_cast<scalar_t>(exact.values[o]);
  }
  return results;
}

template <typename Op, typename scalar_t, typename Beta>
__global__ void __launch_bounds__(threads)
    contiguous_kernel(const Beta beta, const Operands<Op> operands, const int64_t n) {
  constexpr int width = vector_bytes / sizeof(scalar_t);
  struct alignas(vector_bytes) Vector {
    scalar_t values[width];
  };
  constexpr int vectors = thread_bytes / vector_bytes;
  const int64_t whole_vectors = n / width;
  const int64_t first = int64_t(blockIdx.x) * (vectors * threads) + threadIdx.x;

  Vector in[vectors][Op::inputs];
#pragma unroll
  for (int v = 0; v < vectors; ++v) {
    const int64_t place = first + v * threads;
    if (place < whole_vectors) {
#pragma unroll
      for (int i = 0; i < Op::inputs; ++i) {
        in[v][i] = reinterpret_cast<const Vector*>(operands.addresses[Op::outputs + i])[place];
      }
    }
  }
  const auto columns = prepare<Op, Round<scalar_t>, at::opmath_type<scalar_t>, threads>(beta);
#pragma unroll
  for (int v = 0; v < vectors; ++v) {
    const int64_t place = first + v * threads;
    const bool is_there = place < whole_vectors;
    const auto inputs = [&](int j) { return [&in, v, j](int i) { return in[v][i].values[j]; }; };
    Vector out[Op::outputs];
    const auto compute = [&]<typename Range>(Range) {
      if (is_there) {
#pragma unroll
        for (int j = 0; j < width; ++j) {
          const auto results = apply<Op, scalar_t, Range>(beta, columns, inputs(j));
#pragma unroll
          for (int o = 0; o < Op::outputs; ++o) {
            out[o].values[j] = results.values[o];
          }
        }
      }
    };
    if constexpr (math::has_ranges<Op, at::opmath_type<scalar_t>>) {
      float least = 0;
      if (is_there) {
#pragma unroll
        for (int j = 0; j < width; ++j) {
          const float distance = call<Op, scalar_t>(
              inputs(j), [&](auto... numbers) { return Op::distance(beta, numbers...); });
          least = std::fmin(distance, least);  // ignores a NaN
        }
      }
      math::with_range(beta, least, compute);
    } else {
      compute(math::Near());
    }
    if (is_there) {
#pragma unroll
      for (int o = 0; o < Op::outputs; ++o) {
        reinterpret_cast<Vector*>(operands.addresses[o])[place] = out[o];
      }
    }
  }

  // The last block computes the remaining elements, fewer than a vector.
  const int64_t index = whole_vectors * width + threadIdx.x;
  if (blockIdx.x == gridDim.x - 1 && index < n) {
    const auto results = apply<Op, scalar_t, math::Deep>(beta, columns, [&](int i) {
      return reinterpret_cast<const scalar_t*>(operands.addresses[Op::outputs + i])[index];
    });
#pragma unroll
    for (int o = 0; o < Op::outputs; ++o) {
      reinterpret_cast<scalar_t*>(operands.addresses[o])[index] = results.values[o];
    }
  }
}

constexpr int strided_elements = 4;  // that a thread loads before it computes

template <typename Op, typename scalar_t, typename Beta>
__global__ void __launch_bounds__(threads)
    strided_kernel(const Beta beta, const Operands<Op> operands,
                   const OffsetCalculator<Operands<Op>::count> calculator, const int64_t n) {
  const uint32_t first = blockIdx.x * (strided_elements * threads) + threadIdx.x;
  scalar_t in[strided_elements][Op::inputs];
  uint32_t out[strided_elements][Op::outputs];
#pragma unroll
  for (int e = 0; e < strided_elements; ++e) {
    if (first + e * threads < n) {
      const auto offsets = calculator.get(first + e * threads);
#pragma unroll
      for (int i = 0; i < Op::inputs; ++i) {
        in[e][i] = *reinterpret_cast<const scalar_t*>(operands.addresses[Op::outputs + i] +
                                                      offsets[Op::outputs + i]);
      }
#pragma unroll
      for (int o = 0; o < Op::outputs; ++o) {
        out[e][o] = offsets[o];
      }
    }
  }
  const auto columns = prepare<Op, Round<scalar_t>, at::opmath_type<scalar_t>, threads>(beta);
#pragma unroll
  for (int e = 0; e < strided_elements; ++e) {
    if (first + e * threads < n) {
      const auto results =
          apply<Op, scalar_t, math::Deep>(beta, columns, [&](int i) { return in[e][i]; });
#pragma unroll
      for (int o = 0; o < Op::outputs; ++o) {
        *reinterpret_cast<scalar_t*>(operands.addresses[o] + out[e][o]) = results.values[o];
      }
    }
  }
}

// Whether contiguous_kernel can load and store whole vectors from this address on, on the current
// device.
inline bool aligned(const void* address) {
  const int bytes = vector_bytes_for(at::cuda::getCurrentDeviceProperties()->major);
  return reinterpret_cast<uintptr_t>(address) % bytes == 0;
}

// Does nothing for n = 0, because a launch needs at least one block.
template <typename... Parameters, typename... Arguments>
void launch(void (*kernel)(Parameters...), int64_t elements_in_a_block, int64_t n,
            const Arguments&... arguments) {
  if (n > 0) {
    const auto blocks = static_cast<unsigned>((n + elements_in_a_block - 1) / elements_in_a_block);
    kernel<<<blocks, threads, 0, at::cuda::getCurrentCUDAStream()>>>(arguments..., n);
    C10_CUDA_KERNEL_LAUNCH_CHECK();
  }
}

template <typename scalar_t, typename Op, typename Beta>
void launch_contiguous(const Beta& beta, const Operands<Op>& operands, int64_t n) {
  launch(contiguous_kernel<Op, scalar_t, Beta>, threads * thread_bytes / sizeof(scalar_t), n, beta,
         operands);
}

// The calculator gives the offsets of the elements. n and all offsets are below 2^31.
template <typename scalar_t, typename Op, typename Beta>
void launch_strided(const Beta& beta, const Operands<Op>& operands,
                    const OffsetCalculator<Operands<Op>::count>& calculator, int64_t n) {
  launch(strided_kernel<Op, scalar_t, Beta>, threads * strided_elements, n, beta, operands,
         calculator);
}

}  // namespace fused_softplus::cuda
