#include "signet/policy/pattern_rules.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

PatternRule rule(std::string_view pattern, std::string action) {
  auto made = Pattern::make(pattern);
  EXPECT_TRUE(made) << made.error().what;
  return {std::move(*made), std::move(action), "here:1"};
}

TEST(PatternTest, MatchesBytesInLinearTime) {
  const struct {
    std::string_view pattern;
    std::string_view text;
    bool want;
  } cases[] = {
      {"^iloveyou$", "ILoveYou", true}, {"^iloveyou$", "iloveyou!", false},
      {"(?-i)^x", "X", false},          {"!^<.+@.+>$", "<a@b>", false},
      {"!^<.+@.+>$", "a@b", true},      {"^.{3}$", "\xff\x80\x01", true},
      {"caf\xe9", "un caf\xe9!", true}, {"a.b", "a\nb", true},
  };
  for (const auto& one : cases) {
    const auto pattern = Pattern::make(one.pattern);
    ASSERT_TRUE(pattern) << one.pattern;
    EXPECT_EQ(pattern->matches(one.text), one.want) << one.pattern << " " << one.text;
  }
  // What takes exponential time by going back.
  EXPECT_FALSE(Pattern::make("^(a+)+$")->matches(std::string(8000, 'a') + "!"));
}

TEST(PatternTest, FillsReplacements) {
  const struct {
    std::string_view pattern, replacement, text, want;
  } cases[] = {
      {"^(.+)@old\\.test$", "\\1@new.test", "Joe@OLD.test", "Joe@new.test"},
      {"^(.+)\\.(.+)@", "\\2_\\1@x.test", "a.b@c.test", "b_a@x.test"},
      {"b+", "\\0", "abbbc", "bbb"},
      {"^(a)?x", "[\\1]", "x", "[]"},
      {"!@ours\\.test$", "all@ours.test", "x@y.test", "all@ours.test"},
      {"!@ours\\.test$", "all@ours.test", "x@ours.test", "-"},
      {"^x", "y", "z", "-"},
  };
  for (const auto& one : cases) {
    const auto pattern = Pattern::make(one.pattern);
    ASSERT_TRUE(pattern && pattern->check_replacement(one.replacement)) << one.pattern;
    EXPECT_EQ(pattern->replaced(one.text, one.replacement).value_or("-"), one.want) << one.pattern;
  }
  EXPECT_FALSE(Pattern::make("(a)")->check_replacement("\\2"));
  EXPECT_FALSE(Pattern::make("!(a)")->check_replacement("\\1"));
  EXPECT_FALSE(Pattern::make("a")->check_replacement("\\x"));
}

TEST(PatternTest, SaysWhatIsNone) {
  for (const std::string_view bad : {"", "!", "(", "[", "a**", "(x)\\1", "((a{100}){100}){100}"}) {
    EXPECT_FALSE(Pattern::make(bad)) << bad;
  }
  EXPECT_EQ(Pattern::make("(abc").error().what, "pattern (abc: missing ): (abc");
}

TEST(PatternRulesTest, ClientsByName) {
  auto rules = std::make_shared<PatternRules>();
  rules->clients.push_back(rule("^good-dsl-", "OK"));
  rules->clients.push_back(rule("(dsl|dialup)[.-]", "REJECT"));
  rules->clients.push_back(rule("^\\[", "450 4.7.1 no name"));
  const struct {
    std::string_view name;
    std::string_view entry;
    std::string_view want;
  } cases[] = {
      {"mail.partner.test", "", "pass"},   {"host.dsl.isp.test", "", "550 5.7.1 Access denied"},
      {"good-dsl-1.test", "", "pass"},     {"[198.51.100.7]", "", "450 4.7.1 no name"},
      {"host.dsl.isp.test", "OK", "pass"}, {"host.dsl.isp.test", "DISCARD", "discard"},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.site.patterns = rules;
    scene.peer.name = one.name;
    if (!one.entry.empty()) scene.map.set("Connect:198.51.100.7", one.entry);
    EXPECT_EQ(outcome(scene.connect()), one.want) << one.name << " " << one.entry;
  }
}

TEST(PatternRulesTest, HeloAndSenders) {
  auto rules = std::make_shared<PatternRules>();
  rules->helos.push_back(rule("^localhost", "REJECT"));
  rules->senders.push_back(rule("^[0-9]+@aol\\.test$", "553 Header error"));
  rules->senders.push_back(rule("@bulk\\.", "QUARANTINE:bulk"));
  const struct {
    std::string_view helo;
    std::string_view sender;
    std::string_view key;
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"mail.test", "bob@aol.test", "", "", "pass"},
      {"mail.test", "12@AOL.test", "", "", "553 5.0.0 <12@AOL.test>... Header error"},
      {"mail.test", "12@aol.test", "From:12@aol.test", "OK", "pass"},
      {"mail.test", "12@aol.test", "From:aol.test", "DISCARD", "discard"},
      {"mail.test", "x@bulk.test", "", "", "quarantine: bulk"},
      {"localhost", "", "", "", "550 5.7.1 <>... bogus HELO name used: localhost"},
      {"localhost", "a@b.test", "Connect:198.51.100", "OK", "pass"},
      {"localhost", "a@b.test", "Connect:198.51.100", "QUARANTINE:q",
       "550 5.7.1 <a@b.test>... bogus HELO name used: localhost"},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.site.patterns = rules;
    scene.helo = one.helo;
    if (!one.key.empty()) scene.map.set(one.key, one.value);
    EXPECT_EQ(outcome(scene.from(one.sender)), one.want) << one.helo << " " << one.sender;
  }
  Scene local;
  local.site.patterns = rules;
  local.helo = "localhost";
  local.peer.remote.ip = *IpAddress::parse("127.0.0.1");
  EXPECT_EQ(outcome(local.from("a@b.test")), "pass");
}

TEST(PatternRulesTest, Recipients) {
  auto rules = std::make_shared<PatternRules>();
  rules->recipients.push_back(rule("^test", "REJECT"));
  for (const bool blocklist : {false, true}) {
    Scene scene;
    scene.site.patterns = rules;
    scene.site.check_recipients = blocklist;
    scene.map.set("To:testament@example.org", "OK");
    EXPECT_EQ(outcome(scene.to("bob@example.org")), "pass");
    EXPECT_EQ(outcome(scene.to("test7@example.org")),
              "550 5.2.1 <test7@example.org>... Mailbox disabled for this recipient");
    EXPECT_EQ(outcome(scene.to("testament@example.org")), "pass");
    EXPECT_EQ(outcome(scene.to("bob@else.test")).substr(0, 9), "550 5.7.1");
  }
}

TEST(LocalSenders, AreForOwnClients) {
  const struct {
    std::string_view sender;
    std::string_view entry;  // key and value
    std::string_view mechanism;
    std::string_view client;
    std::string_view want;
  } cases[] = {
      {"bob@example.org", "", "", "198.51.100.7",
       "550 5.7.1 <bob@example.org>... Authentication required to send as this address"},
      {"bob@virtual.test", "", "", "198.51.100.7",
       "550 5.7.1 <bob@virtual.test>... Authentication required to send as this address"},
      {"bob@else.test", "", "", "198.51.100.7", "pass"},
      {"", "", "", "198.51.100.7", "pass"},
      {"bob@example.org", "From:bob@example.org OK", "", "198.51.100.7", "pass"},
      {"bob@example.org", "Connect:198.51.100 RELAY", "", "198.51.100.7", "pass"},
      {"bob@example.org", "", "PLAIN", "198.51.100.7", "pass"},
      {"bob@example.org", "", "", "127.0.0.1", "pass"},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.site.protect_local_senders = "REJECT";
    scene.site.relay_local_from = true;  // what a forger says proves nothing
    scene.site.virtual_domains = {"virtual.test"};
    scene.peer.remote.ip = *IpAddress::parse(one.client);
    scene.auth.mechanism = one.mechanism;
    if (const auto blank = one.entry.find(' '); blank != std::string_view::npos) {
      scene.map.set(one.entry.substr(0, blank), one.entry.substr(blank + 1));
    }
    EXPECT_EQ(outcome(scene.from(one.sender)), one.want) << one.sender << " " << one.entry;
  }
}

// Nobody can tell whether the client is one of ours: that is no reason to send him away for good.
TEST(LocalSenders, AFailingMapRefusesNobodyForGood) {
  Scene scene;
  scene.site.protect_local_senders = "REJECT";
  scene.map.fail();
  EXPECT_EQ(outcome(scene.from("bob@example.org")).substr(0, 1), "4");
  EXPECT_FALSE(is_own_client(scene.access(), scene.site, scene.client()));
}

// With accept_unqualified_senders a bare user is one of ours on the way out.
TEST(LocalSenders, ABareUserIsOneOfOurs) {
  Scene scene;
  scene.site.protect_local_senders = "REJECT";
  scene.site.accept_unqualified_senders = true;
  EXPECT_EQ(outcome(scene.from("bob")).substr(0, 3), "550");
}

// Who proved who he is is not judged at RCPT, so at MAIL.
TEST(SenderLogin, IsAskedThoughChecksAreDelayed) {
  Scene scene;
  scene.site.delay_checks = Delay::all;
  scene.site.sender_login = std::make_shared<test::FakeTable>();
  scene.auth.mechanism = "PLAIN";
  scene.auth.identity = "bob";
  EXPECT_EQ(outcome(scene.from("alice@example.org")).substr(0, 3), "553");
  EXPECT_EQ(outcome(scene.from("bob@example.org")), "pass");
}

TEST(SenderLogin, AUserSendsAsHimselfOrAsTheMapSays) {
  const auto map = std::make_shared<test::FakeTable>();
  map->set("alice", "info@example.org, @shop.test");
  map->set("root", "*");
  map->set("carol@else.test", "carol@else.test");
  const struct {
    std::string_view identity;
    std::string_view sender;
    bool want;
  } cases[] = {
      {"bob", "bob@example.org", true},
      {"bob@example.org", "bob@example.org", true},
      {"bob", "Bob@mx.example.org", true},
      {"bob", "alice@example.org", false},
      {"bob", "bob@else.test", false},
      {"bob", "", true},
      {"alice", "info@example.org", true},
      {"Alice@example.org", "x@shop.test", true},
      {"alice", "alice@example.org", false},
      {"root", "any@where.test", true},
      {"carol@else.test", "carol@else.test", true},
      {"carol@else.test", "carol@example.org", false},
      {"dave@else.test", "dave@else.test", true},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.site.sender_login = map;
    scene.auth.mechanism = "PLAIN";
    scene.auth.identity = one.identity;
    const auto verdict = scene.from(one.sender);
    EXPECT_EQ(!verdict.rejected(), one.want) << one.identity << " " << one.sender;
    EXPECT_EQ(verdict.reply.code, one.want ? 250 : 553);
  }
  map->fail();
  Scene scene;
  scene.site.sender_login = map;
  EXPECT_EQ(outcome(scene.from("a@b.test")), "pass");  // not authenticated: not asked
  scene.auth.mechanism = "PLAIN";
  scene.auth.identity = "bob";
  EXPECT_EQ(outcome(scene.from("a@b.test")).substr(0, 3), "451");
}

TEST(HeaderJudgeTest, JudgesFieldByField) {
  PatternRules rules;
  rules.headers.push_back({"subject", rule("^re: order", "OK")});
  rules.headers.push_back({"subject", rule("order|win", "553 no offers")});
  rules.headers.push_back({"x-spam", rule("yes", "QUARANTINE:spam")});
  rules.headers.push_back({"*", rule("^x-worm:", "DISCARD")});
  rules.required.push_back({"message-id", "REJECT", "here:2"});
  const struct {
    std::vector<std::pair<std::string_view, std::string_view>> fields;
    bool own;
    std::string_view want;
    std::string_view ruleset;
  } cases[] = {
      {{{"Subject", "hello"}, {"Message-ID", "<a@b>"}}, false, "pass", ""},
      {{{"Subject", "you win"}, {"Message-ID", "<a@b>"}},
       false,
       "553 5.0.0 no offers",
       "check_subject"},
      {{{"SUBJECT", "Re: order 7"}, {"Message-ID", "<a@b>"}}, false, "pass", ""},
      {{{"X-Spam", "YES"}, {"Message-ID", "<a@b>"}}, false, "quarantine: spam", "check_x_spam"},
      {{{"X-Spam", "YES"}, {"Subject", "win"}}, true, "553 5.0.0 no offers", "check_subject"},
      {{{"X-Worm", ""}, {"X-Spam", "yes"}}, true, "discard", "check_x_worm"},
      {{{"Subject", "hello"}}, false, "550 5.7.1 Access denied", "check_message_id"},
      {{{"Subject", "hello"}}, true, "pass", ""},
      {{{"X-Spam", "yes"}}, false, "550 5.7.1 Access denied", "check_message_id"},
  };
  for (const auto& one : cases) {
    HeaderJudge judge(rules, {550, "5.7.1", "Access denied"});
    for (const auto& [name, value] : one.fields) judge.on_field(name, value);
    const auto found = judge.finish(one.own);
    EXPECT_EQ(found ? outcome(found->verdict) : "pass", one.want) << one.fields.front().second;
    EXPECT_EQ(found ? found->ruleset : "", one.ruleset);
  }
}

TEST(HeaderJudgeTest, SeesEncodedWordsBothWays) {
  PatternRules rules;
  rules.headers.push_back({"subject", rule("^viagra", "553 decoded")});
  rules.headers.push_back({"subject", rule("^=\\?koi8-r", "553 as it stands")});
  rules.headers.push_back({"from", rule("!@ours\\.test", "553 inverted")});
  rules.headers.push_back({"*", rule("^comments: caf\xc3\xa9$", "553 all")});
  const auto judged = [&](std::string_view name, std::string_view value) {
    HeaderJudge judge(rules, {550, "5.7.1", "Access denied"});
    judge.on_field(name, value);
    const auto found = judge.finish(true);
    return found ? outcome(found->verdict) : "pass";
  };
  EXPECT_EQ(judged("Subject", "=?utf-8?b?VmlhZ3Jh?="), "553 5.0.0 decoded");
  EXPECT_EQ(judged("Subject", "viagra"), "553 5.0.0 decoded");
  EXPECT_EQ(judged("Subject", "=?koi8-r?q?x?="), "553 5.0.0 as it stands");
  EXPECT_EQ(judged("From", "=?utf-8?q?x=40ours.test?= <a@else.test>"), "pass");
  EXPECT_EQ(judged("From", "=?utf-8?q?x?= <a@else.test>"), "553 5.0.0 inverted");
  EXPECT_EQ(judged("Comments", "=?iso-8859-1?q?caf=e9?="), "553 5.0.0 all");
}

}  // namespace
}  // namespace signet::policy
