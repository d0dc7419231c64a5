// When a child that died is started again: at once if it had lived well, else after a wait that
// doubles with each early death. Never given up: what ailed it, a full disk say, may be mended.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace signet::daemon {

class RestartPlan final {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kHealthyAfter{60};
  static constexpr std::chrono::seconds kFirstWait{1};
  static constexpr std::chrono::seconds kLongestWait{60};

  void on_start(Clock::time_point now) {
    started_ = now;
    due_.reset();
  }
  void on_death(Clock::time_point now) {
    if (now - started_ >= kHealthyAfter) wait_ = std::chrono::seconds(0);
    due_ = now + wait_;
    wait_ = std::clamp(wait_ * 2, kFirstWait, kLongestWait);
  }
  // Somebody asks: the next start is now, and its death counts as the first.
  void hasten(Clock::time_point now) {
    if (due_) due_ = now;
    wait_ = kFirstWait;
  }
  // None: it runs.
  [[nodiscard]] std::optional<Clock::time_point> due() const { return due_; }

 private:
  Clock::time_point started_{};
  std::chrono::seconds wait_{0};
  std::optional<Clock::time_point> due_;
};

}  // namespace signet::daemon
