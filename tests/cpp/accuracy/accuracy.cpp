// Measures every contract on every instruction set that runs here. It prints the worst case of each
// contract and the input that causes it, and fails if a contract is broken.
//
//   accuracy [--exhaustive]
//
// Without the option it tries a sample that includes every binade and every edge. --exhaustive
// tries every float32 input for beta = 1, and more of everything else. All float16 and bfloat16
// inputs are always tried. With subnormal numbers flushed to 0, only the sample is tried.
#include <cinttypes>
#include <cstring>

#include "tests/cpp/accuracy/measure.h"
#include "tests/cpp/accuracy/order.h"

namespace fused_softplus::accuracy {
namespace {

template <typename... Values>
std::string format(const char* text, Values... values) {
  std::string line(400, '\0');
  line.resize(std::snprintf(line.data(), line.size(), text, values...));
  return line;
}

class Run {
 public:
  Run(const Density& density, bool progress_shown)
      : density_(density), progress_(total_work(), progress_shown) {}

  // Returns whether every contract is kept.
  bool all() {
    for (const InstructionSet& set : cpu::loops_under_test()) {
      check<Dtype::float32>(set);
      check<Dtype::float64>(set);
      check<Dtype::float16>(set);
      check<Dtype::bfloat16>(set);
    }
    progress_.print(format("%d contracts kept, %zu broken", kept_, broken_.size()));
    for (const std::string& line : broken_) {
      progress_.print(line);
    }
    return broken_.empty();
  }

 private:
  // Whether subnormal numbers are flushed to 0. Both are tried if the processor supports it.
  static std::vector<bool> modes() {
    return can_flush ? std::vector<bool>{false, true} : std::vector<bool>{false};
  }

  template <Dtype dtype>
  double work_of() const {
    using W = typename Format<dtype>::Wide;
    double blocks = 0;
    for (const bool flushing : modes()) {
      const Density& density = density_for(flushing);
      for (const Settings& group : settings<dtype>()) {
        for (const Setting& setting : group.all) {
          blocks += inputs_for<dtype>(setting.beta, density).blocks;
          if (dtype == Dtype::float64) {
            blocks += distances.size() * Findings::most * density.search_blocks;
          }
        }
      }
    }
    return blocks * work_of_block<dtype> * quantities<W>().size();
  }

  double total_work() const {
    return cpu::loops_under_test().size() *
           (work_of<Dtype::float32>() + work_of<Dtype::float64>() + work_of<Dtype::float16>() +
            work_of<Dtype::bfloat16>());
  }

  template <Dtype dtype>
  void check(const InstructionSet& set) {
    using W = typename Format<dtype>::Wide;
    for (const Quantity<W>& quantity : quantities<W>()) {
      for (const bool flushing : modes()) {
        for (const Settings& group : settings<dtype>()) {
          check<dtype>(set, quantity, group, flushing);
        }
      }
    }
  }

  template <Dtype dtype, typename W>
  void check(const InstructionSet& set, const Quantity<W>& quantity, const Settings& group,
             bool flushing) {
    const Density& density = density_for(flushing);
    Findings findings;
    Order order;
    const auto visit = [&]([[maybe_unused]] const auto* inputs,
                           [[maybe_unused]] const auto* results) {
      if constexpr (dtype == Dtype::float32) {
        if (quantity.kernel == Kernel::softplus && !flushing) {
          order.visit(inputs, results);
        }
      }
    };
    for (Setting setting : group.all) {
      setting.flushing = flushing;
      Findings found = measure<dtype>(quantity, set, setting,
                                      inputs_for<dtype>(setting.beta, density), progress_, visit);
      if constexpr (dtype == Dtype::float64) {
        search(quantity, set, setting, density, progress_, found);
      }
      findings.add(found);
    }
    const std::string subject =
        format("%-7s %-8s %-15s %s%s", set.name, Format<dtype>::name, group.name, quantity.name,
               flushing ? ", subnormals flushed" : "");
    const double limit = bound<dtype>(quantity, set, group.all[0].beta);
    const Worst& worst = findings.worst.at(0);
    report(worst.error + uncertainty<dtype> < limit,
           format("%s: %.6f ULP, bound %.6g, at x = %.9g (%a), beta %g, threshold %g; %" PRId64
                  " inputs",
                  subject.c_str(), worst.error, limit, worst.at, worst.at, worst.setting.beta,
                  worst.setting.threshold, findings.inputs));
    if (dtype == Dtype::float32 && quantity.kernel == Kernel::softplus && group.all[0].beta == 1 &&
        !flushing) {
      report(subject + " decreases", order.decreasing());
      report(subject + " is below max(x, 0)", order.below_relu());
    }
  }

  void report(const std::string& what, const Order::Broken& broken) {
    report(broken.times == 0, format("%s: %" PRId64 " times", what.c_str(), broken.times) +
                                  (broken.times ? format(", first at x = %a", broken.first) : ""));
  }

  void report(bool kept, const std::string& what) {
    const std::string line = (kept ? "kept    " : "BROKEN  ") + what;
    progress_.print(line);
    if (kept) {
      ++kept_;
    } else {
      broken_.push_back(line);
    }
  }

  const Density& density_for(bool flushing) const { return flushing ? sample : density_; }

  const Density density_;
  Progress progress_;
  int kept_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace
}  // namespace fused_softplus::accuracy

int main(int count, char** arguments) {
  using namespace fused_softplus::accuracy;
  const bool all = count == 2 && std::strcmp(arguments[1], "--exhaustive") == 0;
  return Run(all ? exhaustive : sample, all).all() ? 0 : 1;
}
