// Many threads and many calls at once give the same bits as one thread, and keep no memory.
// LOAD_ROUNDS is the number of rounds of some dozen calls. `make test-load` runs it for minutes.
#include <ATen/Parallel.h>
#include <fused_softplus/softplus.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <torch/script.h>
#include <torch/torch.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>
#include <string>

namespace {

using at::Tensor;
using torch::autograd::grad;

int64_t rounds() {
  const char* wanted = std::getenv("LOAD_ROUNDS");
  return wanted ? std::stoll(wanted) : 5'000;
}

// Runs work in that many threads, and rethrows an exception of one of them.
void in_threads(int count, const std::function<void()>& work) {
  std::vector<std::future<void>> threads;
  for (int i = 0; i < count; ++i) {
    threads.push_back(std::async(std::launch::async, work));
  }
  for (auto& thread : threads) {
    thread.get();
  }
}

// Forward, backward, double backward, in place and with a bias. x is only read.
std::vector<Tensor> compute(const Tensor& x) {
  const auto leaf = x.detach().requires_grad_();
  const auto bias = torch::full({}, 0.5, x.options()).requires_grad_();
  const auto y = fused_softplus::softplus(leaf, 2);
  const auto slope = grad({y.sum()}, {leaf}, {}, true, true)[0];
  const auto curvature = grad({slope.sum()}, {leaf})[0];
  auto in_place = leaf * 1;
  fused_softplus::softplus_(in_place);
  const auto from_result = grad({in_place.sum()}, {leaf})[0];
  const auto biased = fused_softplus::softplus_bias(leaf, bias);
  const auto of_bias = grad({biased.sum()}, {bias})[0];
  const auto inverse = fused_softplus::inverse_softplus(y.detach(), 2);
  return {y, slope, curvature, in_place, from_result, biased, of_bias, inverse};
}

bool same(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), at::equal);
}

constexpr int threads = 8;
constexpr int64_t small = 100, large = 3 * at::internal::GRAIN_SIZE + 1;

TEST(Load, ThreadsGiveTheBitsOfOne) {
  for (const int64_t size : {small, large}) {
    const auto shared = torch::linspace(-30, 30, size);
    const auto expected = compute(shared);
    const int64_t count = std::max<int64_t>(1, rounds() * small / size / threads);
    in_threads(threads, [&] {
      const auto own = shared.clone();
      for (int64_t i = 0; i < count; ++i) {
        ASSERT_TRUE(same(compute(i % 2 ? own : shared), expected)) << size;
      }
    });
  }
}

TEST(Load, ThreadsGoBackThroughOneGraph) {
  const auto leaf = torch::linspace(-30, 30, small).requires_grad_();
  auto in_place = leaf * 1;
  fused_softplus::softplus_(in_place);
  const auto sum = (fused_softplus::softplus(leaf, 2) + in_place).sum();
  const auto backward = [&] { return grad({sum}, {leaf}, {}, /*retain_graph=*/true)[0]; };
  const auto expected = backward();
  in_threads(threads, [&] {
    for (int64_t i = 0; i < rounds() / threads; ++i) {
      ASSERT_TRUE(at::equal(backward(), expected));
    }
  });
}

// Like a server: requests to one TorchScript model from the pool of threads that it forks to.
TEST(Load, ManySmallRequestsInTheInteropPool) {
  at::set_num_interop_threads(threads);
  auto model = torch::jit::load(GOLDEN_MODEL);
  const auto x = torch::linspace(-12, 12, 15, torch::kFloat64).view({5, 3});
  const auto request = [&] { return model.forward({x}).toTensor().detach(); };
  const auto expected = request();
  constexpr int64_t at_once = 1000;
  for (int64_t done = 0; done < rounds(); done += at_once) {
    std::vector<std::promise<bool>> answers(at_once);
    for (auto& answer : answers) {
      at::launch([&] { answer.set_value(at::equal(request(), expected)); });
    }
    for (auto& answer : answers) {
      ASSERT_TRUE(answer.get_future().get());
    }
  }
}

int64_t resident_bytes() {
  int64_t pages, resident;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool counts_memory = false;  // the sanitizer holds freed memory back for a while
#else
constexpr bool counts_memory = true;
#endif

TEST(Load, MemoryStaysFlat) {
  if (!counts_memory) {
    GTEST_SKIP() << "the sanitizer looks for leaks itself";
  }
  const auto x = torch::linspace(-30, 30, small);
  const auto run = [&](int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      compute(x);
    }
  };
  run(1000);  // allocations that happen once
  const int64_t resident = resident_bytes();
  const auto in_use = mallinfo2().uordblks;
  run(rounds());
  const double growth = double(resident_bytes() - resident) / resident;
  const int64_t kept = mallinfo2().uordblks - in_use;
  std::cout << rounds() << " rounds: resident " << resident << " bytes, growth " << 100 * growth
            << " %, allocated " << kept << " bytes more\n";
  EXPECT_LT(growth, 0.01);
  EXPECT_LT(kept, rounds());  // less than one byte per round
}

// Prints how many rounds per second that many threads do together. It checks nothing, because other
// programs may use the machine too.
TEST(Load, Throughput) {
  const auto x = torch::linspace(-30, 30, small);
  const auto rate = [&](int count) {
    const auto start = std::chrono::steady_clock::now();
    in_threads(count, [&] {
      for (int64_t i = 0; i < rounds() / 10 / count; ++i) {
        compute(x);
      }
    });
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return 1 / seconds.count();
  };
  rate(1);
  const double one = rate(1);
  for (const int count : {2, threads}) {
    const double many = rate(count);
    EXPECT_GT(many, 0);
    std::cout << count << " threads do " << many / one << " times the work of one\n";
  }
}

}  // namespace
