// The loops for one instruction set. CMake compiles this file once for each of them, with its name
// in FUSED_SOFTPLUS_ISA and its vectors and instructions in FUSED_SOFTPLUS_ISA_HEADER.
//
// It includes nothing of torch: an inline function of torch that is compiled here for AVX-512 could
// be the copy that the linker keeps for the whole program.
#include "csrc/cpu/loops.h"

#include <algorithm>
#include <utility>

#include "csrc/cpu/storage.h"
#include "csrc/math/formulas.h"

namespace fused_softplus::cpu {
namespace {

template <typename Op, typename S>
struct ElementwiseLoop {
  using T = Opmath<S>;
  using Round = math::Rounding<S, T>;
  static constexpr int operands = Op::outputs + Op::inputs;
  static constexpr int64_t buffered = 256;  // elements gathered at a time, a multiple of step
  static constexpr bool has_ranges = math::has_ranges<Op, T>;
  static constexpr int block = has_ranges ? 2 : 1;  // steps that are computed in the same range

  static void run(double beta, double threshold, char* const* data, const int64_t* strides,
                  int64_t n) {
    const auto visit = [&](const auto& chosen) { run(chosen, data, strides, n); };
    if constexpr (std::is_same_v<T, float>) {
      math::with_beta<T, math::UnitBeta, math::PositiveBeta>(beta, threshold, visit);
    } else {
      math::with_beta<T, math::UnitBeta>(beta, threshold, visit);
    }
  }

 private:
  // Whole vectors are computed in place, and the remaining elements in one more vector of a buffer,
  // so the bits of an element never depend on its place. An operand whose stride is not one element
  // always goes through a buffer.
  template <typename Beta>
  static void run(const Beta& beta, char* const* data, const int64_t* strides, int64_t n) {
    const auto columns = math::columns_for<Op, Round, Vector<T>>(beta);
    int64_t done = 0;
    if (std::all_of(strides, strides + operands, contiguous)) {
      done = n / step<S> * step<S>;
      vectors(beta, columns, data, done);
    }
    while (done < n) {
      alignas(vector_bytes) S buffers[operands][buffered];
      const int64_t whole = (n - done) / step<S> * step<S>;
      const int64_t count = whole == 0 ? n - done : std::min(whole, buffered);
      char* chunk[operands];
      bool in_buffer[operands];
      for (int i = 0; i < operands; ++i) {
        char* const there = data[i] + done * strides[i];
        in_buffer[i] = whole == 0 || !contiguous(strides[i]);
        chunk[i] = in_buffer[i] ? reinterpret_cast<char*>(buffers[i]) : there;
        if (in_buffer[i] && i >= Op::outputs) {
          gather(there, strides[i], count, buffers[i]);
        }
      }
      vectors(beta, columns, chunk, padded(count));
      for (int i = 0; i < Op::outputs; ++i) {
        if (in_buffer[i]) {
          scatter(buffers[i], count, data[i] + done * strides[i], strides[i]);
        }
      }
      done += count;
    }
  }

  static bool contiguous(int64_t stride) { return stride == sizeof(S); }

  static constexpr int64_t padded(int64_t count) {
    return (count + step<S> - 1) / step<S> * step<S>;
  }

  static void gather(const char* from, int64_t stride, int64_t count, S* buffer) {
    if (stride == 0) {  // a broadcast input
      S element;
      std::memcpy(&element, from, sizeof(S));
      std::fill(buffer, buffer + padded(count), element);
      return;
    }
    for (int64_t j = 0; j < count; ++j) {
      std::memcpy(&buffer[j], from + j * stride, sizeof(S));
    }
    std::fill(buffer + count, buffer + padded(count), S{});
  }

  static void scatter(const S* buffer, int64_t count, char* to, int64_t stride) {
    for (int64_t j = 0; j < count; ++j) {
      std::memcpy(to + j * stride, &buffer[j], sizeof(S));
    }
  }

  // n is a multiple of step. Not inlined: with two inlined copies, the compiler may swap operands
  // in one of them. The sign of a NaN result would then depend on the memory layout.
  template <typename Beta, typename Columns>
  [[gnu::noinline]] static void vectors(const Beta& beta, const Columns& columns, char* const* data,
                                        int64_t n) {
    vectors(beta, columns, data, n, std::make_index_sequence<Op::inputs>(),
            std::make_index_sequence<Op::outputs>());
  }

  // beta and columns are taken by value, so that no store can change them.
  template <typename Beta, typename Columns, size_t... input, size_t... output>
  static FUSED_SOFTPLUS_INLINE void vectors(Beta beta, Columns columns, char* const* data,
                                            int64_t n, std::index_sequence<input...>,
                                            std::index_sequence<output...>) {
    constexpr int64_t step_bytes = step<S> * sizeof(S);
    constexpr int count = Storage<S>::count;
    char* const to[] = {data[output]...};
    const char* const from[] = {data[Op::outputs + input]...};

    // Computes so many steps from there on, in the range that all of their numbers allow.
    const auto compute = [&]<int steps>(std::integral_constant<int, steps>, int64_t place) {
      typename Storage<S>::Vectors in[steps][Op::inputs];
      for (int s = 0; s < steps; ++s) {
        ((in[s][input] = Storage<S>::load(from[input] + place + s * step_bytes)), ...);
      }
      const auto apply = [&]<typename Range>(Range) {
        for (int s = 0; s < steps; ++s) {
          typename Storage<S>::Vectors out[Op::outputs];
          for (int v = 0; v < count; ++v) {
            const auto result =
                Op::template apply<Round, Range>(beta, columns, in[s][input].values[v]...);
            ((out[output].values[v] = result.values[output]), ...);
          }
          (Storage<S>::store(to[output] + place + s * step_bytes, out[output]), ...);
        }
      };
      if constexpr (has_ranges) {
        Vector<T> least{};
        for (int s = 0; s < steps; ++s) {
          // This order ignores a NaN, except on ARM, where the range is Deep for its block.
          for (int v = 0; v < count; ++v) {
            least = math::min(Op::distance(beta, in[s][input].values[v]...), least);
          }
        }
        math::with_range(beta, least, apply);
      } else {
        apply(math::Near());
      }
    };
    const int64_t bytes = n * sizeof(S), blocks_end = bytes - bytes % (block * step_bytes);
    for (int64_t place = 0; place < blocks_end; place += block * step_bytes) {
      compute(std::integral_constant<int, block>(), place);
    }
    for (int64_t place = blocks_end; place < bytes; place += step_bytes) {
      compute(std::integral_constant<int, 1>(), place);
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

Loop find_loop(Kernel kernel, Dtype dtype) {
  return math::with_formula(kernel, [&](auto op) { return find<decltype(op)>(dtype); });
}

}  // namespace

const Loops isa::FUSED_SOFTPLUS_ISA{isa_name, math::fma_rounds_once<Vector<float>>, find_loop};

}  // namespace fused_softplus::cpu
