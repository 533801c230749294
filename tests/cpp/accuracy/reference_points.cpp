// Writes the numbers that against_mpmath.py checks: inputs, the results of the reference, and for
// beta = 1 those of the kernels.
//
//   reference_points float32|float64 <quantity> <beta> <blocks of 1024 inputs>
//
// The first line names the columns. The second line has the error bound of each column except x, in
// ULP.
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/cpp/accuracy/measure.h"

namespace fused_softplus::accuracy {
namespace {

template <Dtype dtype>
void write(std::string_view name, double beta, int64_t blocks) {
  using F = Format<dtype>;
  using W = typename F::Wide;
  const auto all = quantities<W>();
  const auto& quantity =
      *std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.name == name; });
  const Setting setting{beta, INFINITY};
  const auto sets = beta == 1 ? cpu::loops_under_test() : std::vector<InstructionSet>{};

  std::printf("x reference");
  for (const InstructionSet& set : sets) {
    std::printf(" %s", set.name);
  }
  std::printf("\n%a", uncertainty<dtype>);
  for (const InstructionSet& set : sets) {
    std::printf(" %a", bound<dtype>(quantity, set, beta));
  }
  std::puts("");

  const auto inputs = drawn<dtype>(beta, blocks);
  for (int64_t number = 0; number < blocks; ++number) {
    typename F::Bits in[block];
    inputs.fill(number, in);
    std::vector<std::array<typename F::Bits, block>> results(sets.size());
    for (size_t set = 0; set < sets.size(); ++set) {
      run_kernel<dtype>(quantity, sets[set], setting, in, results[set].data());
    }
    for (int i = 0; i < block; ++i) {
      const W x = F::value(in[i]);
      if (!std::isfinite(x) || (quantity.takes_result && beta * x < 0)) {
        continue;
      }
      W exact;
      quantity.exact(&x, beta, INFINITY, &exact, 1);
      if (std::isinf(exact)) {  // inverse_softplus at 0
        continue;
      }
      std::printf("%La %La", static_cast<long double>(x), static_cast<long double>(exact));
      for (const auto& result : results) {
        std::printf(" %La", static_cast<long double>(F::value(result[i])));
      }
      std::puts("");
    }
  }
}

}  // namespace
}  // namespace fused_softplus::accuracy

int main(int, char** arguments) {
  using namespace fused_softplus::accuracy;
  const auto write_as =
      arguments[1] == std::string_view("float32") ? write<Dtype::float32> : write<Dtype::float64>;
  write_as(arguments[2], std::stod(arguments[3]), std::stol(arguments[4]));
}
