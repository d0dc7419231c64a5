// Looks DNS up for maps, at a name server of ours.
#include "daemon/map_dns.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/test_dns.h"

namespace signet::daemon {
namespace {

TEST(MapDns, WaitsForTheRecordsOfAName) {
  test::TestDns server;
  server.add_mx("example.test", 10, "MX.example.test");
  server.add_record("text.test", 16, std::string("\x03one\x04 two", 9));
  server.add_record("ns.test", 2, test::TestDns::wire_name("a.ns.test"));
  server.add_record("srv.test", 33, std::string(6, '\0') + test::TestDns::wire_name("host.test"));
  server.add_address("v4.test", "192.0.2.7");
  server.add_address("v6.test", "2001:db8::1");
  server.make_trouble("broken.test", test::Trouble::servfail);
  server.make_trouble("silent.test", test::Trouble::drop);
  MapDns dns({.server = server.server(), .hosts_file = ""});
  const auto ask = [&](std::string_view name, std::string_view type, int seconds = 10) {
    const auto found =
        dns.ask({std::string(name), std::string(type), std::chrono::seconds(seconds)});
    return found ? fmt::format("{}", fmt::join(*found, "|"))
                 : fmt::format("!{}", found.error().what);
  };
  EXPECT_EQ(ask("Example.test", "MX"), "mx.example.test");
  EXPECT_EQ(ask("text.test", "TXT"), "one two");
  EXPECT_EQ(ask("ns.test", "NS"), "a.ns.test");
  EXPECT_EQ(ask("srv.test", "SRV"), "host.test");
  EXPECT_EQ(ask("v4.test", "A"), "192.0.2.7");
  EXPECT_EQ(ask("v6.test", "AAAA"), "2001:db8::1");
  EXPECT_EQ(ask("v4.test", "TXT"), "");
  EXPECT_EQ(ask("nobody.test", "A"), "");
  EXPECT_EQ(ask("user@example.test", "MX"), "");  // no name that DNS could know
  EXPECT_EQ(ask("broken.test", "A").substr(0, 13), "!broken.test:");
  EXPECT_EQ(ask("silent.test", "A", 0), "!silent.test: no answer in time");
  EXPECT_EQ(ask("v4.test", "A"), "192.0.2.7");  // and nothing is left of it
  EXPECT_EQ(ask("v4.test", "HINFO").front(), '!');
}

TEST(MapDns, KnowsTheBestMailHosts) {
  test::TestDns server;
  server.add_mx("one.test", 20, "second.test");
  server.add_mx("one.test", 10, "First.test");
  server.add_mx("two.test", 0, "b.test");
  server.add_mx("two.test", 0, "a.test");
  server.add_mx("null.test", 0, "");
  server.add_address("bare.test", "192.0.2.7");
  server.make_trouble("broken.test", test::Trouble::servfail);
  MapDns dns({.server = server.server(), .hosts_file = ""});
  const auto ask = [&](std::string_view name) {
    auto found =
        dns.ask({std::string(name), std::string(table::kBestMx), std::chrono::seconds(10)});
    if (!found) return std::string("failed");
    std::ranges::sort(*found);
    return fmt::format("{}", fmt::join(*found, "|"));
  };
  EXPECT_EQ(ask("one.test"), "first.test");
  EXPECT_EQ(ask("two.test"), "a.test|b.test");
  EXPECT_EQ(ask("null.test"), "");
  EXPECT_EQ(ask("bare.test"), "");
  EXPECT_EQ(ask("nobody.test"), "");
  EXPECT_EQ(ask("broken.test"), "failed");
}

TEST(MapDns, ServesSeveralThreads) {
  test::TestDns server;
  for (int i = 0; i < 4; ++i) {
    server.add_address(fmt::format("h{}.test", i), fmt::format("192.0.2.{}", i));
  }
  MapDns dns({.server = server.server(), .hosts_file = ""});
  std::vector<std::string> answers(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto found = dns.ask({fmt::format("h{}.test", i), "A", std::chrono::seconds(20)});
        if (found && found->size() == 1) answers[i] = found->front();
      });
    }
  }
  EXPECT_EQ(answers,
            (std::vector<std::string>{"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"}));
}

}  // namespace
}  // namespace signet::daemon
