#include "daemon/restart_plan.h"

#include <vector>

#include <gtest/gtest.h>

namespace signet::daemon {
namespace {

using std::chrono::seconds;

class Restarting : public ::testing::Test {
 protected:
  // Lives so long, dies, and waits; gives the wait.
  seconds live_and_die(seconds life) {
    plan_.on_start(now_);
    now_ += life;
    plan_.on_death(now_);
    const auto wait = std::chrono::duration_cast<seconds>(*plan_.due() - now_);
    now_ = *plan_.due();
    return wait;
  }

  RestartPlan plan_;
  RestartPlan::Clock::time_point now_{seconds(1000)};
};

TEST_F(Restarting, WaitsLongerAfterEachEarlyDeathUpToAMinute) {
  std::vector<seconds> waits;
  for (int i = 0; i < 9; ++i) waits.push_back(live_and_die(seconds(1)));
  EXPECT_EQ(waits, (std::vector<seconds>{seconds(0), seconds(1), seconds(2), seconds(4), seconds(8),
                                         seconds(16), seconds(32), seconds(60), seconds(60)}));
}

TEST_F(Restarting, ForgetsEarlyDeathsAfterALongLife) {
  for (int i = 0; i < 5; ++i) live_and_die(seconds(1));
  EXPECT_EQ(live_and_die(seconds(60)), seconds(0));
  EXPECT_EQ(live_and_die(seconds(1)), seconds(1));
}

TEST_F(Restarting, IsHastenedByWhoAsks) {
  for (int i = 0; i < 5; ++i) live_and_die(seconds(1));
  plan_.on_start(now_);
  plan_.on_death(now_);
  plan_.hasten(now_ + seconds(2));
  EXPECT_EQ(plan_.due(), now_ + seconds(2));
  EXPECT_EQ(live_and_die(seconds(1)), seconds(1));
}

TEST_F(Restarting, HasNothingDueWhileItRuns) {
  plan_.on_start(now_);
  EXPECT_FALSE(plan_.due());
  plan_.hasten(now_);
  EXPECT_FALSE(plan_.due());
}

}  // namespace
}  // namespace signet::daemon
