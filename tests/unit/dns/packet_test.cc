#include "dns/packet.h"

#include <random>

#include <gtest/gtest.h>

#include "support/test_dns.h"

namespace signet::dns {
namespace {

using test::TestDns;

std::string number16(std::size_t number) {
  return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
}

// One record of an answer, as it goes over the wire.
std::string record(std::string_view owner, std::size_t type, std::string_view data) {
  return TestDns::wire_name(owner) + number16(type) + number16(1) + std::string(4, '\0') +
         number16(data.size()) + std::string(data);
}

Packet answer(const std::vector<std::string>& records, int rcode = 0) {
  Packet packet;
  packet.rcode = rcode;
  packet.bytes = number16(77) + number16(0x8180U | static_cast<unsigned>(rcode)) + number16(1) +
                 number16(records.size()) + number16(0) + number16(0) +
                 TestDns::wire_name("q.example") + number16(15) + number16(1);
  for (const auto& one : records) packet.bytes += one;
  return packet;
}

std::string mx_data(std::size_t preference, std::string_view host) {
  return number16(preference) + TestDns::wire_name(host);
}

TEST(Packet, GivesTheRecordsOfItsType) {
  const auto packet = answer({record("q.example", 5, TestDns::wire_name("alias.example")),
                              record("alias.example", 15, mx_data(10, "MX.Alias.example")),
                              record("alias.example", 1, "\x7f\x01\x02\x03"),
                              record("alias.example", 28, std::string(15, '\0') + '\1'),
                              record("alias.example", 12, TestDns::wire_name("Ptr.example"))});
  const auto mx = mx_in(packet);
  EXPECT_EQ(mx.found, Found::yes);
  ASSERT_EQ(mx.records.size(), 1U);
  EXPECT_EQ(mx.records[0].preference, 10);
  EXPECT_EQ(mx.records[0].host, "mx.alias.example");
  const auto addresses = addresses_in(packet);
  ASSERT_EQ(addresses.records.size(), 2U);
  EXPECT_EQ(addresses.records[0].to_string(), "127.1.2.3");
  EXPECT_EQ(addresses.records[1].to_string(), "::1");
  EXPECT_EQ(names_in(packet).records, std::vector<std::string>{"ptr.example"});
}

TEST(Packet, TellsCertainFromUncertain) {
  const auto with = [](int rcode, std::string bytes) {
    Packet packet;
    packet.rcode = rcode;
    packet.bytes = std::move(bytes);
    return packet;
  };
  Packet bogus = answer({record("q.example", 15, mx_data(10, "a.example"))});
  bogus.bogus = true;
  bogus.detail = "signature\nexpired";
  const struct {
    const char* name;
    Packet packet;
    Found found;
    const char* detail;
  } cases[] = {
      {"answer", answer({record("q", 15, mx_data(1, "a"))}), Found::yes, ""},
      {"no data", answer({}), Found::no_data, ""},
      {"NXDOMAIN", answer({}, 3), Found::no_name, ""},
      {"SERVFAIL", answer({}, 2), Found::temporary, "SERVFAIL"},
      {"REFUSED", answer({}, 5), Found::temporary, "rcode 5"},
      {"nothing at all", with(0, ""), Found::temporary, "rcode 0"},
      {"short", with(0, "12345"), Found::temporary, "malformed answer"},
      {"bogus", bogus, Found::temporary, "bogus: signature\\012expired"},
  };
  for (const auto& one : cases) {
    const auto mx = mx_in(one.packet);
    EXPECT_EQ(mx.found, one.found) << one.name;
    EXPECT_EQ(mx.detail, one.detail) << one.name;
    EXPECT_EQ(mx.records.empty(), one.found != Found::yes) << one.name;
  }
}

TEST(Packet, OfAFailureIsNotWhatTheBufferHadInItBefore) {
  const auto before = answer({record("q.example", 15, mx_data(10, "mx.example"))});
  EXPECT_EQ(mx_in(packet_of(0, before.bytes)).records.size(), 1U);
  const auto failed = mx_in(packet_of(2, before.bytes));
  EXPECT_EQ(failed.found, Found::temporary);
  EXPECT_TRUE(failed.records.empty());
  EXPECT_EQ(mx_in(packet_of(2, answer({}).bytes)).found, Found::temporary);
  EXPECT_EQ(mx_in(packet_of(0, "abc")).found, Found::temporary);
  EXPECT_EQ(mx_in(packet_of(0, {})).found, Found::temporary);
}

TEST(Packet, KnowsTheNullMx) {
  const auto mx = mx_in(answer({record("q.example", 15, mx_data(0, ""))}));
  EXPECT_EQ(mx.found, Found::yes);
  ASSERT_EQ(mx.records.size(), 1U);
  EXPECT_EQ(mx.records[0].host, "");
}

TEST(Packet, LeavesNamesOutThatAreNoHostNames) {
  const std::string odd[] = {"a b.example",
                             "a\nb.example",
                             "a%b.example",
                             "\xc3\xbc.example",
                             "a(b.example",
                             "a\\b.example",
                             std::string("a\0b", 3) + ".example"};
  for (const auto& name : odd) {
    EXPECT_TRUE(names_in(answer({record("q", 12, TestDns::wire_name(name))})).records.empty())
        << name;
    // There is an MX, so mail must not go to the domain's own address.
    EXPECT_EQ(mx_in(answer({record("q", 15, mx_data(1, name))})).found, Found::temporary) << name;
    const auto two = mx_in(
        answer({record("q", 15, mx_data(1, name)), record("q", 15, mx_data(2, "good.example"))}));
    ASSERT_EQ(two.records.size(), 1U) << name;
    EXPECT_EQ(two.records[0].host, "good.example");
  }
}

TEST(Packet, BoundsTheNumberOfRecords) {
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back(record("q", 15, mx_data(1, "mx" + std::to_string(i))));
  EXPECT_EQ(mx_in(answer(many)).records.size(), 100U);
}

TEST(Packet, SurvivesWhatIsMalformed) {
  const auto good = answer({record("q.example", 15, mx_data(10, "mx.example")),
                            record("q.example", 1, "\x7f\x01\x02\x03"),
                            record("q.example", 12, TestDns::wire_name("ptr.example"))});
  const auto read_all = [](const Packet& packet) {
    (void)mx_in(packet);
    (void)addresses_in(packet);
    (void)names_in(packet);
  };
  for (std::size_t size = 0; size < good.bytes.size(); ++size) {
    Packet cut = good;
    cut.bytes.resize(size);
    read_all(cut);
    EXPECT_EQ(mx_in(cut).found, Found::temporary) << size;
  }
  const std::string self = "\xc0" + std::string(1, static_cast<char>(good.bytes.size()));
  read_all(answer({self + number16(15) + number16(1)}));
  std::minstd_rand random(1);
  for (int seed = 0; seed < 20'000; ++seed) {
    Packet packet = good;
    for (auto flips = 1 + random() % 6; flips > 0; --flips) {
      packet.bytes[random() % packet.bytes.size()] = static_cast<char>(random());
    }
    read_all(packet);
  }
}

TEST(HostName, IsLowerCaseWithoutADotAtTheEnd) {
  const std::string label63(63, 'a');
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
  const struct {
    std::string text;
    std::string want;
  } cases[] = {
      {"Mail.Example", "mail.example"},
      {"mail.example.", "mail.example"},
      {"a-b_c.1", "a-b_c.1"},
      {"", ""},
      {".", ""},
      {".a", ""},
      {"a..b", ""},
      {"a..", ""},
      {"a b", ""},
      {"a\r\nb", ""},
      {"a/b", ""},
      {"\xc3\xbc.example", ""},
      {label63, label63},
      {label63 + "a", ""},
      {name253, name253},
      {name253 + "b", ""},
  };
  for (const auto& one : cases) EXPECT_EQ(host_name(one.text), one.want) << one.text;
}

}  // namespace
}  // namespace signet::dns
