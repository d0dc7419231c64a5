// What is found out at the start: names and greeting, ports, who has a mailbox.
#include <gtest/gtest.h>

#include "daemon/names.h"
#include "daemon/ports.h"
#include "support/temporary_directory.h"
#include "unit/daemon/config_of.h"

namespace signet::daemon {
namespace {

TEST(Names, ComeFromTheConfigurationAndItsMacros) {
  const auto names = make_names(config_of("Djmx.spec.test\n"));
  EXPECT_EQ(names.host, "mx.spec.test");
  EXPECT_EQ(names.nick, "mx");
  EXPECT_EQ(names.domain, "spec.test");
  EXPECT_TRUE(make_names(config_of("Dj$w.spec.test\n")).host.ends_with(".spec.test"));
  EXPECT_FALSE(make_names(config_of("")).host.empty());
}

TEST(Names, KnowTheAddressesOfThisHost) {
  const auto names = make_names(config_of(""));
  EXPECT_NE(std::ranges::find(names.addresses, "[127.0.0.1]"), names.addresses.end());
}

TEST(Greeting, ExpandsMacrosAndSaysEsmtpBehindTheFirstWord) {
  mail::PeerFacts peer;
  peer.name = "client.test";
  peer.daemon = "MSA";
  struct Row {
    std::string option;
    std::string expected;
  };
  for (const auto& row : {Row{"$j", "mx.spec.test ESMTP"},
                          Row{"$j ready for ${client_name} at ${daemon_name}",
                              "mx.spec.test ESMTP ready for client.test at MSA"},
                          Row{"$w of $m", "mx ESMTP of spec.test"},
                          Row{"$j $b", "mx.spec.test ESMTP Thu, 1 Jan 1970 00:00:00 +0000"}}) {
    const auto config = config_of("Djmx.spec.test\nO SmtpGreetingMessage=" + row.option + "\n");
    setenv("TZ", "UTC", 1);
    EXPECT_EQ(greeting_text(config, make_names(config), peer, WallTime{}), row.expected);
  }
}

conf::DaemonPort port_at(std::string address, std::uint16_t port, std::string modifiers = {}) {
  conf::DaemonPort made;
  made.name = "TEST";
  made.address = std::move(address);
  made.port = port;
  made.modifiers = std::move(modifiers);
  return made;
}

TEST(Ports, AreOpenedOncePerLoopUnderOneNumber) {
  const auto opened = open_ports({port_at("127.0.0.1", 0)}, 3);
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->open.size(), 1U);
  EXPECT_EQ(opened->open[0].sockets.size(), 3U);
  EXPECT_NE(opened->open[0].address.port, 0);
  EXPECT_EQ(opened->open[0].address.ip.to_string(), "127.0.0.1");
}

TEST(Ports, ThatAreTakenEndTheStartUnlessTheyAreOptional) {
  const auto first = open_ports({port_at("127.0.0.1", 0)}, 1);
  ASSERT_TRUE(first);
  const auto taken = first->open[0].address.port;
  const auto refused = open_ports({port_at("127.0.0.1", taken)}, 1);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.starts_with("daemon TEST: listening on 127.0.0.1:"))
      << refused.error().what;
  const auto without = open_ports({port_at("127.0.0.1", taken, "O"), port_at("127.0.0.1", 0)}, 1);
  ASSERT_TRUE(without);
  ASSERT_EQ(without->open.size(), 1U);
  EXPECT_EQ(without->open[0].index, 1U);
  EXPECT_EQ(without->remarks.size(), 1U);
}

TEST(Ports, RefuseAnAddressOfTheOtherFamily) {
  auto port = port_at("::1", 0);
  port.family = conf::Family::inet;
  EXPECT_FALSE(open_ports({port}, 1));
}

}  // namespace
}  // namespace signet::daemon
