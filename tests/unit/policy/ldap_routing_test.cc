// FEATURE(ldap_routing), with tables in the place of a directory. What is wanted is what sendmail's
// ruleset LDAPExpand makes of the same entries.
#include "signet/policy/ldap_routing.h"

#include <gtest/gtest.h>

#include "signet/policy/route.h"
#include "signet/policy/virtual_user.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

class LdapRoutes : public testing::Test {
 protected:
  LdapRoutes() {
    site.host = "mx.us.test";
    site.local_domains = {"mx.us.test", "us.test"};
    routing->hosts = hosts;
    routing->addresses = addresses;
    for (const auto* name : {"us.test", "far.test"}) routing->domains.add(name);
    routing->equivalents.add("old.test");
    routing->equivalent_name = "us.test";
    site.ldap_routing = routing;
    addresses->set("moved@us.test", "new@else.test");
    addresses->set("here@us.test", "alice@mx.us.test");
    hosts->set("here@us.test", "mx.us.test");
    hosts->set("there@us.test", "store.test");
    addresses->set("both@us.test", "box7@store.test");
    hosts->set("both@us.test", "store.test");
    hosts->set("mine@us.test", "us.test");
    addresses->set("self@us.test", "Self@us.test");
    addresses->set("@far.test", "all@us.test");
    addresses->set("chain@us.test", "moved@us.test");
    addresses->set("round@us.test", "back@us.test");
    addresses->set("back@us.test", "round@us.test");
    addresses->set("bad@us.test", "no address at all");
  }
  // The address, or the reply.
  [[nodiscard]] std::string who(std::string_view recipient) const {
    const auto found = find_virtual_user({.site = &site, .mailertable = &mailertable}, recipient);
    return found.error ? found.error->line() : found.address;
  }
  [[nodiscard]] std::string way(std::string_view recipient) const {
    const auto found =
        route({.site = &site, .mailertable = &mailertable, .smart_host = {}}, recipient);
    if (!found) return "!" + found.error().what;
    if (found->kind != Route::Kind::remote) return found->mailer + " " + found->user;
    return found->mailer + " " + found->hops.front().host + " " + found->user;
  }

  SiteOptions site;
  std::shared_ptr<test::FakeTable> hosts = std::make_shared<test::FakeTable>();
  std::shared_ptr<test::FakeTable> addresses = std::make_shared<test::FakeTable>();
  std::shared_ptr<LdapRouting> routing = std::make_shared<LdapRouting>();
  test::FakeTable mailertable;
};

TEST_F(LdapRoutes, LeadToAnAddress) {
  const struct {
    std::string_view recipient, want;
  } cases[] = {
      {"moved@us.test", "new@else.test"},
      {"Moved@US.test", "new@else.test"},
      {"here@us.test", "alice@mx.us.test"},
      {"mine@us.test", "mine@us.test"},
      {"self@us.test", "self@us.test"},
      {"x@far.test", "all@us.test"},
      {"moved@old.test", "new@else.test"},
      {"chain@us.test", "new@else.test"},
      {"moved@mx.us.test", "moved@mx.us.test"},
      {"moved", "moved"},
      {"none@us.test", "none@us.test"},
      {"x@else.test", "x@else.test"},
      {"there@us.test", "there@us.test"},
      {"both@us.test", "both@us.test"},
      {"round@us.test", "451 4.3.5 Local configuration error"},
      {"bad@us.test", "451 4.3.5 Local configuration error"},
  };
  for (const auto& one : cases) EXPECT_EQ(who(one.recipient), one.want) << one.recipient;
}

TEST_F(LdapRoutes, LeadToAHost) {
  EXPECT_EQ(way("there@us.test"), "relay store.test there@us.test");
  EXPECT_EQ(way("both@us.test"), "relay store.test box7@store.test");
  EXPECT_EQ(way("mine@us.test"), "local mine");
  EXPECT_EQ(way("none@us.test"), "local none");
  mailertable.set("store.test", "esmtp:[192.0.2.1]");
  EXPECT_EQ(way("both@us.test"), "esmtp 192.0.2.1 box7@store.test");
  // Who is on another host has no aliases here.
  EXPECT_EQ(user_of_this_host(site, "there@us.test"), std::nullopt);
  EXPECT_EQ(user_of_this_host(site, "mine@us.test"), "mine");
}

TEST_F(LdapRoutes, RefuseWhoIsNobody) {
  routing->must_exist = true;
  EXPECT_EQ(who("none@us.test"), "550 5.1.1 User unknown");
  EXPECT_EQ(who("none@else.test"), "none@else.test");
  EXPECT_EQ(who("x@far.test"), "550 5.1.1 User unknown");  // whom @far.test leads to is nobody
  addresses->set("@us.test", "alice@mx.us.test");
  EXPECT_EQ(who("none@us.test"), "alice@mx.us.test");
  routing->whole_domains = false;
  EXPECT_EQ(who("none@us.test"), "550 5.1.1 User unknown");
}

TEST_F(LdapRoutes, KnowDetails) {
  using Detail = LdapRouting::Detail;
  routing->must_exist = true;
  EXPECT_EQ(who("moved+x@us.test"), "550 5.1.1 User unknown");
  routing->detail = Detail::strip;
  EXPECT_EQ(who("moved+x@us.test"), "new@else.test");
  EXPECT_EQ(way("there+x@us.test"), "relay store.test there+x@us.test");
  EXPECT_EQ(way("both+x@us.test"), "relay store.test box7@store.test");
  routing->detail = Detail::preserve;
  EXPECT_EQ(who("moved+x@us.test"), "new+x@else.test");
  EXPECT_EQ(way("both+x@us.test"), "relay store.test box7+x@store.test");
  addresses->set("moved+y@us.test", "own@else.test");
  EXPECT_EQ(who("moved+y@us.test"), "own@else.test");
}

TEST_F(LdapRoutes, WaitWhileNobodyCanBeAsked) {
  hosts->fail();
  EXPECT_EQ(who("moved@us.test").substr(0, 3), "451");
  EXPECT_EQ(way("moved@us.test").front(), '!');
  EXPECT_EQ(who("x@else.test"), "x@else.test");
}

}  // namespace
}  // namespace signet::policy
