// The CUDA kernel: applies a formula to all elements. Each thread loads some vectors of every input
// (layouts.cuh) before it computes them, one number after another.
//
// The threads of a warp take one vector each, and compute it in the range (csrc/math/scale.h) that
// all numbers of these vectors allow. So they stay together. Single elements are computed in the
// range Deep: their addresses take the time, and three ranges would only be more code.
#pragma once

#include <ATen/OpMathType.h>

#include <algorithm>
#include <utility>

#include "cuda/instructions.cuh"
#include "cuda/layouts.cuh"

namespace fused_softplus::cuda {

constexpr int threads = 128;  // in a block

// The bytes of each input that a thread loads before it computes. All threads of a multiprocessor
// together keep its share of the memory bandwidth in flight (an H100 needs about 18 KB for 0.7 us;
// 1,024 threads have 32 KB). Rubin has more bandwidth, but no more than 1,024 threads.
constexpr int thread_bytes_for(int architecture, int inputs) {
  return architecture == 1070 && inputs <= 2 ? 128 / inputs : 32;
}
constexpr int single_elements = 4;  // The same where a vector is one element: their number.

#ifdef __CUDA_ARCH__
constexpr int compiled_architecture = __CUDA_ARCH__;
#else  // The host compiles the kernel, too, but does not run it.
constexpr int compiled_architecture = 1000;
#endif

template <typename scalar_t, int bytes>
struct alignas(bytes) Vector {
  using Element = scalar_t;
  static constexpr int width = bytes / sizeof(scalar_t);
  scalar_t values[width];
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

// Applies Op to one element. output(o) is the place of its o-th result.
template <typename Op, typename scalar_t, typename Range, typename Beta, typename Columns,
          typename Input, typename Output>
__device__ __forceinline__ void apply(const Beta& beta, const Columns& columns, const Input& input,
                                      const Output& output) {
  const auto results = call<Op, scalar_t>(input, [&](auto... numbers) {
    return Op::template apply<Round<scalar_t>, Range>(beta, columns, numbers...);
  });
#pragma unroll
  for (int o = 0; o < Op::outputs; ++o) {
    output(o) = static_cast<scalar_t>(results.values[o]);
  }
}

// n: the number of elements from the layout's first vector on.
template <typename Layout, typename Op, typename scalar_t, typename Beta>
__global__ void __launch_bounds__(threads)
    elementwise_kernel(const Beta beta, const Layout layout, const typename Layout::Index n) {
  using opmath_t = at::opmath_type<scalar_t>;
  using Index = typename Layout::Index;
  constexpr int bytes =
      Layout::has_vectors ? vector_bytes_for(compiled_architecture) : sizeof(scalar_t);
  constexpr int vectors = Layout::has_vectors
                              ? thread_bytes_for(compiled_architecture, Op::inputs) / bytes
                              : single_elements;
  using Vector = Vector<scalar_t, bytes>;
  const Index whole_vectors = n / Vector::width;
  const Index first = Index(blockIdx.x) * (vectors * threads) + threadIdx.x;

  Vector in[vectors][Op::inputs];
  decltype(layout.offsets(first, bytes)) offsets[vectors];
#pragma unroll
  for (int v = 0; v < vectors; ++v) {
    if (const Index place = first + v * threads; place < whole_vectors) {
      offsets[v] = layout.offsets(place, bytes);
#pragma unroll
      for (int i = 0; i < Op::inputs; ++i) {
        in[v][i] = layout.template load<Vector>(Op::outputs + i, offsets[v][Op::outputs + i]);
      }
    }
  }
  const auto columns = prepare<Op, Round<scalar_t>, opmath_t, threads>(beta);
#pragma unroll
  for (int v = 0; v < vectors; ++v) {
    const bool is_there = first + v * threads < whole_vectors;
    const auto inputs = [&](int j) { return [&in, v, j](int i) { return in[v][i].values[j]; }; };
    Vector out[Op::outputs];
    const auto compute = [&]<typename Range>(Range) {
      if (is_there) {
#pragma unroll
        for (int j = 0; j < Vector::width; ++j) {
          apply<Op, scalar_t, Range>(beta, columns, inputs(j),
                                     [&](int o) -> scalar_t& { return out[o].values[j]; });
        }
      }
    };
    if constexpr (!math::has_ranges<Op, opmath_t> || !Layout::has_vectors) {
      compute(math::Deep());
    } else {
      float least = 0;
      if (is_there) {
#pragma unroll
        for (int j = 0; j < Vector::width; ++j) {
          const float distance = call<Op, scalar_t>(
              inputs(j), [&](auto... numbers) { return Op::distance(beta, numbers...); });
          least = std::fmin(distance, least);  // ignores a NaN
        }
      }
      math::with_range(beta, least, compute);
    }
    if (is_there) {
#pragma unroll
      for (int o = 0; o < Op::outputs; ++o) {
        *reinterpret_cast<Vector*>(layout.addresses[o] + offsets[v][o]) = out[o];
      }
    }
  }

  // The last block computes the elements before and after the whole vectors: fewer than two of
  // them.
  if constexpr (Layout::has_vectors) {
    if (blockIdx.x != gridDim.x - 1) {
      return;
    }
    const int rest = static_cast<int>(threadIdx.x) - layout.head;
    const int64_t index = rest < 0 ? rest : int64_t(whole_vectors) * Vector::width + rest;
    if (index < int64_t(n)) {
      const auto element = [&](int operand) -> scalar_t& {
        const int64_t offset = index * layout.step(operand, sizeof(scalar_t));
        return *reinterpret_cast<scalar_t*>(layout.addresses[operand] + offset);
      };
      apply<Op, scalar_t, math::Deep>(
          beta, columns, [&](int i) { return element(Op::outputs + i); }, element);
    }
  }
}

// Computes n elements, of which layout.head lie before the first vector.
template <typename scalar_t, typename Op, typename Layout, typename Beta>
void launch(const Beta& beta, Op, const Layout& layout, int64_t n) {
  const int64_t in_a_thread = Layout::has_vectors
                                  ? thread_bytes_for(architecture(), Op::inputs) / sizeof(scalar_t)
                                  : single_elements;
  const int64_t in_a_block = threads * in_a_thread, from_first_vector = n - layout.head;
  const int64_t blocks = std::max<int64_t>((from_first_vector + in_a_block - 1) / in_a_block, 1);
  elementwise_kernel<Layout, Op, scalar_t>
      <<<static_cast<unsigned>(blocks), threads, 0, at::cuda::getCurrentCUDAStream()>>>(
          beta, layout, static_cast<typename Layout::Index>(from_first_vector));
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace fused_softplus::cuda
