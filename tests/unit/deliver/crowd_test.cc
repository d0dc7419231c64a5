#include "deliver/crowd.h"

#include <gtest/gtest.h>

#include <optional>

namespace signet::deliver {
namespace {

TEST(Crowd, CountsPlacesOfEachAddressWhileTheyAreHeld) {
  const SocketAddress here{*IpAddress::parse("192.0.2.1"), 25};
  const SocketAddress there{*IpAddress::parse("192.0.2.1"), 26};
  Crowd crowd;
  std::optional<Crowd::Place> first;
  std::optional<Crowd::Place> second;
  first.emplace(crowd, here);
  EXPECT_TRUE(crowd.has_room(here, 2));
  second.emplace(crowd, here);
  EXPECT_FALSE(crowd.has_room(here, 2));
  EXPECT_TRUE(crowd.has_room(there, 2));
  first.reset();
  EXPECT_TRUE(crowd.has_room(here, 2));
  second.reset();
  EXPECT_TRUE(crowd.has_room(here, 1));
}

}  // namespace
}  // namespace signet::deliver
