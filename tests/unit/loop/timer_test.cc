// Timers: deadlines that move, and timers that end inside their own call.
#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "signet/loop/loop.h"

namespace signet::loop {
namespace {

using std::chrono::milliseconds;

TEST(Timer, CallsAtItsTimeAndNotBefore) {
  Loop loop;
  TimePoint called{};
  Timer timer(loop, [&] {
    called = loop.now().mono;
    loop.stop();
  });
  const TimePoint due = loop.now().mono + milliseconds(15);
  timer.arm_at(due);
  EXPECT_TRUE(timer.armed());
  loop.run();
  EXPECT_GE(called, due);
  EXPECT_FALSE(timer.armed());
}

TEST(Timer, CallsInTheOrderOfTheDeadlines) {
  Loop loop;
  std::string log;
  Timer second(loop, [&] { log += '2'; });
  Timer third(loop, [&] {
    log += '3';
    loop.stop();
  });
  Timer first(loop, [&] { log += '1'; });
  const TimePoint start = loop.now().mono;
  second.arm_at(start + milliseconds(20));
  third.arm_at(start + milliseconds(40));
  first.arm_at(start + milliseconds(1));
  loop.run();
  EXPECT_EQ(log, "123");
}

struct Move {
  const char* name;
  milliseconds first;
  milliseconds second;
};

TEST(Timer, FollowsADeadlineThatMoves) {
  for (const Move& move : {Move{"later", milliseconds(2), milliseconds(20)},
                           Move{"earlier", milliseconds(60'000), milliseconds(5)},
                           Move{"to the past", milliseconds(60'000), milliseconds(-50)}}) {
    SCOPED_TRACE(move.name);
    Loop loop;
    int calls = 0;
    TimePoint called{};
    Timer timer(loop, [&] {
      ++calls;
      called = loop.now().mono;
      loop.stop();
    });
    const TimePoint start = loop.now().mono;
    timer.arm_at(start + move.first);
    timer.arm_at(start + move.second);
    loop.run();
    EXPECT_EQ(calls, 1);
    EXPECT_GE(called, start + move.second);
    EXPECT_LT(called, start + milliseconds(30'000));
  }
}

TEST(Timer, IsSilentAfterCancel) {
  Loop loop;
  bool called = false;
  Timer cancelled(loop, [&] { called = true; });
  cancelled.arm_in(milliseconds(1));
  cancelled.cancel();
  EXPECT_FALSE(cancelled.armed());
  Timer end(loop, [&] { loop.stop(); });
  end.arm_in(milliseconds(10));
  loop.run();
  EXPECT_FALSE(called);
}

TEST(Timer, CanBeArmedAgainAfterCancel) {
  Loop loop;
  Timer timer(loop, [&] { loop.stop(); });
  timer.arm_in(milliseconds(60'000));
  timer.cancel();
  timer.arm_in(milliseconds(1));
  loop.run();
}

TEST(Timer, CanArmItselfInItsCall) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (++calls == 3) return loop.stop();
    timer->arm_in(Duration(0));
  });
  timer->arm_in(Duration(0));
  loop.run();
  EXPECT_EQ(calls, 3);
}

TEST(Timer, MayDestroyItselfInItsCall) {
  Loop loop;
  std::unique_ptr<Timer> timer;
  std::string seen;
  timer = std::make_unique<Timer>(loop, [&, own = std::string("what the call holds")] {
    timer.reset();
    seen = own;
    loop.stop();
  });
  timer->arm_in(Duration(0));
  loop.run();
  EXPECT_EQ(seen, "what the call holds");
}

TEST(Timer, IsSilentWhenDestroyedByAnotherDueTimer) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<Timer> one;
  std::unique_ptr<Timer> two;
  one = std::make_unique<Timer>(loop, [&] {
    ++calls;
    two.reset();
  });
  two = std::make_unique<Timer>(loop, [&] {
    ++calls;
    one.reset();
  });
  one->arm_in(Duration(0));
  two->arm_in(Duration(0));
  Timer end(loop, [&] { loop.stop(); });
  end.arm_in(milliseconds(10));
  loop.run();
  EXPECT_EQ(calls, 1);
}

TEST(Timer, TakesAWaitWithoutEnd) {
  Loop loop;
  Timer never(loop, [] { FAIL(); });
  never.arm_in(Duration::max());
  never.arm_at(TimePoint::max());
  EXPECT_TRUE(never.armed());
  loop.post([&] { loop.stop(); });
  loop.run();
}

}  // namespace
}  // namespace signet::loop
