#include "signet/policy/route.h"

#include <gtest/gtest.h>

#include "policy/next_hop.h"
#include "support/fake_table.h"

namespace signet::policy {
namespace {

std::string shown(const NextHop& hop) {
  return (hop.use_mx ? hop.host : "[" + hop.host + "]") + ":" + std::to_string(hop.port);
}

// "local user", "esmtp a:25 [b]:587 | user@host", or the reply.
std::string shown(const Route& route) {
  switch (route.kind) {
    case Route::Kind::mailbox:
      return "local " + route.user;
    case Route::Kind::error:
      return route.error.line();
    case Route::Kind::program:
      return route.mailer + " (" + route.host + ") " + route.user;
    case Route::Kind::remote:
      break;
  }
  std::string text = route.mailer;
  for (const auto& hop : route.hops) text += " " + shown(hop);
  return text + " | " + route.user;
}

TEST(NextHop, ReadsEveryForm) {
  const struct {
    std::string_view text;
    std::string_view want;
  } cases[] = {
      {"mx.Example.org", "mx.example.org:25"},
      {"mx.example.org.", "mx.example.org:25"},
      {"[mx.example.org]", "[mx.example.org]:25"},
      {"mx.example.org:2526", "mx.example.org:2526"},
      {"[mx.example.org]:587", "[mx.example.org]:587"},
      {"[127.0.0.1]:2526", "[127.0.0.1]:2526"},
      {"127.0.0.1", "[127.0.0.1]:25"},
      {"[IPv6:2001:db8::1]:25", "[2001:db8::1]:25"},
      {"[ipv6:2001:db8:0:0:0:0:0:1]", "[2001:db8::1]:25"},
      {"[::1]:2525", "[::1]:2525"},
      {" mx.test ", "mx.test:25"},
  };
  for (const auto& one : cases) {
    const auto hop = parse_next_hop(one.text, 25);
    ASSERT_TRUE(hop) << one.text;
    EXPECT_EQ(shown(*hop), one.want) << one.text;
  }
}

TEST(NextHop, RefusesTheRest) {
  for (const std::string_view text :
       {"", "[]", "[", "]", "[a", "a:0", "a:65536", "a:99999999999999999999", "a b", "a/b", ".a",
        "a:b", "[IPv6:zz]", "a:25:26", "a\r\nb", "[a]b", "a@b"}) {
    EXPECT_FALSE(parse_next_hop(text, 25)) << text;
  }
}

TEST(NextHop, ReadsListsOfHosts) {
  const auto hops = parse_hops("a:b:2525:[::1]:587:[c]", 25);
  ASSERT_TRUE(hops);
  std::string text;
  for (const auto& hop : *hops) text += shown(hop) + " ";
  EXPECT_EQ(text, "a:25 b:2525 [::1]:587 [c]:25 ");
}

class Routes : public testing::Test {
 protected:
  Routes() {
    site.local_domains = {"example.org", "[192.0.2.25]"};
    options.site = &site;
    options.mailertable = &map;
  }
  Route to(std::string_view recipient) {
    auto found = route(options, recipient);
    EXPECT_TRUE(found) << recipient;
    return found ? *found : Route{};
  }

  SiteOptions site;
  test::FakeTable map;
  RouteOptions options;
};

TEST_F(Routes, GoHomeOrToTheMx) {
  const struct {
    std::string_view recipient;
    std::string_view want;
    std::string_view rule;
  } cases[] = {
      {"ann", "local ann", "unqualified"},
      {"ann+x@Example.ORG", "local ann+x", "class w"},
      {"ann@[192.0.2.25]", "local ann", "class w"},
      {"bob@Other.test.", "esmtp other.test:25 | bob@other.test", "MX"},
      {"bob@[203.0.113.9]", "esmtp [203.0.113.9]:25 | bob@[203.0.113.9]", "address literal"},
      {"bob@[IPv6:2001:db8::9]", "esmtp [2001:db8::9]:25 | bob@[ipv6:2001:db8::9]",
       "address literal"},
      {"bob@bad/host", "550 5.1.2 Host unknown", "syntax"},
      {"", "553 5.1.3 Invalid recipient address", "syntax"},
  };
  for (const auto& one : cases) {
    const auto route = to(one.recipient);
    EXPECT_EQ(shown(route), one.want) << one.recipient;
    EXPECT_EQ(route.rule, one.rule) << one.recipient;
  }
}

TEST_F(Routes, FollowTheMailertable) {
  const struct {
    std::string_view key;
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"b.a.test", "esmtp:[10.0.0.1]:2526", "esmtp [10.0.0.1]:2526 | u@b.a.test"},
      {"b.a.test", "smtp:mx1.test:mx2.test", "smtp mx1.test:25 mx2.test:25 | u@b.a.test"},
      {".a.test", "relay:%1.inside.test", "relay b.inside.test:25 | u@b.a.test"},
      {".test", "relay:%1.inside", "relay b.a.inside:25 | u@b.a.test"},
      {".", "relay:hub", "relay hub:25 | u@b.a.test"},
      {"a.test", "relay:hub", "esmtp b.a.test:25 | u@b.a.test"},
      {"b.a.test", "esmtp:", "esmtp b.a.test:25 | u@b.a.test"},
      {"b.a.test", "local:ann", "local ann"},
      {"b.a.test", "local:", "local u"},
      {"b.a.test", "error:5.7.0:550 no mail here", "550 5.7.0 no mail here"},
      {"b.a.test", "error:5.1.1 gone", "550 5.1.1 gone"},
      {"b.a.test", "error:4.7.1 later", "450 4.7.1 later"},
      {"b.a.test", "error:nohost no such place", "550 5.1.2 no such place"},
      {"b.a.test", "error:nohost:no such place", "550 5.1.2 no such place"},
      {"b.a.test", "error:just words", "553 5.3.0 just words"},
      {"b.a.test", "local:ann@else.test", "local ann"},
      {"b.a.test", "esmtp:joe@[10.0.0.1]:2526", "esmtp [10.0.0.1]:2526 | joe@[10.0.0.1]"},
      {"b.a.test", "esmtp:@hub.test", "451 4.3.5 Local configuration error: esmtp:@hub.test"},
      {"b.a.test", "smtp:x%1.%0", "smtp x.b.a.test:25 | u@b.a.test"},
      {".test", "smtp:%1.in%2%0", "smtp b.a.ina.test:25 | u@b.a.test"},
      {".", "smtp:%1.inside%2", "smtp b.a.test.inside:25 | u@b.a.test"},
      {".test", "smtp:%3h%%", "451 4.3.5 Local configuration error: smtp:h%"},
      {"b.a.test", "procmail:/etc/x", "451 4.3.5 Local configuration error: procmail:/etc/x"},
      {"b.a.test", "hub.test", "451 4.3.5 Local configuration error: hub.test"},
      {"b.a.test", "esmtp:a b", "451 4.3.5 Local configuration error: esmtp:a b"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{one.key, one.value}};
    EXPECT_EQ(shown(to("u@b.a.test")), one.want) << one.key << " " << one.value;
  }
}

TEST_F(Routes, LeadToMailersThatArePrograms) {
  site.program_mailers = {"procmail", "fax", "cyrus"};
  const struct {
    std::string_view value;
    std::string_view want;
  } cases[] = {
      {"procmail:/etc/Rules/%1", "procmail (/etc/Rules/b.a) U+x@b.a.test"},
      {"Procmail:", "procmail (b.a.test) U+x@b.a.test"},
      {"fax:5551234", "fax (5551234) U+x@b.a.test"},
      {"fax:clerk@5551234", "fax (5551234) clerk@5551234"},
      {"cyrus:Archive", "cyrus (Archive) U+x"},
      {"cyrus:clerk@Archive", "cyrus (Archive) clerk"},
      {"pigeon:loft", "451 4.3.5 Local configuration error: pigeon:loft"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{".test", one.value}};
    const auto route = to("U+x@b.a.test");
    EXPECT_EQ(shown(route), one.want) << one.value;
    EXPECT_EQ(route.rule, "mailertable:.test");
  }
  options.smart_host = "fax:555";
  EXPECT_EQ(shown(to("bob@other.example")), "fax (555) bob@other.example");
  site.local_mail.luser_relay = "procmail:/etc/nobody";
  EXPECT_EQ(shown(*route_unknown_user(options, "ann", "ann@example.org")),
            "procmail (/etc/nobody) ann@example.org");
}

class RoutesToPrograms : public Routes {
 protected:
  // As of A=news $h $u and flag s.
  RoutesToPrograms() {
    site.program_mailers = {"news", "cyrus"};
    site.is_option = [](std::string_view mailer, std::string_view host, std::string_view user) {
      user.remove_prefix(std::min(user.find_first_not_of("\"\\"), user.size()));
      return mailer == "news" && (host.starts_with('-') || user.starts_with('-'));
    };
  }
};

TEST_F(RoutesToPrograms, KnowWhoIsAnOption) {
  map = test::FakeTable{{"a.test", "news:x"},
                        {".name.test", "news:%1"},
                        {"box.test", "cyrus:x"},
                        {"c.test", "news:clerk@x"}};
  const struct {
    std::string_view recipient;
    bool want;
  } cases[] = {
      {"-u@a.test", true},
      {R"("-u"@a.test)", true},
      {R"("\-u"@a.test)", true},
      {"u@a.test", false},
      {"u-x@a.test", false},
      {"u@-b.name.test", true},
      {"u@b-.name.test", false},
      {"-u@box.test", false},
      {"-u@c.test", false},
      {"-u@else.test", false},
      {"-u@example.org", false},
      {R"("")", false},
      {"", false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(is_option_of_program(options, one.recipient), one.want) << one.recipient;
  }
  map.fail();
  EXPECT_FALSE(is_option_of_program(options, "-u@a.test"));
  site.is_option = {};
  EXPECT_FALSE(is_option_of_program(options, "-u@a.test"));
}

TEST_F(RoutesToPrograms, WaitWhereTheEntryItselfIsAnOption) {
  const struct {
    std::string_view value;
    std::string_view recipient;
    std::string_view want;
  } cases[] = {
      {"news:-x", "u@b.test", "451 4.3.5 Local configuration error: news:-x"},
      {"news: -%1", "u@b.test", "451 4.3.5 Local configuration error: news: -b"},
      {"news:-x@host", "u@b.test", "451 4.3.5 Local configuration error: news:-x@host"},
      {"news:user@-x", "u@b.test", "451 4.3.5 Local configuration error: news:user@-x"},
      // What the mail says is no fault of the entry.
      {"news:%1", "u@-b.test", "news (-b) u@-b.test"},
      {"news:x", "-u@b.test", "news (x) -u@b.test"},
      {"news:", "-u@-b.test", "news (-b.test) -u@-b.test"},
      {"cyrus:-x", "u@b.test", "cyrus (-x) u"},
  };
  for (const auto& one : cases) {
    map = test::FakeTable{{".test", one.value}};
    EXPECT_EQ(shown(to(one.recipient)), one.want) << one.value;
  }
  site.local_mail.luser_relay = "news:-x";
  EXPECT_EQ(shown(*route_unknown_user(options, "ann", "ann@example.org")),
            "451 4.3.5 Local configuration error: news:-x");
}

TEST_F(Routes, PreferTheNearestEntryAndNameIt) {
  map = test::FakeTable{{".a.test", "relay:near"}, {".test", "relay:far"}, {".", "relay:all"}};
  EXPECT_EQ(to("u@b.a.test").rule, "mailertable:.a.test");
  EXPECT_EQ(to("u@a.test").rule, "mailertable:.test");
  EXPECT_EQ(to("u@else").rule, "mailertable:.");
}

TEST_F(Routes, UseTheSmartHostForTheRest) {
  const struct {
    std::string_view smart_host;
    std::string_view want;
  } cases[] = {
      {"[relay.test]:587", "relay [relay.test]:587 | u@a.test"},
      {"relay.test", "relay relay.test:25 | u@a.test"},
      {"relay.test:2526", "relay relay.test:2526 | u@a.test"},
      {"esmtp:[relay.test]", "esmtp [relay.test]:25 | u@a.test"},
      {"smtp:a.test:b.test", "smtp a.test:25 b.test:25 | u@a.test"},
      {"no good", "451 4.3.5 Local configuration error: no good"},
      {"esmtp:all@relay.test", "esmtp relay.test:25 | all@relay.test"},
      {"example.org", "esmtp a.test:25 | u@a.test"},
      {"error:5.7.1:550 not today", "550 5.7.1 not today"},
  };
  for (const auto& one : cases) {
    options.smart_host = one.smart_host;
    EXPECT_EQ(shown(to("u@a.test")), one.want) << one.smart_host;
  }
  EXPECT_EQ(shown(to("u@example.org")), "local u");
}

// What sendmail's rulesets 0 and 5 answer; the system test asks it.
TEST_F(Routes, SendLocalMailToTheHub) {
  struct Want {
    std::string_view recipient;
    std::string_view want;
  };
  const struct {
    std::string_view name;
    LocalMail local;
    std::vector<Want> wants;
  } cases[] = {
      {"hub",
       {.hub = "hub.test", .relay = "unused.test", .luser_relay = {}, .users = {"root"}},
       {{"root", "local root"},
        {"Root@example.org", "local Root"},
        {"ann", "relay hub.test:25 | ann@hub.test"},
        {"Ann+X@Example.org", "relay hub.test:25 | ann+x@hub.test"},
        {"root+x", "relay hub.test:25 | root+x@hub.test"},
        {"bob@a.test", "esmtp a.test:25 | bob@a.test"}}},
      {"address",
       {.hub = "smtp:[192.0.2.1]:2525", .relay = {}, .luser_relay = {}, .users = {}},
       {{"ann", "smtp [192.0.2.1]:2525 | ann@[192.0.2.1]"}}},
      {"name in brackets",
       {.hub = "esmtp:[Hub.test]", .relay = {}, .luser_relay = {}, .users = {}},
       {{"ann", "esmtp [hub.test]:25 | ann@hub.test"}}},
      {"user",
       {.hub = "esmtp:all@hub.test", .relay = {}, .luser_relay = {}, .users = {}},
       {{"ann@example.org", "esmtp hub.test:25 | all@hub.test"}}},
      {"ourselves",
       {.hub = "Example.org", .relay = "unused.test", .luser_relay = {}, .users = {}},
       {{"ann", "local ann"}}},
      {"broken",
       {.hub = "no good", .relay = {}, .luser_relay = {}, .users = {}},
       {{"ann", "451 4.3.5 Local configuration error: no good"}}},
      {"sticky hub",
       {.hub = "hub.test", .relay = {}, .luser_relay = {}, .users = {"root"}, .sticky = true},
       {{"root", "local root"},
        {"root@example.org", "relay hub.test:25 | root@example.org"},
        {"ann", "relay hub.test:25 | ann@hub.test"},
        {"ann+x@example.org", "relay hub.test:25 | ann+x@example.org"}}},
      {"sticky relay",
       {.hub = {}, .relay = "relay.test", .luser_relay = {}, .users = {}, .sticky = true},
       {{"ann", "relay relay.test:25 | ann@relay.test"},
        {"ann@example.org", "local ann"},
        {"+x@example.org", "local +x"},
        {R"("ann+x"@example.org)", R"(local "ann+x")"},
        {"ann+x@example.org", "relay relay.test:25 | ann+x@relay.test"}}},
  };
  for (const auto& one : cases) {
    site.local_mail = one.local;
    for (const auto& [recipient, want] : one.wants) {
      EXPECT_EQ(shown(to(recipient)), want) << one.name << " " << recipient;
    }
  }
}

TEST_F(Routes, KnowWhoTakesTheMailOfNobody) {
  auto& local = site.local_mail;
  const auto nobody = [&](std::string_view recipient) {
    const auto user = find_local_user(options, recipient);
    EXPECT_TRUE(user && *user) << recipient;
    const auto found = route_unknown_user(options, **user, recipient);
    return found ? shown(*found) : std::string("none");
  };
  EXPECT_EQ(nobody("x@example.org"), "none");
  local.luser_relay = "smtp:lost.test";
  local.users = {"lou"};
  EXPECT_EQ(nobody("x@example.org"), "smtp lost.test:25 | x@lost.test");
  EXPECT_EQ(nobody("X+y"), "smtp lost.test:25 | x+y@lost.test");
  EXPECT_EQ(nobody("Lou"), "none");
  local.preserve_luser_host = true;
  EXPECT_EQ(nobody("x@Example.org"), "smtp lost.test:25 | x@example.org");
  EXPECT_EQ(nobody("x"), "smtp lost.test:25 | x@lost.test");
  local.luser_relay = "local:ann";
  EXPECT_EQ(nobody("x"), "local ann");
  local.luser_relay = "error:5.1.1:550 nobody";
  EXPECT_EQ(nobody("x"), "550 5.1.1 nobody");
  local.luser_relay = "example.org";
  EXPECT_EQ(nobody("x"), "none");
}

// What sendmail -bv answers; the system test asks it.
TEST_F(Routes, NameWhoeverHasTheMailboxes) {
  map = test::FakeTable{{"other.test", "local:ann+Work"}};
  const auto boxes = std::make_shared<Mailboxes>(Mailboxes{.mailer = "cyrus", .asks_relays = true});
  site.mailboxes = boxes;
  EXPECT_EQ(shown(to("Ann+Work@example.org")), "cyrus (Work) Ann");
  EXPECT_EQ(to("Ann+Work@example.org").local_user, "Ann+Work");
  EXPECT_EQ(to("ann").rule, "unqualified");
  EXPECT_EQ(to("ann").kind, Route::Kind::program);
  EXPECT_FALSE(to("ann").goes_on());
  EXPECT_EQ(to("ann").way(), Way::local);
  EXPECT_EQ(shown(to("u@other.test")), "cyrus (Work) ann");
  EXPECT_EQ(*find_local_user(options, "u@other.test"), "ann+Work");
  EXPECT_EQ(shown(to("+x@example.org")), "cyrus () +x");
  EXPECT_EQ(shown(to("\"a+b\"@example.org")), "cyrus () \"a+b\"");
  site.local_mail.whole_names = true;
  EXPECT_EQ(shown(to("ann+Work")), "cyrus () ann+Work");
  site.local_mail = {.hub = "hub.test", .relay = {}, .luser_relay = {}, .users = {}};
  EXPECT_EQ(shown(to("ann")), "relay hub.test:25 | ann@hub.test");
  boxes->asks_relays = false;
  EXPECT_EQ(shown(to("ann+Work")), "cyrus () ann+Work");

  boxes->mailer = "cyrusv2";
  boxes->hop = NextHop{.host = "/run/lmtp", .use_mx = false, .port = 0, .lmtp = true};
  EXPECT_EQ(shown(to("Ann+Work")), "cyrusv2 [/run/lmtp]:0 | Ann+Work");
  EXPECT_TRUE(to("ann").hops.front().lmtp);
  EXPECT_EQ(to("ann").local_user, "ann");
  EXPECT_FALSE(to("ann").goes_on());
}

// The same.
TEST_F(Routes, AskForAccountsWhereMailboxesAreElsewhere) {
  map = test::FakeTable{{"other.test", "local:nobody"}, {"box.test", "cyrus:Archive"}};
  const auto accounts = std::make_shared<test::FakeTable>(test::FakeTable{{"ann", "ann"}});
  const auto boxes = std::make_shared<Mailboxes>(
      Mailboxes{.mailer = "cyrus", .asks_relays = true, .accounts = accounts});
  site.mailboxes = boxes;
  site.program_mailers = {"cyrus"};
  auto& local = site.local_mail;
  local.luser_relay = "smtp:lost.test";
  local.users = {"lou"};
  EXPECT_EQ(shown(to("Ann+Work@example.org")), "cyrus (Work) Ann");
  EXPECT_EQ(shown(to("Nobody+y@example.org")), "smtp lost.test:25 | nobody+y@lost.test");
  EXPECT_EQ(to("nobody").rule, "LUSER_RELAY");
  EXPECT_TRUE(to("nobody").goes_on());
  EXPECT_EQ(shown(to("u@other.test")), "smtp lost.test:25 | nobody@lost.test");
  EXPECT_EQ(*find_local_user(options, "nobody@example.org"), "nobody");
  EXPECT_EQ(shown(to("u@box.test")), "cyrus (Archive) u");
  EXPECT_EQ(shown(to("Lou")), "cyrus () Lou");
  local.luser_relay = "local:ann+lost";
  EXPECT_EQ(shown(to("nobody")), "cyrus (lost) ann");
  local.luser_relay = "error:5.1.1:550 nobody";
  EXPECT_EQ(shown(to("nobody")), "550 5.1.1 nobody");
  boxes->asks_relays = false;
  EXPECT_FALSE(route_unknown_user(options, "nobody", "nobody"));
  accounts->fail();
  EXPECT_FALSE(route(options, "ann"));
  EXPECT_TRUE(route(options, "ann@far.test"));
  EXPECT_EQ(shown(*route_before_aliases(options, "list@example.org")), "cyrus () list");
}

TEST_F(Routes, TellWhereSomebodyHasMoved) {
  EXPECT_EQ(to("u@new.test.REDIRECT").rule, "MX");
  site.local_mail.redirect = true;
  EXPECT_EQ(shown(to("u@new.test.REDIRECT")), "551 5.1.1 User has moved; please try <u@new.test>");
  EXPECT_EQ(to("u@redirect").rule, "MX");
}

TEST_F(Routes, EachMailerHasItsPort) {
  options.port = 2525;
  options.smart_host = "relay.test";
  EXPECT_EQ(shown(to("u@a.test")), "relay relay.test:2525 | u@a.test");
  options.smtp_port = 2526;
  options.relay_port = 2527;
  EXPECT_EQ(shown(to("u@a.test")), "relay relay.test:2527 | u@a.test");
  options.smart_host = "smtp:relay.test";
  EXPECT_EQ(shown(to("u@a.test")), "smtp relay.test:2526 | u@a.test");
  options.smart_host = "esmtp:relay.test";
  EXPECT_EQ(shown(to("u@a.test")), "esmtp relay.test:2525 | u@a.test");
}

TEST_F(Routes, MailersHaveTheNamesOfTheSite) {
  options.smtp_mailer = "smtp";
  options.smtp_port = 2526;
  EXPECT_EQ(shown(to("u@a.test")), "smtp a.test:2526 | u@a.test");
  options.relay_mailer = "smtp8";
  options.smtp8_port = 2528;
  options.smart_host = "relay.test";
  EXPECT_EQ(shown(to("u@a.test")), "smtp8 relay.test:2528 | u@a.test");
  options.smart_host = "relay:relay.test";
  EXPECT_EQ(shown(to("u@a.test")), "relay relay.test:25 | u@a.test");
}

TEST_F(Routes, WaitWhenTheMailertableFails) {
  map.fail();
  EXPECT_FALSE(route(options, "u@a.test"));
  EXPECT_TRUE(route(options, "u@example.org"));
}

TEST(AuthInfo, ReadsEveryForm) {
  const struct {
    std::string_view value;
    std::string_view want;  // user/id/password/realm/mechanisms
  } cases[] = {
      {"\"U:bob\" \"P=c2VjcmV0\"", "bob/bob/secret//"},
      {"\"U:bob\" \"I:id\" \"P:my word\" \"R:r\" \"M:plain LOGIN\"",
       "bob/id/my word/r/PLAIN LOGIN"},
      {"\"I:id\" \"P:x\"", "id/id/x//"},
      {"U:bob P:x", "bob/bob/x//"},
      {"\"u:bob\"\"p:x\"", "bob/bob/x//"},
      {"\"U=Ym9i\" \"P:\"", "bob/bob///"},
  };
  for (const auto& one : cases) {
    const test::FakeTable map{{"AuthInfo:relay.test", one.value}};
    const auto info = find_auth_info({&map, {}}, nullptr, "mx.relay.test", {});
    ASSERT_TRUE(info && *info) << one.value;
    std::string text = (*info)->user + "/" + (*info)->authid + "/" +
                       std::string((*info)->password.reveal()) + "/" + (*info)->realm + "/";
    for (const auto& mechanism : (*info)->mechanisms) {
      text += (text.back() == '/' ? "" : " ") + mechanism;
    }
    EXPECT_EQ(text, one.want);
  }
}

TEST(AuthInfo, RefusesBrokenEntriesWithoutShowingThem) {
  for (const std::string_view value :
       {"", "\"P:hidden\"", "\"U:bob\"", "\"U:bob\" \"P:hidden", "\"U:bob\" \"P=hidden\"",
        "\"U:bob\" \"Phidden\"", "\"X:hidden\"", "\"U:a\" \"U:b\" \"P:hidden\"", "U"}) {
    const test::FakeTable map{{"AuthInfo:relay.test", value}};
    const auto info = find_auth_info({&map, {}}, nullptr, "relay.test", {});
    ASSERT_FALSE(info) << value;
    EXPECT_FALSE(info.error().what.contains("hidden")) << info.error().what;
  }
}

TEST(AuthInfo, PrefersTheNameThenTheAddressThenTheTagAlone) {
  const auto address = *IpAddress::parse("192.0.2.9");
  test::FakeTable map{{"AuthInfo:", "U:all P:x"}};
  const auto user = [&](const table::Table* feature) {
    const auto info = find_auth_info({&map, {}}, feature, "mx.relay.test.", address);
    return info && *info ? (*info)->user : std::string("none");
  };
  EXPECT_EQ(user(nullptr), "all");
  map.set("AuthInfo:192.0", "U:net P:x");
  EXPECT_EQ(user(nullptr), "net");
  EXPECT_EQ(user(&map), "all");  // FEATURE(authinfo): exact keys
  map.set("AuthInfo:192.0.2.9", "U:host P:x");
  EXPECT_EQ(user(&map), "host");
  map.set("AuthInfo:mx.relay.test", "U:name P:x");
  EXPECT_EQ(user(nullptr), "name");
  EXPECT_EQ(user(&map), "name");
}

TEST(AuthInfo, FailsWhenTheMapFails) {
  test::FakeTable map;
  map.fail();
  EXPECT_FALSE(find_auth_info({&map, {}}, nullptr, "relay.test", {}));
}

TEST(Routing, BySenderBehindTheMailertable) {
  SiteOptions site;
  site.local_domains = {"us.test"};
  const test::FakeTable routes{{"fixed.test", "esmtp:[fixed.next]"}};
  test::FakeTable senders{{"boss@us.test", "esmtp:[boss.next]:587"},
                          {"@us.test", "relay:[us.next]"},
                          {"@no.test", "error:5.7.1:550 not from there"}};
  const struct {
    std::string_view sender;
    std::string_view to;
    std::string_view want;
  } cases[] = {
      {"Boss@US.test", "a@far.test", "esmtp [boss.next]:587 | a@far.test"},
      {"bob@us.test", "a@far.test", "relay [us.next]:25 | a@far.test"},
      {"bob@us.test", "a@fixed.test", "esmtp [fixed.next]:25 | a@fixed.test"},
      {"bob@us.test", "alice@us.test", "local alice"},
      {"bob@else.test", "a@far.test", "relay [hub.test]:25 | a@far.test"},
      {"", "a@far.test", "relay [hub.test]:25 | a@far.test"},
      {"x@no.test", "a@far.test", "550 5.7.1 not from there"},
  };
  for (const auto& one : cases) {
    const auto found = route({.site = &site,
                              .mailertable = &routes,
                              .sendertable = &senders,
                              .sender = one.sender,
                              .smart_host = "[hub.test]"},
                             one.to);
    ASSERT_TRUE(found);
    EXPECT_EQ(shown(*found), one.want) << one.sender << " " << one.to;
  }
  senders.fail();
  EXPECT_FALSE(
      route({.site = &site, .sendertable = &senders, .sender = "a@b.test", .smart_host = {}},
            "a@far.test"));
}

}  // namespace
}  // namespace signet::policy
