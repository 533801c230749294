// Runs a kernel on blocks of inputs, on every core, and finds its worst errors.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/cpp/accuracy/contracts.h"
#include "tests/cpp/accuracy/flushing.h"
#include "tests/cpp/accuracy/inputs.h"
#include "tests/cpp/accuracy/progress.h"

namespace fused_softplus::accuracy {

// The time that a block takes relative to one of float32. (long double is not vectorized.)
template <Dtype dtype>
constexpr double work_of_block = dtype == Dtype::float64 ? 25 : 1;

struct Worst {
  double error, at;
  Setting setting;
};

struct Findings {
  static constexpr size_t most = 16;
  std::vector<Worst> worst;  // the largest error of all first
  int64_t inputs = 0;

  // Smaller errors are not among the worst.
  double cut() const { return worst.size() < most ? -INFINITY : worst.back().error; }

  void add(const Worst& found) {
    // Of equal errors, the one at the largest x comes first, so that the order in which the cores
    // work changes nothing.
    const auto smaller = [&](const Worst& w) {
      return std::tie(w.error, w.at) < std::tie(found.error, found.at);
    };
    worst.insert(std::find_if(worst.begin(), worst.end(), smaller), found);
    worst.resize(std::min(worst.size(), most));
  }
  void add(const Findings& others) {
    std::for_each(others.worst.begin(), others.worst.end(), [&](const Worst& w) { add(w); });
    inputs += others.inputs;
  }
};

// The results of one block.
template <Dtype dtype, typename W, typename Bits = typename Format<dtype>::Bits>
void run_kernel(const Quantity<W>& quantity, const InstructionSet& set, const Setting& setting,
                const Bits* inputs, Bits* results) {
  constexpr int most_operands = 5;
  Bits ones[block], others[block];
  std::fill(ones, ones + block, Format<dtype>::one);
  char* data[most_operands];
  int64_t strides[most_operands];
  std::fill(strides, strides + most_operands, sizeof(Bits));
  std::fill(data, data + quantity.outputs, reinterpret_cast<char*>(others));
  std::fill(data + quantity.outputs, data + most_operands, reinterpret_cast<char*>(ones));
  data[quantity.output] = reinterpret_cast<char*>(results);
  data[quantity.outputs + quantity.inputs - 1] =
      const_cast<char*>(reinterpret_cast<const char*>(inputs));
  const Flushing mode(setting.flushing);
  set.find_loop(quantity.kernel, dtype)(setting.beta, setting.threshold, data, strides, block);
}

// The errors of one block. The loops are separate and have no branches, so that the compiler can
// vectorize them.
template <Dtype dtype, typename W, typename Bits = typename Format<dtype>::Bits>
void measure_block(const Quantity<W>& quantity, const InstructionSet& set, const Setting& setting,
                   const Bits* inputs, const Bits* results, Findings& findings) {
  using F = Format<dtype>;
  const W beta = setting.beta;
  const auto allowed = allowance<dtype>(quantity, set, setting.beta);
  W x[block], exact[block], error[block];
  for (int i = 0; i < block; ++i) {
    x[i] = F::value(inputs[i]);
  }
  quantity.exact(x, beta, setting.threshold, exact, block);
  // NaN has no error, and neither has a number that is no result of softplus.
  const W lowest = quantity.takes_result ? 0 : -INFINITY;
  for (int i = 0; i < block; ++i) {
    const W u = std::fabs(beta * x[i]);
    const W rounding_u = allowed.ulp_of_u * (u < 750 ? u : 750);
    const W off = error_in_ulp<F>(F::value(results[i]), exact[i], W(allowed.absolute)) - rounding_u;
    error[i] = beta * x[i] >= lowest ? off : -INFINITY;
  }
  if (setting.flushing) {
    for (int i = 0; i < block; ++i) {
      const bool counts = survives_flushing<dtype>(quantity, beta, x[i], exact[i]);
      error[i] = counts ? error[i] : -INFINITY;
    }
  }
  const W cut = findings.cut();
  int measured = 0, above = 0;
  for (int i = 0; i < block; ++i) {
    measured += error[i] != W(-INFINITY);
    above += !(error[i] < cut);  // or NaN
  }
  findings.inputs += measured;
  if (above == 0) {
    return;
  }
  Worst worst{-INFINITY, 0, setting};
  for (int i = 0; i < block; ++i) {
    const double off = std::isnan(error[i]) ? INFINITY : static_cast<double>(error[i]);
    if (off > worst.error) {
      worst = {off, static_cast<double>(x[i]), setting};
    }
  }
  findings.add(worst);
}

// Calls work(number, findings) for every number below count, on every core.
template <typename Work>
Findings on_every_core(int64_t count, const Work& work) {
  std::atomic<int64_t> next = 0;
  std::mutex mutex;
  Findings findings;
  const auto core = [&] {
    Findings mine;
    for (int64_t number; (number = next++) < count;) {
      work(number, mine);
    }
    const std::lock_guard lock(mutex);
    findings.add(mine);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
    threads.emplace_back(core);
  }
  threads.clear();
  return findings;
}

// Also calls visit(inputs, results) for every block.
template <Dtype dtype, typename W, typename Bits, typename Visit>
Findings measure(const Quantity<W>& quantity, const InstructionSet& set, const Setting& setting,
                 const Inputs<Bits>& inputs, Progress& progress, const Visit& visit) {
  return on_every_core(inputs.blocks, [&](int64_t number, Findings& findings) {
    Bits in[block], out[block];
    inputs.fill(number, in);
    run_kernel<dtype>(quantity, set, setting, in, out);
    measure_block<dtype>(quantity, set, setting, in, out, findings);
    visit(in, out);
    progress.advance(work_of_block<dtype>);
  });
}

// Searches closer and closer around the worst inputs.
constexpr std::array distances{0x1p-6, 0x1p-12, 0x1p-20, 0x1p-30, 0x1p-40, 0x1p-48};
template <typename W>
void search(const Quantity<W>& quantity, const InstructionSet& set, const Setting& setting,
            const Density& density, Progress& progress, Findings& findings) {
  for (const double distance : distances) {
    std::vector<double> centres;
    for (const Worst& worst : findings.worst) {
      centres.push_back(worst.at);
    }
    findings.add(measure<Dtype::float64>(quantity, set, setting,
                                         around(centres, distance, density.search_blocks), progress,
                                         [](auto...) {}));
  }
}

}  // namespace fused_softplus::accuracy
