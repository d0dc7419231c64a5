#include "signet/policy/server.h"

#include <gtest/gtest.h>

#include "unit/policy/fixture.h"

namespace signet::policy {
namespace {

constexpr std::string_view kMapFailed =
    "451 4.3.0 Temporary system failure. Please try again later.";

TEST(ConnectPolicy, ObeysConnectEntries) {
  const struct {
    std::string_view key;
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"Connect:partner.test", "REJECT", "550 5.7.1 Access denied"},
      {"Connect:198.51.100", "REJECT", "550 5.7.1 Access denied"},
      {"198.51", "REJECT", "550 5.7.1 Access denied"},
      {"Connect:partner.test", "ERROR:4.3.2:421 bye", "421 4.3.2 bye"},
      {"Connect:partner.test", "DISCARD", "discard"},
      {"Connect:partner.test", "QUARANTINE:slow", "quarantine: slow"},
      {"Connect:partner.test", "OK", "pass"},
      {"Connect:partner.test", "RELAY", "pass"},
      {"Connect:partner.test", "words", "553 5.3.0 words"},
      {"Connect:other.test", "REJECT", "pass"},
      {"From:partner.test", "REJECT", "pass"},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.map.set(one.key, one.value);
    EXPECT_EQ(outcome(scene.connect()), one.want) << one.key << " " << one.value;
  }
}

TEST(ConnectPolicy, SaysLaterWhenTheMapFails) {
  Scene scene;
  scene.map.fail();
  EXPECT_EQ(outcome(scene.connect()), kMapFailed);
}

TEST(SenderPolicy, JudgesFormAndDomain) {
  const struct {
    std::string_view sender;
    DomainState domain;
    std::string_view want;
  } cases[] = {
      {"", DomainState::not_asked, "pass"},
      {"a@b.test", DomainState::resolves, "pass"},
      {"a@b.test", DomainState::no_such_domain,
       "553 5.1.8 <a@b.test>... Domain of sender address a@b.test does not exist"},
      {"a@b.test", DomainState::temporary,
       "451 4.1.8 Domain of sender address a@b.test does not resolve"},
      {"a", DomainState::not_asked, "553 5.5.4 <a>... Domain name required for sender address a"},
      {"a@localhost", DomainState::not_asked,
       "553 5.5.4 <a@localhost>... Real domain name required for sender address"},
      {"a@[127.0.0.1]", DomainState::not_asked,
       "553 5.5.4 <a@[127.0.0.1]>... Real domain name required for sender address"},
      {"a@host", DomainState::not_asked,
       "553 5.5.4 <a@host>... Real domain name required for sender address"},
      {"a@.", DomainState::not_asked,
       "553 5.5.4 <a@.>... Real domain name required for sender address"},
      {"a@[203.0.113.9]", DomainState::not_asked,
       "553 5.1.8 <a@[203.0.113.9]>... Domain of sender address a@[203.0.113.9] does not exist"},
      {"a@example.org", DomainState::no_such_domain, "pass"},
      {"a@[192.0.2.25]", DomainState::not_asked, "pass"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(outcome(Scene().from(one.sender, one.domain)), one.want) << one.sender;
  }
}

TEST(SenderPolicy, LetsThisHostUseShortNames) {
  Scene scene;
  scene.peer.remote.ip = *IpAddress::parse("127.0.0.1");
  for (const std::string_view sender : {"root", "root@localhost", "root@host"}) {
    EXPECT_EQ(outcome(scene.from(sender)), "pass") << sender;
  }
}

TEST(SenderPolicy, AsksDnsOnlyWhenTheAnswerMatters) {
  Scene scene;
  scene.map.set("From:known.test", "OK");
  const auto asks = [&](std::string_view sender) {
    return sender_domain_to_resolve(scene.access(), scene.site, scene.client(), sender);
  };
  EXPECT_EQ(asks("a@B.Test."), "b.test");
  for (const std::string_view sender :
       {"", "a", "a@host", "a@localhost", "a@example.org", "a@known.test", "a@[203.0.113.9]"}) {
    EXPECT_EQ(asks(sender), "") << sender;
  }
  scene.site.accept_unresolvable_domains = true;
  EXPECT_EQ(asks("a@b.test"), "");
}

TEST(SenderPolicy, AnEntryBeatsTheDomain) {
  Scene scene;
  scene.map.set("From:b.test", "OK");
  EXPECT_EQ(outcome(scene.from("a@b.test", DomainState::no_such_domain)), "pass");
  scene.map.set("From:a@b.test", "REJECT");
  EXPECT_EQ(outcome(scene.from("a+x@b.test")), "550 5.7.1 <a+x@b.test>... Access denied");
  scene.map.set("From:spam@", "DISCARD");
  EXPECT_EQ(outcome(scene.from("spam@c.test")), "discard");
  scene.map.fail();
  EXPECT_EQ(outcome(scene.from("a@b.test")).substr(0, 9), "454 4.3.0");  // TLS_Clt comes first
}

TEST(RecipientPolicy, TakesItsOwnAndRefusesOthers) {
  const struct {
    std::string_view recipient;
    bool passes;
  } cases[] = {
      {"u@example.org", true},
      {"u@EXAMPLE.org.", true},
      {"u+x@example.org", true},
      {"postmaster", true},
      {"u@[192.0.2.25]", true},
      {"u@[IPv6:2001:db8::25]", true},
      {"@example.org:u@example.org", true},
      {"\"strange name\"@example.org", true},
      {"u@other.test", false},
      {"u@sub.example.org", false},
      {"u@[203.0.113.9]", false},
      {"u@[IPv6:::1]", false},
      {"u%other.test@example.org", false},
      {"u%other.test", false},
      {"other.test!u@example.org", false},
      {"\"u@other.test\"@example.org", false},
      {"\"u%other.test\"@example.org", false},
      {"u@other.test@example.org", false},
      {"@example.org:u@other.test", false},
      {"@other.test,@example.org:u@other.test", false},
      {"u@example.org..", false},
      {"u@.", false},
      {"u@xn--exampl-gva.org", false},
      {"u@\xd0\xb5xample.org", false},
      {"", false},
      {"@", false},
      {"@example.org", false},
      {"@example.org:", false},
  };
  for (const auto& one : cases) {
    const auto verdict = Scene().to(one.recipient);
    EXPECT_EQ(verdict.action == Action::accept, one.passes) << one.recipient << outcome(verdict);
    EXPECT_NE(verdict.action, Action::relay) << one.recipient;
  }
}

TEST(RecipientPolicy, SaysWhyItDoesNotRelay) {
  const struct {
    mail::Resolve resolve;
    bool may_authenticate;
    std::string_view want;
  } cases[] = {
      {mail::Resolve::ok, false, "550 5.7.1 <u@other.test>... Relaying denied"},
      {mail::Resolve::ok, true,
       "550 5.7.1 <u@other.test>... Relaying denied. Proper authentication required."},
      {mail::Resolve::fail, true,
       "550 5.7.1 <u@other.test>... Relaying denied. IP name lookup failed [198.51.100.7]"},
      {mail::Resolve::forged, true,
       "550 5.7.1 <u@other.test>... Relaying denied. IP name possibly forged [198.51.100.7]"},
      {mail::Resolve::temp, true,
       "450 4.4.0 <u@other.test>... Relaying temporarily denied. Cannot resolve PTR record for "
       "198.51.100.7"},
  };
  for (const auto& one : cases) {
    Scene scene;
    scene.peer.resolve = one.resolve;
    if (one.may_authenticate) scene.site.trusted_mechanisms = {"PLAIN"};
    EXPECT_EQ(outcome(scene.to("u@other.test")), one.want);
  }
}

TEST(RecipientPolicy, RelaysForWhomItIsTold) {
  using Prepare = void (*)(Scene&);
  const struct {
    std::string_view rule;
    Prepare prepare;
  } cases[] = {
      {"access:Connect:partner.test", [](Scene& s) { s.map.set("Connect:partner.test", "RELAY"); }},
      {"access:198.51.100", [](Scene& s) { s.map.set("198.51.100", "RELAY"); }},
      {"access:To:other.test", [](Scene& s) { s.map.set("To:other.test", "RELAY"); }},
      {"access:To:test", [](Scene& s) { s.map.set("To:test", "RELAY"); }},
      {"class R", [](Scene& s) { s.site.relay_domains = {"198.51"}; }},
      {"class R", [](Scene& s) { s.site.relay_domains = {"partner.test"}; }},
      {"class R", [](Scene& s) { s.site.relay_domains = {"other.test"}; }},
      {"local client", [](Scene& s) { s.peer.remote.ip = *IpAddress::parse("::1"); }},
      {"class w", [](Scene& s) { s.peer.remote.ip = *IpAddress::parse("2001:db8::25"); }},
      {"class w", [](Scene& s) { s.peer.name = "mx.example.org"; }},
      {"promiscuous_relay", [](Scene& s) { s.site.promiscuous_relay = true; }},
      {"TRUST_AUTH_MECH plain",
       [](Scene& s) {
         s.site.trusted_mechanisms = {"PLAIN"};
         s.auth.mechanism = "plain";
       }},
      {"relay_local_from",
       [](Scene& s) {
         s.site.relay_local_from = true;
         s.sender = "a@example.org";
       }},
  };
  for (const auto& one : cases) {
    Scene scene;
    one.prepare(scene);
    const auto verdict = scene.to("u@other.test");
    EXPECT_EQ(verdict.action, Action::relay) << one.rule << outcome(verdict);
    EXPECT_EQ(verdict.rule, one.rule);
  }
}

TEST(RecipientPolicy, DoesNotRelayForWhomItIsNotTold) {
  using Prepare = void (*)(Scene&);
  const Prepare cases[] = {
      [](Scene& s) { s.map.set("Connect:partner.test", "OK"); },
      [](Scene& s) { s.map.set("To:other.test", "OK"); },
      [](Scene& s) { s.map.set("From:other.test", "RELAY"); },
      [](Scene& s) { s.map.set("Connect:198.51.10", "RELAY"); },
      [](Scene& s) { s.map.set("Connect:198.51.100.", "RELAY"); },
      [](Scene& s) { s.map.set("Connect:198.51.101.0/24", "RELAY"); },
      [](Scene& s) {
        s.site.relay_domains = {"98.51", "198.5", "artner.test", ""};
      },
      [](Scene& s) { s.peer.remote.ip = *IpAddress::parse("127.0.0.2"); },
      [](Scene& s) { s.auth.mechanism = "PLAIN"; },
      [](Scene& s) {
        s.map.set("Connect:partner.test", "RELAY");
        s.peer.resolve = mail::Resolve::forged;
      },
      [](Scene& s) {
        s.peer.name = "mx.example.org";
        s.peer.resolve = mail::Resolve::forged;
      },
      [](Scene& s) {
        s.site.relay_hosts_only = true;
        s.site.relay_domains = {"partner.test", "198.51.100"};
        s.map.set("To:test", "RELAY");
      },
      [](Scene& s) { s.sender = "a@example.org"; },
  };
  int number = 0;
  for (const auto prepare : cases) {
    Scene scene;
    prepare(scene);
    EXPECT_TRUE(scene.to("u@other.test").rejected()) << "case " << number;
    ++number;
  }
}

TEST(RecipientPolicy, TrustedClientsMayUseForwardingAddresses) {
  Scene scene;
  scene.map.set("Connect:partner.test", "RELAY");
  EXPECT_EQ(outcome(scene.to("u%other.test@example.org")), "relay");
}

TEST(RecipientPolicy, ObeysEntriesWhereRecipientsAreChecked) {
  Scene scene;
  scene.map.set("To:gone@", "REJECT");
  EXPECT_EQ(outcome(scene.to("gone@example.org")), "pass");
  scene.site.check_recipients = true;
  EXPECT_EQ(outcome(scene.to("gone@example.org")),
            "550 5.2.1 <gone@example.org>... Mailbox disabled for this recipient");
  EXPECT_TRUE(scene.to("gone@other.test").reply.text.contains("Relaying denied"));
  scene.map.set("To:held@example.org", "QUARANTINE:look");
  EXPECT_EQ(outcome(scene.to("held@example.org")), "quarantine: look");
  scene.map.set("To:held@other.test", "QUARANTINE:look");
  EXPECT_TRUE(scene.to("held@other.test").rejected());
  scene.map.set("To:late@", "ERROR:4.2.1:450 later");
  EXPECT_EQ(outcome(scene.to("late@example.org")), "450 4.2.1 <late@example.org>... later");
}

TEST(RecipientPolicy, SaysLaterWhenTheMapFails) {
  Scene scene;
  scene.map.fail();
  EXPECT_EQ(outcome(scene.to("u@other.test")), kMapFailed);
  EXPECT_EQ(outcome(scene.to("u@example.org")), "pass");  // no question was asked
  scene.site.check_recipients = true;
  EXPECT_EQ(outcome(scene.to("u@example.org")), kMapFailed);
}

TEST(DelayedChecks, RunAtTheRecipientWithItsAddress) {
  Scene scene;
  scene.site.delay_checks = Delay::all;
  scene.map.set("Connect:partner.test", "REJECT");
  EXPECT_EQ(outcome(scene.connect()), "pass");
  EXPECT_EQ(outcome(scene.to("u@example.org")), "550 5.7.1 <u@example.org>... Access denied");
  scene.site.delay_checks = Delay::friend_;
  scene.map.set("Spam:u@", "FRIEND");
  EXPECT_EQ(outcome(scene.to("u@example.org")), "pass");
  EXPECT_NE(outcome(scene.to("v@example.org")), "pass");
}

TEST(DelayedChecks, SpareAuthenticatedClients) {
  Scene scene;
  scene.site.delay_checks = Delay::all;
  scene.map.set("Connect:partner.test", "REJECT");
  scene.site.trusted_mechanisms = {"PLAIN"};
  scene.auth.mechanism = "PLAIN";
  EXPECT_EQ(outcome(scene.to("u@other.test")), "relay");
  scene.map.set("TLS_Clt:", "ENCR:112");
  EXPECT_EQ(outcome(scene.to("u@other.test")), "454 4.7.0 encryption too weak 0 less than 112");
}

TEST(DelayedChecks, JudgeTheSenderDomainToo) {
  Scene scene;
  scene.site.delay_checks = Delay::all;
  scene.sender = "a@gone.test";
  scene.sender_domain = DomainState::no_such_domain;
  EXPECT_EQ(outcome(scene.from("a@gone.test", DomainState::no_such_domain)), "pass");
  EXPECT_EQ(outcome(scene.to("u@example.org")),
            "553 5.1.8 <u@example.org>... Domain of sender address a@gone.test does not exist");
}

TEST(MailHostPolicy, RefusesSendersThatNobodyCanAnswer) {
  using State = MailHosts::State;
  const auto ip = [](std::string_view text) { return *IpAddress::parse(text); };
  Scene scene;
  EXPECT_EQ(sender_hosts_to_ask(scene.access(), scene.site, scene.client(), "a@far.test"), "");
  scene.site.bad_mx = *Pattern::make(R"(^(127\.|10\.))");
  scene.site.accept_unresolvable_domains = true;
  scene.map.set("From:friend.test", "OK");
  const std::pair<std::string_view, std::string_view> asked[] = {
      {"a@far.test", "far.test"}, {"a@friend.test", ""},
      {"a@example.org", ""},      {"", ""},
      {"a@[192.0.2.1]", ""},      {"a", ""}};
  for (const auto& [sender, domain] : asked) {
    EXPECT_EQ(sender_hosts_to_ask(scene.access(), scene.site, scene.client(), sender), domain);
  }
  const struct {
    MailHosts hosts;
    std::string_view want;
  } cases[] = {
      {{State::not_asked, {}, {}}, "pass"},
      {{State::known, {"mx.far.test"}, {ip("192.0.2.1")}}, "pass"},
      {{State::known, {"mx.far.test"}, {ip("192.0.2.1"), ip("127.0.0.1")}},
       "550 5.1.2 <a@far.test>... Invalid MX record for far.test"},
      {{State::known, {"mx.far.test", "192.0.2.1"}, {}},
       "550 5.1.2 <a@far.test>... Illegal MX record for far.test"},
      {{State::known, {""}, {}}, "550 5.1.2 <a@far.test>... Illegal MX record for far.test"},
      {{State::temporary, {}, {}}, "450 4.1.2 <a@far.test>... MX lookup failure for far.test"},
  };
  for (const auto& one : cases) {
    auto client = scene.client();
    client.sender_hosts = &one.hosts;
    EXPECT_EQ(outcome(check_sender(scene.access(), scene.site, client, "a@far.test", "<a@far.test>",
                                   DomainState::not_asked)),
              one.want);
  }
}

TEST(MailHostPolicy, RelaysForDomainsThatNameUs) {
  using State = MailHosts::State;
  Scene scene;
  const auto ask = [&scene](std::string_view to) {
    return recipient_hosts_to_ask(scene.access(), scene.site, scene.client(), to);
  };
  EXPECT_EQ(ask("u@far.test"), "");
  scene.site.relay_based_on_mx = true;
  scene.map.set("To:open.test", "RELAY");
  EXPECT_EQ(ask("u@far.test"), "far.test");
  for (const auto* to : {"u@example.org", "u@open.test", "u", "u%x@far.test", "u@[192.0.2.1]"}) {
    EXPECT_EQ(ask(to), "") << to;
  }
  const struct {
    MailHosts hosts;
    std::string_view want;
  } cases[] = {
      {{State::not_asked, {}, {}}, "550 5.7.1 <u@far.test>... Relaying denied"},
      {{State::known, {"mx.far.test"}, {}}, "550 5.7.1 <u@far.test>... Relaying denied"},
      {{State::known, {"mx.far.test", "mx.example.org"}, {}}, "relay"},
      {{State::temporary, {}, {}},
       "450 4.4.0 <u@far.test>... Can not check MX records for recipient host far.test"},
  };
  for (const auto& one : cases) {
    auto client = scene.client();
    client.recipient_hosts = &one.hosts;
    EXPECT_EQ(
        outcome(check_recipient(scene.access(), scene.site, client, "u@far.test", "<u@far.test>")),
        one.want);
  }
  scene.map.set("Connect:partner.test", "RELAY");  // who may relay costs no question
  EXPECT_EQ(ask("u@far.test"), "");
}

TEST(RecipientPolicy, MayTakeForwardingAddressesAsTheyAre) {
  Scene scene;
  scene.site.relay_domains = {"inside.test"};
  for (const bool loose : {false, true}) {
    scene.site.loose_relay_check = loose;
    EXPECT_EQ(outcome(scene.to("u%far.test@inside.test")) == "relay", loose);
    EXPECT_EQ(outcome(scene.to("u%far.test@example.org")) == "pass", loose);
  }
}

TEST(CompatPolicy, JudgesSenderAndRecipientTogether) {
  Scene scene;
  const std::pair<std::string_view, std::string_view> entries[] = {
      {"DISCARD:why", "discard"},
      {"DISCARD", "discard"},
      {"TEMP:busy", "451 4.7.0 busy error from check_compat. Try again later"},
      {"ERROR:not you", "554 5.7.0 not you error from check_compat"},
      {"ERROR:550 5.7.9 never", "550 5.7.9 never error from check_compat"},
      {"REJECT", "550 5.7.1 Access denied"},
      {"OK", "pass"},
  };
  const auto judged = [&scene](std::string_view from) {
    return outcome(check_compat(scene.access(), scene.site, from, "U@example.org"));
  };
  for (const auto& [value, want] : entries) {
    scene.map.set("Compat:a@far.test<@>u@example.org", std::string(value));
    scene.site.compat_check = true;
    EXPECT_EQ(judged("A@far.test"), want) << value;
    EXPECT_EQ(judged("b@far.test"), "pass");
    EXPECT_EQ(judged(""), "pass");
    scene.site.compat_check = false;
    EXPECT_EQ(judged("a@far.test"), "pass");
  }
}

TEST(AuthorPolicy, LetsNobodySpeakForOthers) {
  const mail::AuthFacts nobody;
  EXPECT_TRUE(check_author(nobody, "bob").rejected());
  mail::AuthFacts bob;
  bob.mechanism = "PLAIN";
  bob.identity = "bob";
  EXPECT_FALSE(check_author(bob, "bob").rejected());
  EXPECT_EQ(outcome(check_author(bob, "eve")), "550 5.7.1 bob not allowed to act as eve");
}

}  // namespace
}  // namespace signet::policy
