#include "signet/policy/virtual_user.h"

#include <gtest/gtest.h>

#include "signet/policy/pattern_rules.h"
#include "signet/policy/route.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

class VirtualUsers : public testing::Test {
 protected:
  VirtualUsers() {
    site.host = "mx.example.org";
    site.local_domains = {"mx.example.org", "ours.test", "localhost"};
    site.virtual_domains = {"v.test", "w.test"};
  }
  [[nodiscard]] VirtualUser ask(std::string_view recipient) const {
    return find_virtual_user({.site = &site, .virtusertable = &map, .mailertable = &mailertable},
                             recipient);
  }
  // The address, or the reply.
  [[nodiscard]] std::string who(std::string_view recipient) const {
    const auto found = ask(recipient);
    return found.error ? found.error->line() : found.address;
  }
  [[nodiscard]] std::string keys(std::string_view recipient) const {
    std::string text;
    for (const auto& step : ask(recipient).steps) text += step.rule + " ";
    return text;
  }

  SiteOptions site;
  test::FakeTable map;
  test::FakeTable mailertable;
};

TEST_F(VirtualUsers, AreCalledOtherwiseByRulesOfTheSite) {
  auto rules = std::make_shared<PatternRules>();
  rules->recipient_rewrites.push_back(
      {*Pattern::make("^(.+)@old\\.test$"), "\\1@v.test", "here:1"});
  rules->recipient_rewrites.push_back({*Pattern::make("^bad@"), "no address", "here:2"});
  site.patterns = rules;
  map.set("info@v.test", "alice@far.test");
  EXPECT_EQ(who("info@Old.test"), "alice@far.test");
  EXPECT_EQ(keys("info@old.test"), "here:1 virtusertable:info@v.test ");
  EXPECT_EQ(who("x@else.test"), "x@else.test");
  EXPECT_EQ(who("bad@else.test"), "451 4.3.5 Local configuration error");
}

TEST_F(VirtualUsers, AreFoundByEveryFormOfKey) {
  const struct {
    std::string_view key;
    std::string_view value;
    std::string_view recipient;
    std::string_view want;
  } cases[] = {
      {"info@v.test", "alice", "info@v.test", "alice"},
      {"info@v.test", "x@far.test", "info@V.Test.", "x@far.test"},
      {"info@ours.test", "alice", "info@ours.test", "alice"},
      {"info@ours.test", " alice ", "info@ours.test", "alice"},
      {"a+b@v.test", "%1|%2|%3", "a+b@v.test", "a+b||"},
      {"a++@v.test", "%1|%2|%3", "a+b@v.test", "a|b|+b"},
      {"a+*@v.test", "%1|%2|%3", "a+b@v.test", "a|b|+b"},
      {"a+*@v.test", "%1|%2|%3", "a+@v.test", "a||+"},
      {"a@v.test", "%1|%2|%3", "a+b@v.test", "a|b|+b"},
      {"a@v.test", "%1|%2|%3", "a@v.test", "a||"},
      {"a@v.test", "%0.far.test", "a+b@v.test", "a@v.test.far.test"},
      {"++@v.test", "%1|%2|%3", "a+b@v.test", "a|b|+b"},
      {"+*@v.test", "%1|%2|%3", "a+b@v.test", "a|b|+b"},
      {"@v.test", "%1%3@far.test", "a+b@v.test", "a+b@far.test"},
      {"@v.test", "%1|%2|%3", "a+@v.test", "a||+"},
      {"@v.test", "%1@far.test", "a@v.test", "a@far.test"},
      {"@v.test", "%1|%2|%3", "+x@v.test", "+x||"},
      {"@v.test", "%1|%2|%3", "a++b@v.test", "a|+b|++b"},
      {"@v.test", "%1", "\"a b\"@v.test", "\"a b\""},
      {"@v.test", "%1@far.test", "\"a+b\"@v.test", "\"a+b\"@far.test"},
      {"@v.test", "a%%1%x%", "a@v.test", "a%1%x%"},
      {"@v.test", "local:alice", "a@v.test", "alice"},
      {"@v.test", "\\alice", "a@v.test", "alice"},
      {"@mx.example.org", "alice", "a@localhost", "alice"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{one.key, one.value}};
    EXPECT_EQ(who(one.recipient), one.want) << one.key << " " << one.recipient;
    EXPECT_EQ(keys(one.recipient), "virtusertable:" + std::string(one.key) + " ") << one.recipient;
  }
}

TEST_F(VirtualUsers, AreAskedForInSendmailsOrder) {
  EXPECT_EQ(who("a+b@ours.test"), "a+b@ours.test");
  EXPECT_EQ(map.asked(), (std::vector<std::string>{"a+b@ours.test", "a++@ours.test",
                                                   "a+*@ours.test", "a@ours.test", "++@ours.test",
                                                   "+*@ours.test", "@ours.test"}));
  map = test::FakeTable();
  EXPECT_EQ(who("a+@ours.test"), "a+@ours.test");
  EXPECT_EQ(map.asked(), (std::vector<std::string>{"a+@ours.test", "a+*@ours.test", "a@ours.test",
                                                   "+*@ours.test", "@ours.test"}));
  map = test::FakeTable();
  EXPECT_EQ(who("a@ours.test"), "a@ours.test");
  EXPECT_EQ(map.asked(), (std::vector<std::string>{"a@ours.test", "@ours.test"}));
}

TEST_F(VirtualUsers, LiveInTheirDomainsOnly) {
  map = test::FakeTable{{"@v.test", "alice"}, {"@far.test", "alice"}, {"@sub.v.test", "bob"}};
  EXPECT_EQ(who("x@far.test"), "x@far.test");
  EXPECT_EQ(who("x@sub.v.test"), "x@sub.v.test");
  EXPECT_EQ(who("x"), "x");
  EXPECT_EQ(who("not an address"), "not an address");
  site.virtual_entire_domains = true;
  EXPECT_EQ(who("x@sub.v.test"), "bob");
  EXPECT_EQ(who("x@subv.test"), "x@subv.test");
  const auto found = find_virtual_user({.site = &site}, "x@v.test");
  EXPECT_EQ(found.address, "x@v.test");
  EXPECT_FALSE(found.error);
}

TEST_F(VirtualUsers, UnknownOnesAreRefusedUnlessTheDomainIsMore) {
  EXPECT_EQ(who("x@v.test"), "550 5.1.1 User unknown");
  EXPECT_EQ(who("x@ours.test"), "x@ours.test");
  mailertable = test::FakeTable{{"v.test", "relay:[inner]"}};
  EXPECT_EQ(who("x@v.test"), "x@v.test");
  EXPECT_EQ(who("x@w.test"), "550 5.1.1 User unknown");
  // Also where LUSER_RELAY gets whom it names.
  mailertable = test::FakeTable{{"v.test", "local:nobody"}};
  site.local_mail.luser_relay = "lost.test";
  site.mailboxes = std::make_shared<Mailboxes>(Mailboxes{
      .mailer = "cyrus", .asks_relays = true, .accounts = std::make_shared<test::FakeTable>()});
  EXPECT_EQ(who("x@v.test"), "x@v.test");
}

TEST_F(VirtualUsers, MayBeErrors) {
  const struct {
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"error:nouser No such user", "550 5.1.1 No such user"},
      {"error:nouser 550 No such user", "550 5.0.0 No such user"},
      {"error:5.7.0:550 not for %1", "550 5.7.0 not for x"},
      {"ERROR:4.7.1:450 later", "450 4.7.1 later"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{"@v.test", one.value}};
    EXPECT_EQ(who("x@v.test"), one.want);
    EXPECT_EQ(keys("x@v.test"), "virtusertable:@v.test ");
    EXPECT_EQ(ask("x@v.test").trouble, "");
  }
}

TEST_F(VirtualUsers, AreLookedUpAgain) {
  map = test::FakeTable{{"info@v.test", "office@w.test"}, {"@w.test", "%1@ours.test"}};
  EXPECT_EQ(who("info@v.test"), "office@ours.test");
  EXPECT_EQ(keys("info@v.test"), "virtusertable:info@v.test virtusertable:@w.test ");
  map = test::FakeTable{{"info@v.test", "office@w.test"}};
  EXPECT_EQ(who("info@v.test"), "550 5.1.1 User unknown");
}

TEST_F(VirtualUsers, WaitWhileTheTableMakesNoSense) {
  const struct {
    std::string_view value;
    std::string_view trouble;
  } cases[] = {
      {"@other.test", "virtusertable:@v.test @other.test: no address"},
      {"alice bob", "virtusertable:@v.test alice bob: no address"},
      {"", "virtusertable:@v.test : no address"},
      {"x@v.test", "virtusertable:@v.test x@v.test: entries lead in a circle"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{"@v.test", one.value}};
    EXPECT_EQ(who("x@v.test"), "451 4.3.5 Local configuration error") << one.value;
    EXPECT_EQ(ask("x@v.test").trouble, one.trouble);
  }
  map = test::FakeTable{{"@v.test", "%1%1%1%1@v.test"}};
  EXPECT_EQ(who("12345678@v.test"), "451 4.3.5 Local configuration error");
  map.fail();
  EXPECT_EQ(who("x@v.test"), "451 4.3.0 Temporary system failure. Please try again later.");
  EXPECT_EQ(ask("x@v.test").trouble, "virtusertable: fake: cannot be read");
  EXPECT_EQ(who("x@far.test"), "x@far.test");
}

}  // namespace
}  // namespace signet::policy
