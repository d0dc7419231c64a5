#include "signet/queue/schedule.h"

#include <gtest/gtest.h>

namespace signet::queue {
namespace {

using std::chrono::seconds;

WallTime second_of(std::int64_t second) { return WallTime{seconds{second}}; }

// No jitter: `random` chosen so that the swing is zero (the middle of 2 * swing + 1 values).
std::uint32_t middle(seconds wait) { return static_cast<std::uint32_t>(wait.count() / 8); }

TEST(Backoff, DoublesFromFirstUpToMost) {
  const RetryOptions options{.first = seconds{300}, .most = seconds{3600}};
  const struct {
    int attempts;
    seconds want;
  } cases[] = {{0, seconds{300}},  {1, seconds{300}},  {2, seconds{600}},    {3, seconds{1200}},
               {4, seconds{2400}}, {5, seconds{3600}}, {1000, seconds{3600}}};
  for (const auto& one : cases) {
    EXPECT_EQ(backoff(one.attempts, options, middle(one.want)), one.want) << one.attempts;
  }
}

TEST(Backoff, JitterStaysWithinAnEighth) {
  const RetryOptions options{.first = seconds{800}, .most = seconds{8000}};
  for (std::uint32_t random = 0; random < 5000; random += 7) {
    const auto wait = backoff(1, options, random);
    EXPECT_GE(wait, seconds{700});
    EXPECT_LE(wait, seconds{900});
  }
  EXPECT_NE(backoff(1, options, 0), backoff(1, options, 50));
}

TEST(Backoff, NeverBelowMinQueueAge) {
  const RetryOptions options{.first = seconds{60}, .most = seconds{3600}, .least = seconds{1800}};
  EXPECT_EQ(backoff(1, options, 0), seconds{1800});
}

TEST(Backoff, SurvivesSenselessOptions) {
  const RetryOptions zero{.first = seconds{0}, .most = seconds{0}};
  EXPECT_EQ(backoff(9, zero, 0xffffffff), seconds{1});
  const RetryOptions huge{.first = seconds::max(), .most = seconds{3600}};
  EXPECT_LE(backoff(1, huge, 0xffffffff), seconds{4050});
}

TEST(Schedule, GivesDueKeysOldestFirst) {
  Schedule schedule;
  schedule.add(1, second_of(30));
  schedule.add(2, second_of(10));
  schedule.add(3, second_of(20));
  EXPECT_EQ(schedule.next_due(), second_of(10));
  EXPECT_EQ(schedule.take_due(second_of(20), 9), (std::vector<Key>{2, 3}));
  EXPECT_EQ(schedule.size(), 1U);
  EXPECT_EQ(schedule.next_due(), second_of(30));
}

TEST(Schedule, TakesNoMoreThanAsked) {
  Schedule schedule;
  for (Key key = 1; key <= 10; ++key) schedule.add(key, second_of(1));
  EXPECT_EQ(schedule.take_due(second_of(5), 3).size(), 3U);
  EXPECT_EQ(schedule.size(), 7U);
}

TEST(Schedule, AddingAgainMoves) {
  Schedule schedule;
  schedule.add(7, second_of(10));
  schedule.add(7, second_of(50));
  EXPECT_EQ(schedule.size(), 1U);
  EXPECT_TRUE(schedule.take_due(second_of(10), 9).empty());
  EXPECT_EQ(schedule.take_due(second_of(50), 9), (std::vector<Key>{7}));
  EXPECT_EQ(schedule.next_due(), std::nullopt);
}

TEST(Schedule, RemovingAnUnknownKeyIsNothing) {
  Schedule schedule;
  schedule.remove(4);
  schedule.add(4, second_of(1));
  schedule.remove(4);
  EXPECT_EQ(schedule.size(), 0U);
}

}  // namespace
}  // namespace signet::queue
