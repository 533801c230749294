// Times the bare loops, without torch and on one core: every kernel, dtype and instruction set that
// runs here, on tensors that stay in the cache.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/cpp/loops_under_test.h"

namespace fused_softplus::cpu {
namespace {

struct NamedKernel {
  const char* name;
  Kernel kernel;
  int operands;  // outputs and inputs
};
constexpr NamedKernel kernels[] = {
    {"softplus", Kernel::softplus, 2},
    {"softplus_backward", Kernel::softplus_backward, 3},
    {"softplus_backward_from_result", Kernel::softplus_backward_from_result, 3},
    {"softplus_double_backward", Kernel::softplus_double_backward, 5},
    {"softplus_double_backward_from_result", Kernel::softplus_double_backward_from_result, 5},
};

struct NamedDtype {
  const char* name;
  Dtype dtype;
  int bytes, fraction_bits;
  uint64_t bias;  // the exponent field of 1
};
constexpr NamedDtype dtypes[] = {
    {"float32", Dtype::float32, 4, 23, 127},
    {"float64", Dtype::float64, 8, 52, 1023},
    {"float16", Dtype::float16, 2, 10, 15},
    {"bfloat16", Dtype::bfloat16, 2, 7, 127},
};

// Numbers of either sign from 1/8 to 8, made from their bits, as a little-endian machine has them.
void fill(char* memory, const NamedDtype& dtype, int64_t n) {
  std::mt19937_64 random;
  const auto sign_bit = 8 * dtype.bytes - 1;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t magnitude = random() % (uint64_t(6) << dtype.fraction_bits);
    const uint64_t bits =
        (random() % 2 << sign_bit) + ((dtype.bias - 3) << dtype.fraction_bits) + magnitude;
    std::memcpy(memory + i * dtype.bytes, &bits, dtype.bytes);
  }
}

void run(benchmark::State& state, Loop loop, int operands, const NamedDtype& dtype) {
  const int64_t n = state.range(0);
  std::vector<std::vector<char>> memory(operands, std::vector<char>(n * dtype.bytes));
  std::array<char*, 5> data{};
  std::array<int64_t, 5> strides{};
  for (int i = 0; i < operands; ++i) {
    data[i] = memory[i].data();
    strides[i] = dtype.bytes;
    fill(data[i], dtype, n);
  }
  for (auto _ : state) {
    loop(1, 20, data.data(), strides.data(), n);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
  state.SetBytesProcessed(state.iterations() * n * operands * dtype.bytes);
}

void add_all() {
  for (const InstructionSet& set : runnable_instruction_sets()) {
    for (const NamedKernel& kernel : kernels) {
      for (const NamedDtype& dtype : dtypes) {
        const std::string name = std::string(kernel.name) + '/' + dtype.name + '/' + set.name;
        benchmark::RegisterBenchmark(name.c_str(), run, set.find_loop(kernel.kernel, dtype.dtype),
                                     kernel.operands, dtype)
            ->Arg(1 << 14)
            ->Arg(1 << 18)
            ->MinTime(0.05);
      }
    }
  }
}

}  // namespace
}  // namespace fused_softplus::cpu

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  fused_softplus::cpu::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
