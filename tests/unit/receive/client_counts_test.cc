#include "signet/receive/client_counts.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace signet::receive {
namespace {

using std::chrono::seconds;

const IpAddress kOne = *IpAddress::parse("192.0.2.1");
const IpAddress kTwo = *IpAddress::parse("2001:db8::2");

TEST(ClientCounts, CountsWhatIsOpenAndWhatBeganInTheWindow) {
  ClientCounts counts;
  TimePoint now{seconds(1000)};
  auto first = counts.enter(kOne, seconds(60), now);
  EXPECT_EQ(first.load.open, 1U);
  EXPECT_EQ(first.load.recent, 1U);
  auto second = counts.enter(kOne, seconds(60), now + seconds(30));
  EXPECT_EQ(second.load.open, 2U);
  EXPECT_EQ(second.load.recent, 2U);
  EXPECT_EQ(counts.enter(kTwo, seconds(60), now).load.open, 1U);
  first.place = {};
  // The first one began more than a window ago.
  const auto third = counts.enter(kOne, seconds(60), now + seconds(70));
  EXPECT_EQ(third.load.open, 2U);
  EXPECT_EQ(third.load.recent, 2U);
  EXPECT_EQ(counts.enter(kOne, seconds(60), now + seconds(600)).load.recent, 1U);
}

TEST(ClientCounts, HaveSoManySeatsAndNoMore) {
  ClientCounts counts;
  auto first = counts.sit(2);
  {
    const auto second = counts.sit(2);
    EXPECT_TRUE(second);
    EXPECT_FALSE(counts.sit(2));
    EXPECT_FALSE(counts.sit(2));
  }
  EXPECT_TRUE(counts.sit(2));
  EXPECT_TRUE(counts.sit(0));
}

TEST(ClientCounts, ShareOutDescriptors) {
  ClientCounts counts;
  const auto first = counts.take_descriptors(3, 7);
  {
    const auto second = counts.take_descriptors(4, 7);
    EXPECT_TRUE(second);
    EXPECT_FALSE(counts.take_descriptors(1, 7));
  }
  EXPECT_FALSE(counts.take_descriptors(5, 7));
  EXPECT_TRUE(counts.take_descriptors(4, 7));
  EXPECT_TRUE(counts.take_descriptors(100, 0));
}

TEST(ClientCounts, GiveTurnsBySecond) {
  ClientCounts counts;
  const TimePoint now{std::chrono::milliseconds(1000250)};
  using std::chrono::milliseconds;
  EXPECT_EQ(counts.turn(0, now), milliseconds(0));  // no limit
  for (const int wait : {0, 0, 750, 750, 1750, 1750, 2750}) {
    EXPECT_EQ(counts.turn(2, now), milliseconds(wait));
  }
  EXPECT_EQ(counts.turn(2, now + seconds(1)), milliseconds(1750));
  EXPECT_EQ(counts.turn(2, now + seconds(10)), milliseconds(0));
  // Not more than thirty seconds' worth.
  for (int i = 0; i < 61; ++i) EXPECT_TRUE(counts.turn(2, now + seconds(10))) << i;
  EXPECT_FALSE(counts.turn(2, now + seconds(10)));
  EXPECT_TRUE(counts.turn(2, now + seconds(11)));
}

TEST(ClientCounts, AMovedPlaceIsGivenBackOnce) {
  ClientCounts counts;
  const TimePoint now{seconds(1000)};
  {
    auto entered = counts.enter(kOne, seconds(60), now);
    auto place = std::move(entered.place);
    entered.place = std::move(place);
  }
  EXPECT_EQ(counts.enter(kOne, seconds(60), now).load.open, 1U);
}

TEST(ClientCounts, AreSharedByThreads) {
  ClientCounts counts;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&counts, i] {
        for (int n = 0; n < 2000; ++n) {
          const auto from =
              *IpAddress::parse("10.0." + std::to_string(i) + "." + std::to_string(n % 250));
          (void)counts.enter(n % 2 == 0 ? kOne : from, seconds(60), TimePoint(seconds(n)));
        }
      });
    }
  }
  EXPECT_EQ(counts.enter(kOne, seconds(60), TimePoint(seconds(5000))).load.open, 1U);
}

TEST(ClientCounts, ForgetWhoIsGoneWhenThereAreTooMany) {
  ClientCounts counts;
  const TimePoint now{seconds(1000)};
  constexpr seconds kLong{86400};
  const auto here = counts.enter(kOne, kLong, now);
  (void)counts.enter(kTwo, kLong, now);
  for (int i = 0; i < 300000; ++i) {
    const std::string low = fmt::format("{:x}:{:x}", i >> 16, i & 0xffff);
    (void)counts.enter(*IpAddress::parse("2001:db8::ffff:" + low), kLong, now);
  }
  EXPECT_EQ(counts.enter(kOne, kLong, now).load.recent, 2U);
  EXPECT_EQ(counts.enter(kTwo, kLong, now).load.recent, 1U);
}

TEST(ClientCounts, KnowsSinceWhenClientsAreRefused) {
  ClientCounts counts;
  const TimePoint start{seconds(1000)};
  EXPECT_TRUE(counts.refuse(start, seconds(60)).begins);
  const auto soon = counts.refuse(start + seconds(59), seconds(60));
  EXPECT_FALSE(soon.begins || soon.lasted);
  EXPECT_EQ(counts.refuse(start + seconds(61), seconds(60)).lasted, Duration(seconds(61)));
  EXPECT_FALSE(counts.refuse(start + seconds(120), seconds(60)).lasted);
  EXPECT_EQ(counts.refuse(start + seconds(121), seconds(60)).lasted, Duration(seconds(121)));
  counts.let_in();
  EXPECT_TRUE(counts.refuse(start + seconds(122), seconds(60)).begins);
}

}  // namespace
}  // namespace signet::receive
