#include "signet/policy/access.h"

#include <gtest/gtest.h>

#include "support/fake_table.h"

namespace signet::policy {
namespace {

using Keys = std::vector<std::string>;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

TEST(Access, WalksFromAHostToItsParents) {
  const test::FakeTable map;
  const Access access(&map, {});
  ASSERT_TRUE(access.domain("TLS_Clt", "MX.Example.ORG.", Tagged::only));
  EXPECT_EQ(map.asked(), (Keys{"tls_clt:mx.example.org", "tls_clt:example.org", "tls_clt:org"}));
}

TEST(Access, AsksForBareKeysRightBehindTheTaggedOnes) {
  const test::FakeTable map;
  const Access access(&map, {});
  ASSERT_TRUE(access.domain("Connect", "a.test", Tagged::also_bare));
  EXPECT_EQ(map.asked(), (Keys{"connect:a.test", "a.test", "connect:test", "test"}));
}

TEST(Access, AsksForDottedParentsWhereConfigured) {
  const test::FakeTable map;
  const Access access(&map, {.lookup_dot_domain = true});
  ASSERT_TRUE(access.domain("To", "a.b.test", Tagged::only));
  EXPECT_EQ(map.asked(), (Keys{"to:a.b.test", "to:.b.test", "to:b.test", "to:.test", "to:test"}));
}

TEST(Access, WalksAddressesByWholeGroups) {
  const struct {
    std::string_view address;
    bool compressed;
    Keys want;
  } cases[] = {
      {"10.1.2.3", false, {"connect:10.1.2.3", "connect:10.1.2", "connect:10.1", "connect:10"}},
      {"2001:db8::5",
       false,
       {"connect:ipv6:2001:db8:0:0:0:0:0:5", "connect:ipv6:2001:db8:0:0:0:0:0",
        "connect:ipv6:2001:db8:0:0:0:0", "connect:ipv6:2001:db8:0:0:0", "connect:ipv6:2001:db8:0:0",
        "connect:ipv6:2001:db8:0", "connect:ipv6:2001:db8", "connect:ipv6:2001", "connect:ipv6"}},
      {"2001:db8::5",
       true,
       {"connect:ipv6:2001:db8::5", "connect:ipv6:2001:db8", "connect:ipv6:2001", "connect:ipv6"}},
  };
  for (const auto& one : cases) {
    const test::FakeTable map;
    const Access access(&map, {.compressed_ipv6 = one.compressed});
    ASSERT_TRUE(access.address("Connect", ip(one.address), Tagged::only));
    EXPECT_EQ(map.asked(), one.want) << one.address;
  }
}

TEST(Access, ShortensAddressesInBracketsInsideThem) {
  const test::FakeTable map;
  const Access access(&map, {});
  ASSERT_TRUE(access.domain("Connect", "[10.1.2.3]", Tagged::only));
  EXPECT_EQ(map.asked(),
            (Keys{"connect:[10.1.2.3]", "connect:[10.1.2]", "connect:[10.1]", "connect:[10]"}));
}

TEST(Access, WalksFromAMailboxOverItsUserToItsDomain) {
  const test::FakeTable map;
  const Access access(&map, {});
  ASSERT_TRUE(access.mailbox("From", "Ann+list@a.test", Tagged::only, true));
  EXPECT_EQ(map.asked(),
            (Keys{"from:ann+list@a.test", "from:ann+*@a.test", "from:ann@a.test", "from:ann+list@",
                  "from:ann+*@", "from:ann@", "from:a.test", "from:test"}));
}

TEST(Access, AsksForTheUserAloneOnlyWhenWanted) {
  const test::FakeTable map;
  const Access access(&map, {});
  ASSERT_TRUE(access.mailbox("To", "ann@a.test", Tagged::only, false));
  EXPECT_EQ(map.asked(), (Keys{"to:ann@a.test", "to:a.test", "to:test"}));
  ASSERT_TRUE(access.mailbox("To", "ann", Tagged::only, false));
  EXPECT_EQ(map.asked().back(), "to:ann@");
}

TEST(Access, SkipEndsASearchOnlyWhereConfigured) {
  const test::FakeTable map{{"From:a.test", "SKIP"}, {"test", "REJECT"}};
  const auto off = Access(&map, {}).mailbox("From", "x@a.test", Tagged::also_bare, true);
  ASSERT_TRUE(off && *off);
  EXPECT_EQ((*off)->value, "SKIP");
  const Access on(&map, {.skip = true});
  const auto found = on.mailbox("From", "x@a.test", Tagged::also_bare, true);
  ASSERT_TRUE(found);
  EXPECT_FALSE(*found);
}

TEST(Access, SkipForAHostLeavesItsAddressToBeAskedFor) {
  const test::FakeTable map{{"Connect:a.test", "SKIP"}, {"Connect:10", "REJECT"}};
  const Access access(&map, {.skip = true});
  const auto hit = access.peer("Connect", "a.test", ip("10.1.2.3"), Tagged::only);
  ASSERT_TRUE(hit && *hit);
  EXPECT_EQ((*hit)->key, "connect:10");
}

// Our extension. Of two entries for an address the one that says more of it decides, and of the
// same length sendmail's form.
TEST(Access, FindsTheLongestNetworkThatAnAddressIsIn) {
  const test::FakeTable map{{"Connect:10.0.0.0/9", "nine"},
                            {"Connect:10.64.0.0/10", "ten"},
                            {"Connect:10.64.7", "octets"},
                            {"Connect:10.64.7.0/24", "same"},
                            {"Connect:10.64.7.16/28", "twenty-eight"},
                            {"Connect:10.64.7.17/32", "one"},
                            {"Connect:10.64.7.18", "exact"},
                            {"10.128.0.0/9", "bare"},
                            {"Connect:IPv6:2001:db8:0:0:0:0:0:0/29", "long"},
                            {"Connect:IPv6:2001:db8::/33", "short"},
                            {"Connect:IPv6:2001:db8", "groups"},
                            {"Connect:IPv6:::/0", "all"},
                            {"ClientRate:0.0.0.0/0", "any"}};
  const Access access(&map, {});
  const struct {
    std::string_view address;
    std::string_view want;
  } cases[] = {
      {"10.1.2.3", "nine"},           {"10.64.1.1", "ten"},    {"10.64.7.1", "octets"},
      {"10.64.7.16", "twenty-eight"}, {"10.64.7.17", "one"},   {"10.64.7.18", "exact"},
      {"10.200.1.1", "bare"},         {"11.1.1.1", "-"},       {"2001:db8:7fff::1", "short"},
      {"2001:db8:8000::1", "groups"}, {"2001:dbf::1", "long"}, {"2001:dc0::1", "all"}};
  for (const auto& one : cases) {
    const auto hit = access.address("Connect", ip(one.address), Tagged::also_bare);
    ASSERT_TRUE(hit) << one.address;
    EXPECT_EQ(*hit ? (*hit)->value : "-", one.want) << one.address;
  }
  const auto rate = access.address("ClientRate", ip("11.1.1.1"), Tagged::only);
  ASSERT_TRUE(rate && *rate);
  EXPECT_EQ((*rate)->key, "clientrate:0.0.0.0/0");
}

// Only lengths that are there are asked for.
TEST(Access, AsksForNoNetworksWhereThereAreNone) {
  const test::FakeTable none{{"Connect:certissuer:/c=de/8x", "x"}};
  ASSERT_TRUE(Access(&none, {}).address("Connect", ip("10.1.2.3"), Tagged::only));
  EXPECT_EQ(none.asked().size(), 4U);
  const test::FakeTable one{{"Connect:192.0.2.0/25", "x"}};
  ASSERT_TRUE(Access(&one, {}).address("Connect", ip("10.1.2.3"), Tagged::only));
  EXPECT_EQ(one.asked(), (Keys{"connect:10.1.2.3", "connect:10.1.2.0/25", "connect:10.1.2",
                               "connect:10.1", "connect:10"}));
}

TEST(Access, FindsNothingWithoutAMap) {
  const Access access(nullptr, {});
  const auto hit = access.peer("Connect", "a.test", ip("10.1.2.3"), Tagged::also_bare);
  ASSERT_TRUE(hit);
  EXPECT_FALSE(*hit);
  EXPECT_FALSE(access.configured());
}

TEST(Access, PassesOnThatTheMapFailed) {
  test::FakeTable map;
  map.fail();
  const Access access(&map, {});
  EXPECT_FALSE(access.domain("Connect", "a.test", Tagged::only));
  EXPECT_FALSE(access.address("Connect", ip("10.1.2.3"), Tagged::only));
  EXPECT_FALSE(access.mailbox("From", "a@b.test", Tagged::only, true));
  EXPECT_FALSE(access.exact("TLS_Clt:"));
}

TEST(Access, SurvivesOddNames) {
  const test::FakeTable map;
  const Access access(&map, {.lookup_dot_domain = true});
  for (const std::string_view name :
       {"", ".", "..", "a..b", "[", "[]", "[::]", "[:]", "]", "@", "a@", "@b", "+@b", "+", "a+@"}) {
    EXPECT_TRUE(access.domain("Connect", name, Tagged::also_bare)) << name;
    EXPECT_TRUE(access.mailbox("From", name, Tagged::also_bare, true)) << name;
  }
}

}  // namespace
}  // namespace signet::policy
