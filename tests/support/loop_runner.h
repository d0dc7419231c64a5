// Runs a loop until something has come true. The tests' only clock is patience: thirty seconds
// (more under sanitizers than anything here needs), then the wait has failed.
#pragma once

#include <chrono>
#include <functional>

#include "signet/loop/loop.h"

namespace signet::test {

inline bool run_until(loop::Loop& loop, const std::function<bool()>& done) {
  constexpr Duration kPatience = std::chrono::seconds(30);
  constexpr Duration kLook = std::chrono::milliseconds(1);
  const TimePoint end = read_clocks().mono + kPatience;
  bool reached = done();
  if (reached) return true;
  loop::Timer* again = nullptr;
  loop::Timer look(loop, [&] {
    reached = done();
    if (reached || read_clocks().mono > end) return loop.stop();
    again->arm_in(kLook);
  });
  again = &look;
  look.arm_in(Duration(0));
  loop.run();
  return reached;
}

// What is going on comes to its end: some rounds, without waiting for anything.
inline void run_rounds(loop::Loop& loop, int rounds = 20) {
  run_until(loop, [&] { return rounds-- <= 0; });
}

}  // namespace signet::test
