// A progress bar on stderr. A terminal redraws it in place; elsewhere it prints a new line every 20
// seconds.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>

namespace fused_softplus::accuracy {

class Progress {
 public:
  Progress(double total, bool shown) : total_(total), shown_(shown) {}

  // Adds completed work. Any thread may call it.
  void advance(double work) {
    done_ += work;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (shown_ && lock && Clock::now() >= next_) {
      next_ =
          Clock::now() + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(20));
      draw();
    }
  }

  // Prints a line of output above the bar.
  void print(const std::string& line) {
    const std::lock_guard lock(mutex_);
    std::fputs(shown_ && terminal_ ? "\r\033[K" : "", stderr);
    std::puts(line.c_str());
    std::fflush(stdout);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void draw() const {
    constexpr int width = 40;
    const double part = done_ / total_;
    const std::chrono::duration<double> elapsed = Clock::now() - start_;
    const int left = static_cast<int>(elapsed.count() * (1 / part - 1));
    const int filled = static_cast<int>(width * part);
    std::fprintf(stderr, "[%s%s] %3.0f %%, %d:%02d left%s", std::string(filled, '#').c_str(),
                 std::string(width - filled, '.').c_str(), 100 * part, left / 60, left % 60,
                 terminal_ ? "\033[K\r" : "\n");
  }

  const double total_;
  const bool shown_, terminal_ = isatty(STDERR_FILENO);
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_;
  std::atomic<double> done_ = 0;
  std::mutex mutex_;
};

}  // namespace fused_softplus::accuracy
