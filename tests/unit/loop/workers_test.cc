// Work that may block: on other threads, answers by post().
#include <atomic>
#include <future>
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

TEST(Workers, HaveAShareForEachWhoMayHoldThemUp) {
  constexpr int kThreads = 16;
  constexpr int kShare = kThreads / 4;
  constexpr int kTasks = 40;
  constexpr std::chrono::seconds kLong{20};
  std::promise<void> gate, share_taken, all_done, of_bob, of_nobody;
  const auto open = gate.get_future().share();
  std::atomic<int> begun = 0, running = 0, most = 0, done = 0;
  Workers workers(kThreads);
  for (int i = 0; i < kTasks; ++i) {
    workers.run_for("alice", [&] {
      const int now = ++running;
      for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
      }
      if (++begun == kShare) share_taken.set_value();
      open.wait();
      --running;
      if (++done == kTasks) all_done.set_value();
    });
  }
  workers.run_for("bob", [&] { of_bob.set_value(); });
  workers.run([&] { of_nobody.set_value(); });
  EXPECT_EQ(of_bob.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(of_nobody.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(share_taken.get_future().wait_for(kLong), std::future_status::ready);
  gate.set_value();
  EXPECT_EQ(all_done.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(most, kShare);
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
