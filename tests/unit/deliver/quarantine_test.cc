#include "deliver/quarantine.h"

#include <gtest/gtest.h>

namespace signet::deliver {
namespace {

using std::chrono::seconds;

queue::Message message(queue::Key key, std::string id, int arrived = 100) {
  queue::Message one;
  one.key = key;
  one.envelope.id = std::move(id);
  one.envelope.arrived = WallTime{seconds(arrived)};
  one.envelope.quarantine = "why";
  return one;
}

std::vector<queue::Key> release(Quarantine& quarantine, std::vector<std::string> ids, int now = 0) {
  auto keys = quarantine.release(ids, WallTime{seconds(now)});
  std::ranges::sort(keys);
  return keys;
}

TEST(Quarantine, LetsGoWhatIsAskedFor) {
  Quarantine quarantine;
  EXPECT_TRUE(quarantine.hold(message(1, "A")));
  EXPECT_TRUE(quarantine.hold(message(2, "B")));
  EXPECT_TRUE(quarantine.hold(message(3, "C")));
  EXPECT_EQ(release(quarantine, {"B", "X"}), std::vector<queue::Key>{2});
  EXPECT_EQ(release(quarantine, {"B"}), std::vector<queue::Key>{});
  EXPECT_FALSE(quarantine.hold(message(2, "B")));  // as the spool still had it
  EXPECT_EQ(release(quarantine, {"all"}, 200), (std::vector<queue::Key>{1, 3}));
}

TEST(Quarantine, RemembersOrdersForMessagesThatAreNotLookedAtYet) {
  Quarantine quarantine;
  EXPECT_TRUE(release(quarantine, {"A"}).empty());
  EXPECT_FALSE(quarantine.hold(message(1, "A")));
  EXPECT_TRUE(quarantine.hold(message(1, "A")));  // an order counts once
  EXPECT_EQ(release(quarantine, {"all"}, 150).size(), 1U);
  EXPECT_FALSE(quarantine.hold(message(2, "B", 150)));
  EXPECT_TRUE(quarantine.hold(message(4, "D", 150), true));  // by a clock that went back
  EXPECT_TRUE(quarantine.hold(message(3, "C", 151)));        // came later
}

TEST(Quarantine, RemembersManyOrdersAndTheNewestLongest) {
  Quarantine quarantine;
  const auto order = [&](const std::string& name, int count) {
    std::vector<std::string> ids;
    for (int i = 0; i < count; ++i) ids.push_back(name + std::to_string(i));
    EXPECT_TRUE(release(quarantine, std::move(ids)).empty());
  };
  order("A", 5000);
  EXPECT_FALSE(quarantine.hold(message(1, "A4999")));
  order("B", 200000);
  EXPECT_TRUE(quarantine.hold(message(2, "A0")));
  order("C", 1);
  EXPECT_FALSE(quarantine.hold(message(3, "C0")));
  EXPECT_FALSE(quarantine.hold(message(4, "B199999")));
}

}  // namespace
}  // namespace signet::deliver
