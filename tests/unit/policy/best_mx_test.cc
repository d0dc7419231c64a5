// FEATURE(bestmx_is_local), with a table in the place of DNS. What is wanted is what sendmail makes
// of the same domains.
#include "signet/policy/best_mx.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "signet/policy/aliases.h"
#include "signet/policy/ldap_routing.h"
#include "signet/policy/route.h"
#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

class BestMxDomains : public testing::Test {
 protected:
  BestMxDomains() {
    scene.site.best_mx = best;
    best->hosts = hosts;
    hosts->set("served.test", "mx.example.org");
    hosts->set("equal.test", "mx.far.test MX.example.org");
    hosts->set("second.test", "mx.far.test");
    hosts->set("table.test", "mx.example.org");
    mailertable.set("table.test", "esmtp:[192.0.2.9]");
    aliases->set("sales", "bob");
  }
  // "local user", "mailer host"; behind it the rule.
  [[nodiscard]] std::string way(std::string_view recipient) const {
    const RouteOptions options{
        .site = &scene.site, .mailertable = &mailertable, .smart_host = "smart.test"};
    const auto found = route(options, recipient);
    if (!found) return "!" + found.error().what;
    const std::string where =
        found->kind == Route::Kind::mailbox ? found->user : found->hops.front().host;
    return found->mailer + " " + where + ": " + found->rule;
  }
  // Whose name was looked for among users and aliases; empty: nobody's.
  [[nodiscard]] std::string user(std::string_view recipient) const {
    const AliasMaps maps{aliases};
    const AliasOptions options{.virtual_users = {.site = &scene.site, .mailertable = &mailertable},
                               .maps = &maps};
    const auto found = find_recipients(options, recipient);
    if (found.error) return found.error->line();
    std::string text = found.local_user.value_or("");
    for (const auto& step : found.steps) text += step.rule + " ";
    return text;
  }

  Scene scene;
  std::shared_ptr<test::FakeTable> hosts = std::make_shared<test::FakeTable>();
  std::shared_ptr<BestMx> best = std::make_shared<BestMx>();
  std::shared_ptr<test::FakeTable> aliases = std::make_shared<test::FakeTable>();
  test::FakeTable mailertable;
};

TEST_F(BestMxDomains, AreLocalBehindMailertable) {
  EXPECT_EQ(way("u@Served.test"), "local u: bestmx_is_local");
  EXPECT_EQ(way("u@equal.test"), "local u: bestmx_is_local");
  EXPECT_EQ(way("u@second.test"), "relay smart.test: SMART_HOST");
  EXPECT_EQ(way("u@bare.test"), "relay smart.test: SMART_HOST");
  EXPECT_EQ(way("u@table.test"), "esmtp 192.0.2.9: mailertable:table.test");
  scene.site.local_mail.hub = "hub.test";
  EXPECT_EQ(way("u@served.test"), "relay hub.test: MAIL_HUB");
  scene.site.best_mx = nullptr;
  EXPECT_EQ(way("u@served.test"), "relay smart.test: SMART_HOST");
}

TEST_F(BestMxDomains, HaveUsersAndAliases) {
  EXPECT_EQ(user("u@served.test"), "u");
  EXPECT_EQ(user("sales@served.test"), "alias:sales ");
  EXPECT_EQ(user("sales@second.test"), "");
  EXPECT_EQ(user("sales@table.test"), "");
  scene.site.local_mail.hub = "hub.test";
  EXPECT_EQ(user("sales@served.test"), "alias:sales ");
}

TEST_F(BestMxDomains, NameTheSameUserUnderEachName) {
  mailertable.set("name.test", "local:u");
  aliases->set("all", "U@served.test, u@equal.test, u, u@second.test, u@name.test");
  const AliasMaps maps{aliases};
  const AliasOptions options{.virtual_users = {.site = &scene.site, .mailertable = &mailertable},
                             .maps = &maps};
  const auto found = find_recipients(options, "all");
  ASSERT_EQ(found.members.size(), 3U);
  EXPECT_EQ(found.members[0].address, "U@served.test");
  EXPECT_EQ(found.members[1].address, "u@second.test");
  EXPECT_EQ(found.members[2].address, "u@name.test");  // by mailertable: as sendmail does
  EXPECT_EQ(find_recipients(options, "U+x@served.test").local_names,
            (std::map<std::string, std::string>{{"U+x@served.test", "u+x"}}));
  EXPECT_TRUE(find_recipients(options, "u@example.org").local_names.empty());
}

TEST_F(BestMxDomains, AreTakenFromStrangers) {
  EXPECT_EQ(outcome(scene.to("u@served.test")), "pass");
  EXPECT_EQ(scene.to("u@served.test").rule, "bestmx_is_local");
  EXPECT_EQ(outcome(scene.to("u@table.test")), "pass");
  for (const std::string to : {"u@second.test", "u@bare.test", "u%x@served.test"}) {
    EXPECT_EQ(outcome(scene.to(to)), "550 5.7.1 <" + to + ">... Relaying denied");
  }
  EXPECT_EQ(outcome(scene.to("u@example.org")), "pass");
  EXPECT_EQ(outcome(scene.to("u@[192.0.2.1]")), "550 5.7.1 <u@[192.0.2.1]>... Relaying denied");
  // Of names of this host, and of addresses, DNS is not asked.
  for (const auto* never : {"example.org", "[192.0.2.1]"}) {
    EXPECT_EQ(std::ranges::count(hosts->asked(), never), 0) << never;
  }
}

TEST_F(BestMxDomains, MayBeLimited) {
  best->domains.emplace().add("served.test");
  hosts->set("sub.served.test", "mx.example.org");
  EXPECT_EQ(way("u@served.test"), "local u: bestmx_is_local");
  EXPECT_EQ(way("u@sub.served.test"), "local u: bestmx_is_local");
  EXPECT_EQ(way("u@equal.test"), "relay smart.test: SMART_HOST");
  EXPECT_EQ(std::ranges::count(hosts->asked(), "equal.test"), 0);
}

TEST_F(BestMxDomains, WithoutVirtualUsersAreNotUnknown) {
  test::FakeTable virtual_users{{"v@served.test", "bob"}};
  scene.site.virtual_domains = {"served.test", "second.test"};
  const VirtualOptions options{
      .site = &scene.site, .virtusertable = &virtual_users, .mailertable = &mailertable};
  EXPECT_EQ(find_virtual_user(options, "v@served.test").address, "bob");
  EXPECT_FALSE(find_virtual_user(options, "u@served.test").error);
  EXPECT_TRUE(find_virtual_user(options, "u@second.test").error);
}

TEST_F(BestMxDomains, AreThoseThatTheDirectoryLeavesHere) {
  const auto routing = std::make_shared<LdapRouting>();
  const auto directory = std::make_shared<test::FakeTable>();
  directory->set("sales@served.test", "far.test");
  routing->hosts = directory;
  routing->addresses = std::make_shared<test::FakeTable>();
  routing->domains.add("served.test");
  scene.site.ldap_routing = routing;
  EXPECT_EQ(user("sales@served.test"), "ldap_routing:sales@served.test ");
  EXPECT_EQ(user("sales@equal.test"), "alias:sales ");
}

TEST_F(BestMxDomains, WaitForDns) {
  hosts->fail();
  aliases->set("list", "bob, u@served.test");
  EXPECT_EQ(user("list@example.org"), "alias:list ");  // that member waits alone
  EXPECT_EQ(way("u@served.test"), "!bestmx_is_local: fake: cannot be read");
  EXPECT_EQ(user("u@served.test").substr(0, 9), "451 4.3.0");
  EXPECT_EQ(outcome(scene.to("u@served.test")).substr(0, 9), "451 4.3.0");
  EXPECT_EQ(way("u@table.test"), "esmtp 192.0.2.9: mailertable:table.test");
}

}  // namespace
}  // namespace signet::policy
