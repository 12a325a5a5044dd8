#pragma once
#include <chrono>
#include <cmath>
#include <cstdint>

namespace whisperpool {

enum class Stop { kNone, kAborted, kDeadline };

// Tells a running graph to stop: when another thread writes 1 to `flag`, or when the deadline has passed.
class StopWatch {
 public:
  // `flag` may be null; `deadline_seconds` counts from now and may be infinite.
  StopWatch(const int32_t *flag, double deadline_seconds) : flag_(flag), bounded_(std::isfinite(deadline_seconds)) {
    if (bounded_) deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(deadline_seconds));
  }

  // What ggml polls between graph nodes; `argument` is the StopWatch.
  static bool poll(void *argument) { return static_cast<StopWatch *>(argument)->should_stop(); }

  bool should_stop() {
    if (reason_ != Stop::kNone) return true;
    // The flag lives in JavaScript's shared memory, where Atomics.store writes it.
    if (flag_ && __atomic_load_n(flag_, __ATOMIC_ACQUIRE) != 0) {
      reason_ = Stop::kAborted;
    } else if (bounded_ && Clock::now() >= deadline_) {
      reason_ = Stop::kDeadline;
    }
    return reason_ != Stop::kNone;
  }

  Stop reason() const { return reason_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;

  const int32_t *flag_;
  bool bounded_;
  Clock::time_point deadline_{};
  Stop reason_ = Stop::kNone;
};

}  // namespace whisperpool
