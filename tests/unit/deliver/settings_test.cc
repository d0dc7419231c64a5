// What settings change about the way of a message: whom it goes to when nobody answers, when it is
// tried, who hears of it.
#include "signet/deliver/options.h"
#include "support/temporary_directory.h"
#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

using namespace std::chrono_literals;

class SearchTest : public CourierTest {
 protected:
  // Nobody listens at mx1; mx2 does.
  SearchTest() : mx2(server(2)) {
    name(1);
    mx("dead.test", {1});
    resolver.add_mx("ours.test", 10, "mx.spec.test");
    resolver.add_mx("backup.test", 5, "mx1.dest.test");
    resolver.add_mx("backup.test", 10, "mx.spec.test");
    resolver.add_mx("nullmx.test", 0, "");
    resolver.fail("tempfail.test");
  }
  policy::NextHop hop(std::string_view text) { return *policy::parse_next_hop(text, options.port); }
  // The end of the to= line about this recipient.
  std::string fate_of(const std::string& recipient) {
    submit({recipient});
    const std::string to = "to=<" + recipient + ">";
    EXPECT_TRUE(wait_for_line({to}));
    const auto line = log.line_with({to});
    return line.substr(line.find("relay="));
  }

  ScriptedServer& mx2;
};

TEST_F(SearchTest, FallbackMxStandsBehindTheMxOfADomain) {
  options.search.fallback_mx = hop("[mx2.dest.test]");
  for (const char* domain : {"dead.test", "nonexist.test", "tempfail.test"}) {
    SCOPED_TRACE(domain);
    EXPECT_NE(
        fate_of(std::string("x@") + domain).find("relay=mx2.dest.test. [127.0.3.2], dsn=2.0.0"),
        std::string::npos);
  }
  // Not where the list leads to us or nowhere.
  EXPECT_NE(fate_of("x@ours.test").find("dsn=5.3.5"), std::string::npos);
  EXPECT_NE(fate_of("x@backup.test").find("dsn=4.4.1"), std::string::npos);
  EXPECT_NE(fate_of("x@nullmx.test").find("dsn=5.1.10"), std::string::npos);
}

// A doubt about the domain of the mail is none about a fallback that does not exist.
TEST_F(SearchTest, AFallbackThatDoesNotExistBouncesNothing) {
  options.search.fallback_mx = hop("typo.test");
  options.search.fallback_smart_host = hop("[slip.test]");
  EXPECT_NE(fate_of("x@tempfail.test").find("dsn=4."), std::string::npos);
  EXPECT_NE(fate_of("x@nonexist.test").find("(Name server: nonexist.test"), std::string::npos)
      << fate_of("x@nonexist.test");
}

TEST_F(SearchTest, FallbackMxMayHaveMxOfItsOwn) {
  mx("fallback.test", {1, 2});
  options.search.fallback_mx = hop("fallback.test");
  EXPECT_NE(fate_of("x@dead.test").find("relay=mx2.dest.test."), std::string::npos);
}

TEST_F(SearchTest, FallbackMxIsNotAskedByItself) {
  options.search.fallback_mx = hop("mx.spec.test");
  EXPECT_NE(fate_of("x@dead.test").find("Connection refused by mx1.dest.test."), std::string::npos);
  EXPECT_NE(fate_of("x@nonexist.test").find("Host unknown"), std::string::npos);
}

TEST_F(SearchTest, FallbackSmartHostGetsWhatCannotBeDelivered) {
  options.search.fallback_smart_host = hop("[mx2.dest.test]");
  for (const char* domain : {"dead.test", "nonexist.test", "tempfail.test", "backup.test"}) {
    SCOPED_TRACE(domain);
    EXPECT_NE(
        fate_of(std::string("x@") + domain).find("relay=mx2.dest.test. [127.0.3.2], dsn=2.0.0"),
        std::string::npos);
  }
}

TEST_F(SearchTest, TryNullMxListTakesTheAddressOfADomainThatNamesUs) {
  options.search.try_null_mx_list = true;
  resolver.add_address("ours.test", "127.0.3.2");
  EXPECT_NE(fate_of("x@ours.test").find("relay=ours.test. [127.0.3.2], dsn=2.0.0"),
            std::string::npos);
}

TEST_F(SearchTest, ConnectOnlyToReplacesEveryAddress) {
  options.search.connect_only_to = *IpAddress::parse("127.0.3.2");
  EXPECT_NE(fate_of("x@dead.test").find("relay=mx1.dest.test. [127.0.3.2], dsn=2.0.0"),
            std::string::npos);
  EXPECT_NE(fate_of("x@[127.0.3.1]").find("dsn=2.0.0"), std::string::npos);
}

// A server that says nothing takes all the time there is for the first host.
TEST_F(SearchTest, StopsConnectingWhenTheTimeForAllIsOver) {
  mx("slow.test", {2, 3});
  auto& mx3 = server(3);
  mx2.script.greeting = "";
  session.greeting_timeout = 1s;
  options.all_connects_timeout = 1s;
  EXPECT_NE(fate_of("x@slow.test").find("relay=mx2.dest.test."), std::string::npos);
  EXPECT_EQ(mx3.connections, 0U);
}

// ---- when ----

TEST_F(CourierTest, HoldsWhatIsExpensiveForAQueueRun) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.mailers["esmtp"].expensive = true;
  const auto id = submit({"x@d1.test", "bob@mx.spec.test"});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({id, "to=<x@d1.test>, ", "mailer=esmtp, ", "stat=queued"}), "");
  EXPECT_EQ(agent.letters.size(), 1U);
  EXPECT_EQ(mx1.connections, 0U);
  courier->run_queue();
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
}

TEST_F(CourierTest, ARunThatIsAskedForTriesNoMoreThanItMay) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.mode = Mode::queue_only;
  options.run_queue = false;
  options.most_in_run = 2;
  for (int i = 0; i < 3; ++i) submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(3));
  test::run_rounds(loop);
  courier->run_queue();
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  test::run_rounds(loop);
  EXPECT_EQ(spool.messages().size(), 1U);
}

TEST_F(CourierTest, GoesByTheUrgencyOfAMessage) {
  options.port = server(1).address.port;
  servers.clear();
  mx("d1.test", {1});
  options.retry.urgent = {.expire = 1h, .warn = 10min};
  options.retry.non_urgent = {.expire = 24h * 7, .warn = 0s};
  struct UrgencyCase {
    const char* field;
    std::chrono::seconds age;
    const char* want;  // in the log; empty: nothing is said
  };
  const UrgencyCase cases[] = {
      {"Priority: urgent\r\n", 2h, "sender notify: Cannot send message for 1 hour"},
      {"Priority: urgent\r\n", 20min, "Warning: could not send message for past 10 minutes"},
      {"Precedence: bulk\r\n", 24h * 6, ""},
      {"", 24h * 6, "sender notify: Cannot send message for 5 days"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.field);
    const auto before = spool.progress().size();
    const auto id = submit_envelope(envelope({"x@d1.test"}, "a@sender.test", one.age),
                                    one.field + std::string("\r\nhello\r\n"));
    if (*one.want == '\0') {
      ASSERT_TRUE(wait_for_progress(before + 1));
      EXPECT_EQ(log.line_with({id, "sender notify"}), "");
    } else {
      EXPECT_TRUE(wait_for_line({id, one.want}));
    }
  }
}

TEST_F(CourierTest, KeepsNoMoreIdleConnectionsThanItMay) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  options.idle_connections = 1;
  options.idle_timeout = 1h;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  ASSERT_TRUE(wait_until_spool_has(0));
  submit({"x@d2.test"});
  EXPECT_TRUE(wait_for([&] { return mx2.was_told("QUIT"); }));
  EXPECT_EQ(mx1.open(), 1U);
  EXPECT_FALSE(mx1.was_told("QUIT"));
}

// ---- what a mailer's line says ----

TEST_F(CourierTest, SplitsRecipientsAndRefusesLargeMailAsTheMailerSays) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.connections_per_hop = 1;
  options.mailers["esmtp"].recipients = 2;
  options.mailers["esmtp"].max_bytes = 100;
  submit({"a@d1.test", "b@d1.test", "c@d1.test"});
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  EXPECT_EQ(mx1.mails[0].to.size(), 2U);
  EXPECT_EQ(mx1.mails[1].to.size(), 1U);
  const auto id = submit_envelope(envelope({"x@d1.test"}), std::string(101, 'x'));
  EXPECT_TRUE(wait_for_line({id, "to=<x@d1.test>", "dsn=5.2.3, stat=Service unavailable"}));
  EXPECT_TRUE(wait_for_line({id, "DSN: Service unavailable"}));
}

// ---- who hears of a failure ----

TEST_F(CourierTest, GivesThePostmasterACopyOfFailures) {
  options.postmaster_copy = "keeper";
  resolver.add_mx("nullmx.test", 0, "");
  const auto id = submit({"x@nullmx.test"});
  ASSERT_TRUE(wait_for_line({id, ": postmaster notify: Service unavailable"}));
  const auto to_keeper = [&] {
    return std::ranges::find(agent.letters, "keeper", &LocalLetter::user);
  };
  ASSERT_TRUE(wait_for([&] { return to_keeper() != agent.letters.end(); }));
  const std::string copy(to_keeper()->content->in_memory());
  EXPECT_NE(copy.find("To: <keeper>\r\n"), std::string::npos) << copy;
  EXPECT_NE(copy.find("Subject: Postmaster notify: see transcript for details\r\n"),
            std::string::npos);
  EXPECT_NE(copy.find("\r\nwith id " + id + "\r\n"), std::string::npos);
  EXPECT_NE(log.line_with({id, ": DSN: Service unavailable"}), "");
  // Neither of what nobody waits for, nor of a report.
  const auto bulk = submit_envelope(envelope({"x@nullmx.test"}), "Precedence: junk\r\n\r\n");
  ASSERT_TRUE(wait_for_line({bulk, ": DSN: Service unavailable"}));
  const auto report = submit({"x@nullmx.test"}, "");
  ASSERT_TRUE(wait_for_line({report, ": return to sender: Service unavailable"}));
  EXPECT_EQ(log.count("postmaster notify"), 1U);
}

TEST_F(CourierTest, KeepsWhatNobodyCanBeToldAbout) {
  const test::TemporaryDirectory folder;
  options.dead_letters = folder / "dead.letter";
  agent.results["postmaster"] = {
      .delivered = false, .temporary = false, .status = "5.1.1", .reason = "User unknown"};
  options.double_bounce = "postmaster@mx.spec.test";
  const auto id = submit({"postmaster@mx.spec.test"}, "");
  ASSERT_TRUE(wait_for_line({id, "return to sender: saved in " + options.dead_letters}));
  ASSERT_TRUE(wait_until_spool_has(0));
  const auto kept = test::read_file(options.dead_letters);
  EXPECT_TRUE(kept.starts_with("From MAILER-DAEMON ")) << kept;
  EXPECT_NE(kept.find("\nSubject: x\n\nhello\n"), std::string::npos) << kept;
}

TEST_F(CourierTest, KeepsTheMessageWhenTheFileOfDeadLettersFails) {
  const test::TemporaryDirectory folder;
  options.dead_letters = folder / "not/there";
  options.double_bounce = "postmaster@mx.spec.test";
  agent.results["postmaster"] = {
      .delivered = false, .temporary = false, .status = "5.1.1", .reason = "User unknown"};
  const auto id = submit({"postmaster@mx.spec.test"}, "");
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({id, "SYSERR", options.dead_letters}), "");
  EXPECT_EQ(spool.messages().size(), 1U);
}

}  // namespace
}  // namespace signet::deliver
