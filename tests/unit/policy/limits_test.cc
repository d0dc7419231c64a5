#include "signet/policy/limits.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

using std::chrono::milliseconds;

TEST(GreetPause, IsTheFeaturesUnlessTheMapSaysAnother) {
  Scene scene;
  EXPECT_EQ(greet_pause(scene.access(), scene.peer, milliseconds(5000)), milliseconds(5000));
  scene.map.set("GreetPause:198.51.100.7", "1000");
  EXPECT_EQ(greet_pause(scene.access(), scene.peer, milliseconds(5000)), milliseconds(1000));
  scene.map.set("GreetPause:partner.test", "0");
  EXPECT_EQ(greet_pause(scene.access(), scene.peer, milliseconds(5000)), milliseconds(0));
  scene.map.set("GreetPause:partner.test", "99999999999");
  EXPECT_EQ(greet_pause(scene.access(), scene.peer, milliseconds(0)), milliseconds(300000));
  scene.map.set("GreetPause:partner.test", "soon");
  EXPECT_EQ(greet_pause(scene.access(), scene.peer, milliseconds(7)), milliseconds(7));
}

TEST(ClientLimits, RefuseWhoComesTooOften) {
  Scene scene;
  const ClientLoad load{.open = 6, .recent = 11};
  EXPECT_EQ(outcome(check_connections(scene.access(), scene.peer, load, false)), "pass");
  scene.map.set("ClientConn:", "5");
  scene.map.set("ClientRate:198.51.100", "10");
  EXPECT_EQ(outcome(check_connections(scene.access(), scene.peer, load, false)),
            "452 4.3.2 Too many open connections.");
  EXPECT_EQ(outcome(check_rate(scene.access(), scene.peer, load, true)),
            "421 4.3.2 Connection rate limit exceeded.");
  EXPECT_EQ(outcome(check_connections(scene.access(), scene.peer, {.open = 5, .recent = 99}, true)),
            "pass");
  scene.map.set("ClientConn:198.51.100.7", "0");
  EXPECT_EQ(outcome(check_connections(scene.access(), scene.peer, load, false)), "pass");
  scene.map.set("ClientRate:client.partner.test", "1000");  // names are never asked
  EXPECT_EQ(outcome(check_rate(scene.access(), scene.peer, load, false)),
            "452 4.3.2 Connection rate limit exceeded.");
}

}  // namespace
}  // namespace signet::policy
