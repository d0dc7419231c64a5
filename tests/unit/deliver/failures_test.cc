#include "deliver/failures.h"

#include <string>

#include <gtest/gtest.h>

namespace signet::deliver {
namespace {

using std::chrono::seconds;

TEST(Failures, CountsWhatHappensInTime) {
  Failures failures(10);
  const TimePoint start{seconds(1000)};
  EXPECT_EQ(failures.note("a", start, start + seconds(10)), 0);
  EXPECT_EQ(failures.note("b", start, start + seconds(10)), 0);
  EXPECT_EQ(failures.note("a", start + seconds(9), start + seconds(20)), 1);
  EXPECT_EQ(failures.note("a", start + seconds(19), start + seconds(30)), 2);
  EXPECT_EQ(failures.note("a", start + seconds(30), start + seconds(40)), 0);
  failures.forget("a");
  EXPECT_EQ(failures.note("a", start + seconds(31), start + seconds(40)), 0);
}

TEST(Failures, ForgetsTheOldestWhenThereAreTooMany) {
  Failures failures(3);
  const TimePoint now{seconds(1000)};
  const auto note = [&](const std::string& key) {
    return failures.note(key, now, now + seconds(10));
  };
  for (const char* key : {"a", "b", "c", "a", "d"}) note(key);
  EXPECT_EQ(failures.size(), 3U);
  EXPECT_EQ(note("a"), 2);
  EXPECT_EQ(note("b"), 0);
  for (int i = 0; i < 1000; ++i) note(std::to_string(i));
  EXPECT_EQ(failures.size(), 3U);
}

}  // namespace
}  // namespace signet::deliver
