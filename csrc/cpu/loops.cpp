// Compiled once for each instruction set, with FUSED_SOFTPLUS_ISA set to its namespace in loops.h.
// Includes nothing of torch: an inline function of torch's, compiled here for AVX-512, could be the
// copy that the linker keeps for the whole program.
#include "loops.h"

#include <algorithm>
#include <utility>

#include "../softplus_math.h"
#include "storage.h"

namespace fused_softplus::cpu::FUSED_SOFTPLUS_ISA {
namespace {

template <typename Op, typename S>
struct ElementwiseLoop {
  using T = Opmath<S>;
  static constexpr int operands = Op::outputs + Op::inputs;
  static constexpr int64_t buffered = 256;  // elements gathered at a time; a multiple of step

  static void run(double beta, double threshold, char* const* data, const int64_t* strides,
                  int64_t n) {
    math::with_beta<T>(beta, threshold,
                       [&](const auto& chosen) { run(chosen, data, strides, n); });
  }

 private:
  template <typename Beta>
  static void run(const Beta& beta, char* const* data, const int64_t* strides, int64_t n) {
    int64_t done = 0;
    if (contiguous(strides)) {
      done = n / step<S> * step<S>;
      vectors(beta, data, done);
    }
    // What is left, or everything when a stride is not one element, goes through whole vectors of
    // a buffer: an element's bits never depend on its place or its tensor's layout.
    while (done < n) {
      const int64_t count = std::min(n - done, buffered);
      alignas(vector_bytes) S buffers[operands][buffered];
      char* buffer_data[operands];
      for (int i = 0; i < operands; ++i) {
        buffer_data[i] = reinterpret_cast<char*>(buffers[i]);
      }
      const int64_t padded = (count + step<S> - 1) / step<S> * step<S>;
      for (int i = Op::outputs; i < operands; ++i) {
        const char* from = data[i] + done * strides[i];
        for (int64_t j = 0; j < count; ++j) {
          std::memcpy(&buffers[i][j], from + j * strides[i], sizeof(S));
        }
        std::fill(buffers[i] + count, buffers[i] + padded, S{});
      }
      vectors(beta, buffer_data, padded);
      for (int i = 0; i < Op::outputs; ++i) {
        char* to = data[i] + done * strides[i];
        for (int64_t j = 0; j < count; ++j) {
          std::memcpy(to + j * strides[i], &buffers[i][j], sizeof(S));
        }
      }
      done += count;
    }
  }

  static bool contiguous(const int64_t* strides) {
    return std::all_of(strides, strides + operands,
                       [](int64_t stride) { return stride == sizeof(S); });
  }

  // n is a multiple of step. Not inlined: of two copies of a NaN's way through the arithmetic the
  // compiler may commute one, and the NaNs' signs would then depend on the layout.
  template <typename Beta>
  [[gnu::noinline]] static void vectors(const Beta& beta, char* const* data, int64_t n) {
    vectors(beta, data, n, std::make_index_sequence<Op::inputs>(),
            std::make_index_sequence<Op::outputs>());
  }

  // beta is taken by value, so that no store can change it.
  template <typename Beta, size_t... input, size_t... output>
  static FUSED_SOFTPLUS_INLINE void vectors(Beta beta, char* const* data, int64_t n,
                                            std::index_sequence<input...>,
                                            std::index_sequence<output...>) {
    char* const to[] = {data[output]...};
    const char* const from[] = {data[Op::outputs + input]...};
    for (int64_t i = 0; i < n * int64_t(sizeof(S)); i += step<S> * sizeof(S)) {
      const typename Storage<S>::Vectors in[] = {Storage<S>::load(from[input] + i)...};
      typename Storage<S>::Vectors out[Op::outputs];
      for (int v = 0; v < Storage<S>::count; ++v) {
        const auto result = Op::template apply<math::Rounding<S, T>>(beta, in[input].values[v]...);
        ((out[output].values[v] = result.values[output]), ...);
      }
      (Storage<S>::store(to[output] + i, out[output]), ...);
    }
  }
};

template <typename Op>
Loop find(Dtype dtype) {
  switch (dtype) {
    case Dtype::float32:
      return ElementwiseLoop<Op, float>::run;
    case Dtype::float64:
      return ElementwiseLoop<Op, double>::run;
    case Dtype::float16:
      return ElementwiseLoop<Op, Half>::run;
    case Dtype::bfloat16:
      return ElementwiseLoop<Op, BFloat16>::run;
  }
  __builtin_unreachable();
}

}  // namespace

Loop find_loop(Kernel kernel, Dtype dtype) {
  return math::with_formula(kernel, [&](auto op) { return find<decltype(op)>(dtype); });
}

}  // namespace fused_softplus::cpu::FUSED_SOFTPLUS_ISA
