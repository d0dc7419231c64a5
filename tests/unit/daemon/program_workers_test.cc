#include "daemon/program_workers.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

namespace signet::daemon {
namespace {

TEST(ProgramWorkers, OfOneUserLeaveRoomForOthers) {
  constexpr int kLetters = 40;
  constexpr std::chrono::seconds kLong{20};
  std::promise<void> gate, all_done, of_bob, of_alias;
  const auto open = gate.get_future().share();
  std::atomic<int> running = 0, most = 0, done = 0;
  ProgramWorkers workers(16);
  for (int i = 0; i < kLetters; ++i) {
    workers.run("alice", [&] {
      const int now = ++running;
      for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
      }
      open.wait();
      --running;
      if (++done == kLetters) all_done.set_value();
    });
  }
  workers.run("bob", [&] { of_bob.set_value(); });
  workers.run("", [&] { of_alias.set_value(); });
  EXPECT_EQ(of_bob.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(of_alias.get_future().wait_for(kLong), std::future_status::ready);
  gate.set_value();
  EXPECT_EQ(all_done.get_future().wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(most, 4);
}

}  // namespace
}  // namespace signet::daemon
