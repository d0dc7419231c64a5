#include "signet/mail/queue_id.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <thread>
#include <vector>

namespace signet::mail {
namespace {

// 2026-11-23 13:36:36 UTC
constexpr WallTime kThen{std::chrono::seconds(1795440996)};

TEST(QueueIds, SpellTheDateAndTheProcessAsSendmailDoes) {
  QueueIds ids(4577, 60);
  EXPECT_EQ(ids.next(kThen), "6ANDaa10004577");
  EXPECT_EQ(ids.next(kThen), "6ANDaa11004577");
}

TEST(QueueIds, AreFourteenCharactersOfTheirAlphabet) {
  const std::regex form("[0-9A-Za-x]{8}[0-9]{6}");
  for (const std::uint32_t process : {0U, 1U, 999'999U, 1'234'567U, 4'294'967'295U}) {
    QueueIds ids(process, 4'000'000'000U);
    EXPECT_TRUE(std::regex_match(ids.next(kThen), form));
  }
  EXPECT_TRUE(std::regex_match(QueueIds(1, 0).next(WallTime{std::chrono::seconds(-5)}), form));
}

TEST(QueueIds, NeverRepeatWhenASecondIsUsedUpOrTheClockGoesBack) {
  QueueIds ids(1, 3599);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(ids.next(kThen));
  for (int i = 0; i < 100; ++i) seen.insert(ids.next(kThen - std::chrono::hours(1)));
  EXPECT_EQ(seen.size(), 10'100U);
}

TEST(QueueIds, NeverRepeatAcrossThreads) {
  QueueIds ids(1, 0);
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&ids, &mine] {
        for (int i = 0; i < 5000; ++i) mine.push_back(ids.next(kThen));
      });
    }
  }
  std::set<std::string> seen;
  for (const auto& mine : made) seen.insert(mine.begin(), mine.end());
  EXPECT_EQ(seen.size(), 20'000U);
}

}  // namespace
}  // namespace signet::mail
