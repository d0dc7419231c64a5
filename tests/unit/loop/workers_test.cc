// Work that may block: on other threads, answers by post().
#include <atomic>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "signet/loop/loop.h"

namespace signet::loop {
namespace {

TEST(Workers, RunWorkElsewhereAndAnswerOnTheLoop) {
  Loop loop;
  Workers workers(2);
  int answer = 0;
  bool away = false;
  loop.post([&] {
    workers.run([&, question = 6] {
      away = !loop.in_loop_thread();
      loop.post([&, result = question * 7] {
        answer = result;
        loop.stop();
      });
    });
  });
  loop.run();
  EXPECT_EQ(answer, 42);
  EXPECT_TRUE(away);
}

TEST(Workers, RunAsMuchAtOnceAsThereAreThreads) {
  constexpr int kThreads = 3;
  std::latch all_inside(kThreads);
  Workers workers(kThreads);
  std::latch done(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    workers.run([&] {
      all_inside.arrive_and_wait();  // would never return with fewer threads
      done.count_down();
    });
  }
  done.wait();
}

TEST(Workers, EndAfterTheRunningWorkAndDropTheRest) {
  constexpr int kRest = 5;
  std::latch begun(1);
  std::latch may_end(1);
  std::atomic<int> finished = 0;
  const auto held = std::make_shared<int>(0);
  const std::jthread releaser([&] {
    begun.wait();
    may_end.count_down();
  });
  {
    Workers workers(1);
    workers.run([&] {
      begun.count_down();
      may_end.wait();
      ++finished;
    });
    begun.wait();
    for (int i = 0; i < kRest; ++i) {
      workers.run([own = held] {});
    }
  }
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Workers, GiveBackWhatTheWorkHeldWhenItIsDone) {
  Workers workers(1);
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> seen = held;
  workers.run([own = std::move(held)] {});
  std::latch next(1);
  workers.run([&] { next.count_down(); });
  next.wait();
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace signet::loop
