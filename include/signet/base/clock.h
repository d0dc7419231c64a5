// Time as the rooms pass it: code below level 4 never reads a clock, it receives a Now.
#pragma once

#include <chrono>

namespace signet {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;  // deadlines; never goes back
using WallTime = std::chrono::sys_seconds;                // dates in headers, journal, logs

struct Now {
  TimePoint mono;
  WallTime wall;
};

// Read both clocks. Only loop, daemon and command call this.
[[nodiscard]] Now read_clocks();

}  // namespace signet
