// Slow-down of clients that repeat harmless commands: from a limit on, each
// further one waits twice as long. Counts only; the session does the waiting.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>

#include "smtp/command.h"

namespace signet::smtp {

class Slowdown final {
 public:
  struct Wait {
    std::chrono::seconds time{0};
    int count = 0;
    bool first = false;  // the limit was reached just now: worth a line in the log
  };
  // Limits that depend on the session; 0: none.
  struct Limits {
    int idle_commands = 20;
    std::size_t mechanisms = 0;
  };
  // One more command of `kind`.
  Wait count(Slowed kind, const Limits& limits) {
    const int limit = kind == Slowed::no ? 0 : limit_of(kind, limits);
    if (limit == 0) return {};
    int& count = counts_[static_cast<std::size_t>(kind)];
    if (++count < limit) return {{}, count, false};
    const int doublings = std::min(count - limit, 8);
    return {std::min(std::chrono::seconds(1 << doublings), kLongest), count, count == limit};
  }
  void forget_helo() { counts_[static_cast<std::size_t>(Slowed::helo)] = 0; }  // STARTTLS

 private:
  static constexpr std::chrono::seconds kLongest{240};
  static int limit_of(Slowed kind, const Limits& limits) {
    switch (kind) {
      case Slowed::noop:
        return limits.idle_commands;
      case Slowed::helo:
        return 3;
      case Slowed::verify:
        return 6;
      case Slowed::etrn:
        return 8;
      default:
        return limits.mechanisms == 0 ? 0 : static_cast<int>(limits.mechanisms) + 1;
    }
  }
  std::array<int, 6> counts_{};
};

}  // namespace signet::smtp
