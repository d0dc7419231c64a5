#include "signet/policy/rewrite.h"

#include <gtest/gtest.h>

#include "signet/policy/pattern_rules.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

// tests/system/rewriting_test.py holds many more addresses against a real sendmail.
class Rewriting : public testing::Test {
 protected:
  Rewriting() {
    site.host = "us.test";
    site.local_domains = {"us.test", "w.test", "localhost", "[127.0.0.1]"};
    generics = std::make_shared<test::FakeTable>();
    domains = std::make_shared<test::FakeTable>();
  }
  [[nodiscard]] std::string become(std::string_view address, Usage usage = {}) const {
    const auto found = rewrite_address(site, options, address, usage);
    return found ? found->address : "! " + found.error().what;
  }
  [[nodiscard]] std::string rule(std::string_view address) const {
    return rewrite_address(site, options, address, {})->rule;
  }
  void masquerade() {
    options.masquerade = "shown.test";
    options.masqueraded.add("M.test");
    options.excepted.add("n.m.test");
    options.exposed.add("root");
  }

  static constexpr Usage kLocal{Role::sender, Place::header, Way::local};
  static constexpr Usage kEnvelope{Role::sender, Place::envelope, Way::smtp};
  static constexpr Usage kRecipient{Role::recipient, Place::header, Way::smtp};

  SiteOptions site;
  RewriteOptions options;
  std::shared_ptr<test::FakeTable> generics;
  std::shared_ptr<test::FakeTable> domains;
};

TEST_F(Rewriting, GivesBareUsersADomainWhereMailLeaves) {
  EXPECT_EQ(become("x"), "x@us.test");
  EXPECT_EQ(rule("x"), "name of this host");
  EXPECT_EQ(become("x", kEnvelope), "x@us.test");
  EXPECT_EQ(become("x", kRecipient), "x@us.test");
  EXPECT_EQ(become("x", kLocal), "x");
  EXPECT_EQ(become("x@LocalHost", kLocal), "x@us.test");
  EXPECT_EQ(become("x@[127.0.0.1]"), "x@us.test");
  EXPECT_EQ(become("x@far.test."), "x@far.test");
  options.always_add_domain = true;
  EXPECT_EQ(become("x", kLocal), "x@us.test");
  options.added_domain = "added.test";
  EXPECT_EQ(become("x", kLocal), "x@added.test");
  EXPECT_EQ(become("x"), "x@us.test");
}

TEST_F(Rewriting, TouchesNothingElse) {
  masquerade();
  for (const std::string_view address :
       {"", "x@far.test", "x@[192.0.2.1]", "two words", "user%host", "host!user", "\"open@us.test",
        "@us.test", "x@"}) {
    EXPECT_EQ(become(address), address);
    EXPECT_EQ(rule(address), "") << address;
  }
}

TEST_F(Rewriting, HidesOurNamesBehindTheMasquerade) {
  masquerade();
  EXPECT_EQ(become("x"), "x@shown.test");
  EXPECT_EQ(become("x@W.Test"), "x@shown.test");
  EXPECT_EQ(become("x@m.test"), "x@shown.test");
  EXPECT_EQ(become("x@sub.m.test"), "x@sub.m.test");
  EXPECT_EQ(become("x@w.test", kLocal), "x@shown.test");
  EXPECT_EQ(become("Root@w.test"), "Root@w.test");
  EXPECT_EQ(become("root"), "root@us.test");
  EXPECT_EQ(become("root+x"), "root+x@shown.test");
  EXPECT_EQ(become("x@w.test", kEnvelope), "x@w.test");
  EXPECT_EQ(become("x@w.test", kRecipient), "x@w.test");
  EXPECT_EQ(rule("x@w.test"), "MASQUERADE_AS");
}

TEST_F(Rewriting, GoesAsFarAsItsFeaturesSay) {
  masquerade();
  options.entire_domain = true;
  EXPECT_EQ(become("x@sub.m.test"), "x@shown.test");
  EXPECT_EQ(become("x@n.m.test"), "x@n.m.test");
  EXPECT_EQ(become("x@a.n.m.test"), "x@a.n.m.test");
  EXPECT_EQ(become("x@subm.test"), "x@subm.test");
  EXPECT_EQ(become("x@sub.w.test"), "x@sub.w.test");  // class w is of hosts
  options.limited = true;
  EXPECT_EQ(become("x@w.test"), "x@w.test");
  EXPECT_EQ(become("x"), "x@shown.test");
  options.envelope = true;
  EXPECT_EQ(become("x@m.test", kEnvelope), "x@shown.test");
  EXPECT_EQ(become("", kEnvelope), "");
  options.recipients = true;
  EXPECT_EQ(become("x@m.test", kRecipient), "x@shown.test");
  EXPECT_EQ(become("x@m.test", {Role::recipient, Place::envelope, Way::smtp}), "x@m.test");
  options.local_as_it_is = true;
  EXPECT_EQ(become("x@m.test", kLocal), "x@m.test");
  const Usage mailbox{Role::sender, Place::envelope, Way::local};
  EXPECT_EQ(become("x", mailbox), "x");
  options.local_by_lmtp = true;
  EXPECT_EQ(become("x", mailbox), "x@shown.test");
  EXPECT_EQ(become("x@m.test", kLocal), "x@m.test");
}

TEST_F(Rewriting, AsksGenericstableForItsDomainsAndForBareUsers) {
  options.generics = generics;
  options.generics_domains.add("g.test");
  generics->set("u+d@g.test", "first@x.test");
  generics->set("v+*@g.test", "%1@x.test");
  generics->set("w@g.test", "w@x.test");
  generics->set("@all.test", "%1@y.test");
  generics->set("p+*", "p-%1@x.test");
  generics->set("q", "queen");
  generics->set("bad@g.test", "Bad Value <x@y>");
  options.generics_domains.add("all.test");
  EXPECT_EQ(become("u+d@g.test"), "first@x.test");
  EXPECT_EQ(become("v+d@g.test"), "d@x.test");
  EXPECT_EQ(become("w+d@g.test"), "w@x.test");
  EXPECT_EQ(become("z+d@all.test"), "z+d@y.test");
  EXPECT_EQ(become("p+d"), "p-d@x.test");
  EXPECT_EQ(become("q"), "queen@us.test");
  EXPECT_EQ(become("q@g.test"), "queen@us.test");
  EXPECT_EQ(become("q@w.test"), "q@w.test");  // not in class G
  EXPECT_EQ(become("bad@g.test"), "bad@g.test");
  EXPECT_EQ(rule("v+d@g.test"), "genericstable:v+*@g.test");
  EXPECT_EQ(become("w@sub.g.test"), "w@sub.g.test");
  EXPECT_EQ(become("w@g.test", kEnvelope), "w@g.test");
  masquerade();
  EXPECT_EQ(become("q@g.test"), "queen@shown.test");
  EXPECT_EQ(become("w@g.test"), "w@x.test");
  options.generics_entire_domain = true;
  EXPECT_EQ(become("q@sub.g.test"), "queen@shown.test");
}

TEST_F(Rewriting, RenamesDomains) {
  options.domains = domains;
  domains->set("old.test", "new.test");
  domains->set("was.test", "w.test");
  EXPECT_EQ(become("x@Old.Test", {Role::recipient, Place::envelope, Way::smtp}), "x@new.test");
  EXPECT_EQ(rule("x@old.test"), "domaintable:old.test");
  EXPECT_EQ(become("x@sub.old.test"), "x@sub.old.test");
  masquerade();
  EXPECT_EQ(become("x@was.test"), "x@shown.test");
  EXPECT_EQ(rename_domain(domains.get(), "x@OLD.test")->address, "x@new.test");
  EXPECT_EQ(rename_domain(domains.get(), "x")->address, "x");
  EXPECT_EQ(rename_domain(nullptr, "x@old.test")->address, "x@old.test");
  // Asked again at delivery, it must lead where RCPT was judged.
  domains->set("older.test", "old.test");
  EXPECT_EQ(rename_domain(domains.get(), "x@older.test")->address, "x@new.test");
  domains->set("a.test", "b.test");
  domains->set("b.test", "a.test");
  EXPECT_EQ(rename_domain(domains.get(), "x@a.test").error().kind, ErrorKind::temporary);
  for (const auto* junk : {"new.test # moved", "x.test\r\nBcc: v@x.test", "a,b.test", "a@b.test"}) {
    domains->set("junk.test", junk);
    EXPECT_FALSE(rename_domain(domains.get(), "x@junk.test")) << junk;
  }
}

TEST_F(Rewriting, FollowsRulesOfTheSite) {
  auto rules = std::make_shared<PatternRules>();
  const auto add = [](std::vector<RewriteRule>& into, std::string_view pattern, std::string to) {
    into.push_back({*Pattern::make(pattern), std::move(to), "here:1"});
  };
  add(rules->sender_rewrites, "^(.+)@(.+)\\.old\\.test$", "\\1.\\2@new.test");
  add(rules->sender_rewrites, "^root$", "admin@w.test");
  add(rules->sender_rewrites, "^bad", "no address");
  add(rules->sender_rewrites, "^\"(.*)\"@q\\.test$", "\\1@q.test");
  add(rules->recipient_rewrites, "^(.+)@was\\.test$", "\\1@is.test");
  site.patterns = rules;
  EXPECT_EQ(become("Joe@Lab.OLD.test"), "Joe.lab@new.test");
  EXPECT_EQ(become("joe@lab.old.test", kEnvelope), "joe.lab@new.test");
  EXPECT_EQ(become("joe@lab.old.test", kLocal), "joe.lab@new.test");
  EXPECT_EQ(rule("joe@lab.old.test"), "here:1");
  EXPECT_EQ(become("joe@lab.old.test", kRecipient), "joe@lab.old.test");
  EXPECT_EQ(become("bad@x.test"), "bad@x.test");
  EXPECT_EQ(become("\"a b\"@q.test"), "\"a b\"@q.test");
  EXPECT_EQ(become("\"a,b\"@q.test"), "\"a,b\"@q.test");
  EXPECT_EQ(become("\"ab\"@q.test"), "ab@q.test");
  EXPECT_EQ(become("x@was.test"), "x@was.test");
  EXPECT_EQ(become("x@WAS.test", kRecipient), "x@is.test");
  // The envelope's recipients are rewritten when they come, once.
  EXPECT_EQ(become("x@was.test", {Role::recipient, Place::envelope, Way::smtp}), "x@was.test");
  masquerade();
  EXPECT_EQ(become("root"), "admin@shown.test");  // what follows sees the new address
  EXPECT_EQ(become("joe@lab.old.test"), "joe.lab@new.test");
}

TEST_F(Rewriting, SaysWhichMapFails) {
  options.generics = generics;
  options.domains = domains;
  generics->fail();
  EXPECT_EQ(become("x").substr(0, 16), "! genericstable:");
  domains->fail();
  EXPECT_EQ(become("x@old.test").substr(0, 14), "! domaintable:");
  EXPECT_FALSE(rename_domain(domains.get(), "x@old.test"));
}

}  // namespace
}  // namespace signet::policy
