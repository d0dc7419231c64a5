// Messages on their way: which host, what the log says, what is kept, who is told.
#include <regex>
#include <set>

#include "queue/commit_maker.h"
#include "signet/policy/best_mx.h"
#include "support/fake_table.h"
#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

TEST_F(CourierTest, DeliversAndLogsAsSendmailDoes) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  const auto id = submit({"x@d1.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  ASSERT_TRUE(wait_until_spool_has(0));
  ASSERT_EQ(mx1.mails.size(), 1U);
  EXPECT_EQ(mx1.mails[0].from, "<a@sender.test>");
  EXPECT_EQ(mx1.mails[0].to, std::vector<std::string>{"<x@d1.test>"});
  EXPECT_EQ(mx1.mails[0].content, "Subject: x\r\n\r\nhello\r\n");
  const std::regex seconds("00:00:[0-9][0-9]");
  EXPECT_EQ(std::regex_replace(log.line_with({"to="}), seconds, "00:00:00"),
            id + ": to=<x@d1.test>, delay=00:00:00, xdelay=00:00:00, mailer=esmtp, pri=30015, "
                 "relay=mx1.dest.test. [127.0.3.1], dsn=2.0.0, stat=Sent (queued as FAKE1)");
  EXPECT_NE(log.line_with({id + ": done; delay=", ", ntries=1"}), "");
}

TEST_F(CourierTest, TriesTheNextHostWhenOneDoesNotAnswer) {
  auto& mx2 = server(2);
  name(1);  // nobody listens there
  mx("d1.test", {1, 2});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line({"relay=mx2.dest.test. [127.0.3.2], dsn=2.0.0, stat=Sent"}));
  EXPECT_EQ(mx2.mails.size(), 1U);
}

TEST_F(CourierTest, TriesTheNextHostWhenOneIsBusyOrBroken) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {1, 2});
  for (const char* greeting : {"421 4.3.2 busy", "554 go away"}) {
    SCOPED_TRACE(greeting);
    courier.reset();
    mx1.script.greeting = greeting;
    const auto before = mx2.mails.size();
    submit({"x@d1.test"});
    EXPECT_TRUE(wait_for([&] { return mx2.mails.size() == before + 1; }));
  }
  EXPECT_EQ(mx1.mails.size(), 0U);
}

// A crash must not deliver it once more while another host takes its time.
TEST_F(CourierTest, WritesDownWhatIsDeliveredBeforeAllAre) {
  auto& mx1 = server(1);
  server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  mx1.script.answer = [](const std::string& line) {
    return std::string(line.starts_with("RCPT") ? kSilence : "");
  };
  submit({"x@d1.test", "y@d2.test"});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().finished, std::vector<std::size_t>{1});
  EXPECT_FALSE(spool.progress().front().attempted);
}

// "354" is below 400 and yet no yes: nothing was sent.
TEST_F(CourierTest, KeepsTheMailWhereTheAnswersMakeNoSense) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  mx("d1.test", {1});
  mx("d2.test", {2});
  mx1.script.greeting = "354 go ahead";
  mx2.script.answer = [](const std::string& line) {
    return std::string(line.starts_with("EHLO") ? "354 go ahead" : "");
  };
  submit({"x@d1.test"});
  submit({"x@d2.test"});
  ASSERT_TRUE(wait_for_progress(2));
  EXPECT_EQ(spool.messages().size(), 2U);
  EXPECT_EQ(log.count("stat=Deferred: 451 4.5.0 Unexpected reply: 354 go ahead"), 2U);
  EXPECT_EQ(log.count("stat=Sent"), 0U);
}

TEST_F(CourierTest, DefersWhenNobodyAnswers) {
  options.port = server(1).address.port;
  servers.clear();
  mx("d1.test", {1});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({"relay=mx1.dest.test. [127.0.3.1], dsn=4.4.1, "
                           "stat=Deferred: Connection refused by mx1.dest.test."}),
            "");
  EXPECT_EQ(spool.messages().size(), 1U);
}

struct DnsCase {
  const char* name;
  const char* address;
  const char* want;  // end of the to= line
  bool bounced;
};

TEST_F(CourierTest, BouncesOnlyWhatDnsIsSureOf) {
  resolver.add_mx("nullmx.test", 0, "");
  resolver.fail("tempfail.test");
  resolver.add_mx("self.test", 10, "mx.spec.test");
  const DnsCase cases[] = {
      {"no such domain", "x@nonexist.test",
       "relay=nonexist.test, dsn=5.1.2, stat=Host unknown (Name server: nonexist.test: host not "
       "found)",
       true},
      {"null MX", "x@nullmx.test", "relay=nullmx.test., dsn=5.1.10, stat=Service unavailable",
       true},
      {"ourselves", "x@self.test", "relay=self.test., dsn=5.3.5, stat=Local configuration error",
       true},
      {"no answer", "x@tempfail.test",
       "dsn=4.4.3, stat=Deferred: Name server: tempfail.test: host name lookup failure", false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.name);
    const auto id = submit({one.address});
    ASSERT_TRUE(wait_for_line({id, "to=<"}));
    const auto line = log.line_with({id, "to=<"});
    EXPECT_TRUE(line.ends_with(one.want)) << line;
    const auto over = [&] { return !log.line_with({id + ": done;"}).empty(); };
    ASSERT_TRUE(wait_for([&] { return over() || !spool.progress().empty(); }));
    EXPECT_EQ(over(), one.bounced);
  }
}

TEST_F(CourierTest, SaysWhichMxListPointsBack) {
  resolver.add_mx("self.test", 10, "mx.spec.test");
  submit({"x@self.test"});
  EXPECT_TRUE(wait_for_line({"SYSERR(root): MX list for self.test. points back to mx.spec.test"}));
  EXPECT_TRUE(wait_for_line({"DSN: MX list for self.test. points back to mx.spec.test"}));
}

TEST_F(CourierTest, ReportsBeforeItForgets) {
  agent.results["u"] = {false, false, "5.1.1", "User unknown"};
  const auto id = submit({"u@mx.spec.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  spool.hold_commits();
  ASSERT_TRUE(wait_for([&] { return spool.held() == 1; }));
  test::run_rounds(loop);
  EXPECT_EQ(spool.messages().size(), 1U);  // the original
  EXPECT_TRUE(spool.forgotten().empty());
  EXPECT_EQ(log.line_with({"DSN: "}), "");
  spool.release_commits();
  ASSERT_TRUE(wait_for_line({id + ": done;"}));
  EXPECT_NE(log.line_with({id + ": ", ": DSN: User unknown"}), "");
}

TEST_F(CourierTest, KeepsTheMessageWhenItsReportCannotBeStored) {
  agent.results["u"] = {false, false, "5.1.1", "User unknown"};
  submit({"u@mx.spec.test", "v@mx.spec.test"});
  ASSERT_TRUE(wait_until_spool_has(1));
  spool.fail_commits(Error{ErrorKind::temporary, "disk full", 28});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().finished, std::vector<std::size_t>{1});
  EXPECT_TRUE(spool.forgotten().empty());
  spool.fail_commits(std::nullopt);
  courier->run_queue();
  EXPECT_TRUE(wait_for_line({": DSN: User unknown"}));
}

TEST_F(CourierTest, SendsReportsOfReportsToThePostmasterAndNoFurther) {
  agent.results["u"] = {false, false, "5.1.1", "User unknown"};
  agent.results["postmaster"] = {false, false, "5.1.1", "User unknown"};
  const auto id = submit_envelope(envelope({"u@mx.spec.test"}, ""));
  ASSERT_TRUE(wait_for_line({id, ": return to sender: User unknown"}));
  ASSERT_TRUE(wait_until_spool_has(0));
  ASSERT_EQ(agent.letters.size(), 2U);
  EXPECT_EQ(agent.letters[1].user, "postmaster");
  EXPECT_EQ(agent.letters[1].sender, "");
  test::run_rounds(loop);
  EXPECT_TRUE(spool.messages().empty());
  EXPECT_EQ(log.count("done;"), 2U);
}

TEST_F(CourierTest, DeliversLocallyThroughTheAgent) {
  agent.results["full"] = {false, true, "4.2.2", "mailbox is full"};
  submit({"u@mx.spec.test", "full@mx.spec.test"});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_TRUE(log.line_with({"to=<u@mx.spec.test>"})
                  .ends_with("mailer=local, pri=60015, dsn=2.0.0, stat=Sent"));
  EXPECT_TRUE(log.line_with({"to=<full@mx.spec.test>"})
                  .ends_with("mailer=local, pri=60015, dsn=4.2.2, stat=Deferred: mailbox is full"));
}

TEST_F(CourierTest, WarnsOnceWhenMailIsLate) {
  agent.results["full"] = {false, true, "4.2.2", "mailbox is full"};
  const auto id =
      submit_envelope(envelope({"full@mx.spec.test"}, "u@mx.spec.test", std::chrono::hours(5)));
  ASSERT_TRUE(
      wait_for_line({id, ": sender notify: Warning: could not send message for past 4 hours"}));
  ASSERT_TRUE(wait_for_progress());
  EXPECT_TRUE(spool.progress().front().warned);
  courier->run_queue();
  ASSERT_TRUE(wait_for_progress(2));
  test::run_rounds(loop);
  EXPECT_EQ(log.count("sender notify"), 1U);
}

TEST_F(CourierTest, GivesUpWhenTheTimeIsOver) {
  agent.results["full"] = {false, true, "4.2.2", "mailbox is full"};
  const auto id = submit_envelope(
      envelope({"full@mx.spec.test"}, "u@mx.spec.test", std::chrono::hours(24 * 5 + 1)));
  ASSERT_TRUE(wait_for_line({id, ": sender notify: Cannot send message for 5 days"}));
  ASSERT_TRUE(wait_for_line({id, ": done; delay=5+01:00:0"}));
  ASSERT_TRUE(wait_for([&] { return agent.letters.size() == 2; }));
  const std::string report(agent.letters[1].content->in_memory());
  EXPECT_NE(report.find("Message could not be delivered for 5 days"), std::string::npos);
  EXPECT_NE(report.find("Status: 4.4.7"), std::string::npos);
}

TEST_F(CourierTest, PlansNoAttemptBehindTheEnd) {
  agent.results["full"] = {false, true, "4.2.2", "mailbox is full"};
  const auto wanted =
      envelope({"full@mx.spec.test"}, "", std::chrono::hours(24 * 5) - std::chrono::seconds(30));
  const auto arrived = wanted.arrived;
  submit_envelope(wanted);
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().next_attempt, arrived + options.retry.expire);
}

TEST_F(CourierTest, TriesAgainWhatWaitsFromAnEarlierLife) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  open();
  std::vector<queue::Waiting> waiting;
  for (int i = 0; i < 200; ++i) {
    const auto key = spool.put(envelope({"x@d1.test"}), "Subject: x\r\n\r\nhello\r\n");
    waiting.push_back({key, read_clocks().wall, read_clocks().wall});
  }
  courier->wait_for(waiting);
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 200; }));
  EXPECT_TRUE(wait_until_spool_has(0));
}

TEST_F(CourierTest, OnlyQueuesWhenToldSo) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  options.mode = Mode::queue_only;
  options.run_queue = false;
  const auto id = submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line(
      {id + ": to=<x@d1.test>, delay=00:00:", ", mailer=esmtp, pri=30015, stat=queued"}));
  test::run_rounds(loop);
  EXPECT_EQ(mx1.connections, 0U);
  courier->run_queue();
  EXPECT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
}

TEST_F(CourierTest, FollowsMailertableAndSmartHost) {
  auto& mx1 = server(1);
  auto& mx2 = server(2);
  auto table = std::make_shared<test::FakeTable>();
  const auto port = std::to_string(options.port);
  table->set("table.test", "esmtp:[127.0.3.1]:" + port);
  table->set("refused.test", "error:nouser No such user");
  options.mailertable = table;
  options.smart_host = "[mx2.dest.test]:" + port;
  submit({"x@table.test", "y@elsewhere.test", "z@refused.test"});
  ASSERT_TRUE(wait_for_line(
      {"to=<x@table.test>", "mailer=esmtp", "relay=[127.0.3.1] [127.0.3.1], dsn=2.0.0"}));
  ASSERT_TRUE(wait_for_line(
      {"to=<y@elsewhere.test>", "mailer=relay", "relay=mx2.dest.test. [127.0.3.2], dsn=2.0.0"}));
  EXPECT_TRUE(wait_for_line({"to=<z@refused.test>", "dsn=5.1.1"}));
  EXPECT_EQ(mx1.mails.at(0).to, std::vector<std::string>{"<x@table.test>"});
  EXPECT_EQ(mx2.mails.at(0).to, std::vector<std::string>{"<y@elsewhere.test>"});
}

TEST_F(CourierTest, GivesUsersWithoutAnAccountToLuserRelay) {
  auto& one = server(1);
  const auto accounts = std::make_shared<test::FakeTable>(test::FakeTable{{"bob", "bob"}});
  options.site.mailboxes = std::make_shared<policy::Mailboxes>(
      policy::Mailboxes{.mailer = "cyrus", .asks_relays = true, .accounts = accounts});
  options.site.local_mail.luser_relay = "relay:[127.0.3.1]";
  submit({"Bob+Box@mx.spec.test", "lost@mx.spec.test"});
  ASSERT_TRUE(wait_for_line({"to=<Bob+Box@mx.spec.test>", "mailer=cyrus", "stat=Sent"}));
  ASSERT_TRUE(wait_for_line({"to=<lost@mx.spec.test>", "mailer=relay", "stat=Sent"}));
  ASSERT_EQ(agent.letters.size(), 1U);
  EXPECT_EQ(agent.letters[0].mailer, "cyrus");
  EXPECT_EQ(agent.letters[0].host, "Box");
  EXPECT_EQ(agent.letters[0].user, "Bob");
  ASSERT_EQ(one.mails.size(), 1U);
}

TEST_F(CourierTest, RefusesLargeMailAsTheMailerOfLuserRelaySays) {
  options.site.local_mail.luser_relay = "relay:[127.0.3.1]";
  options.mailers["relay"].max_bytes = 100;
  agent.results["lost"] = {false, false, "5.1.1", "User unknown"};
  const auto id = submit_envelope(envelope({"lost@mx.spec.test"}), std::string(101, 'x'));
  EXPECT_TRUE(wait_for_line(
      {id, "to=<lost@mx.spec.test>", "mailer=relay", "dsn=5.2.3, stat=Service unavailable"}));
}

TEST_F(CourierTest, DefersWhenTheMailertableCannotBeAsked) {
  auto table = std::make_shared<test::FakeTable>();
  table->fail();
  options.mailertable = table;
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line(
      {"to=<x@d1.test>", "dsn=4.3.0, stat=Deferred: mailertable: fake: cannot be read"}));
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.messages().size(), 1U);
}

TEST_F(CourierTest, DefersWhenDnsDoesNotSayWhetherADomainIsLocal) {
  auto hosts = std::make_shared<test::FakeTable>();
  hosts->fail();
  options.site.best_mx = std::make_shared<policy::BestMx>(policy::BestMx{.hosts = hosts});
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_line(
      {"to=<x@d1.test>", "dsn=4.3.0, stat=Deferred: bestmx_is_local: fake: cannot be read"}));
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.messages().size(), 1U);
}

TEST_F(CourierTest, SplitsManyRecipientsIntoTransactionsThatEveryServerTakes) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  std::vector<std::string> to;
  for (int i = 0; i < 250; ++i) to.push_back("u" + std::to_string(i) + "@d1.test");
  submit(to);
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 3; }));
  std::set<std::string> all;
  for (const auto& mail : mx1.mails) {
    EXPECT_LE(mail.to.size(), 100U);
    all.insert(mail.to.begin(), mail.to.end());
  }
  EXPECT_EQ(all.size(), 250U);
  EXPECT_TRUE(wait_until_spool_has(0));
}

// Content that lies on disk: in_memory() is empty, read() is for workers.
class DiskContent final : public queue::Content {
 public:
  explicit DiskContent(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override {
    if (offset > fails_at) return temporary("read: Input/output error");
    return text_.substr(offset, most);
  }
  [[nodiscard]] std::string_view in_memory() const override { return {}; }
  std::uint64_t fails_at = ~0ULL;

 private:
  std::string text_;
};

std::string large_content() {
  std::string content = "Subject: large\r\n\r\n";
  while (content.size() < 3'000'000)
    content += "0123456789 a line of the body, not the first\r\n.\r\n";
  return content;
}

TEST_F(CourierTest, SendsLargeContentFromMemoryAndFromDisk) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  const auto content = large_content();
  submit_envelope(envelope({"x@d1.test"}), content);
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 1; }));
  EXPECT_EQ(mx1.mails[0].content, content);
  auto message = std::make_shared<queue::Message>();
  message->key = spool.put(envelope({"y@d1.test"}), "");
  message->envelope = envelope({"y@d1.test"});
  message->content = std::make_shared<DiskContent>(content);
  courier->take(queue::CommitMaker::make(message));
  ASSERT_TRUE(wait_for([&] { return mx1.mails.size() == 2; }));
  EXPECT_EQ(mx1.mails[1].content, content);
}

TEST_F(CourierTest, SaysNoFinalDotWhenContentCannotBeRead) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  open();
  auto content = std::make_shared<DiskContent>(large_content());
  content->fails_at = 100'000;
  auto message = std::make_shared<queue::Message>();
  message->envelope = envelope({"y@d1.test"});
  message->key = spool.put(message->envelope, "");
  message->content = content;
  courier->take(queue::CommitMaker::make(message));
  ASSERT_TRUE(wait_for_progress());
  EXPECT_TRUE(mx1.mails.empty());
  EXPECT_NE(log.line_with({"SYSERR(root): read: Input/output error"}), "");
  EXPECT_EQ(spool.messages().size(), 1U);
}

TEST_F(CourierTest, TriesAgainWhenTheAnswerToTheFinalDotIsLost) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.answer = [](const std::string& line) {
    return std::string(line == "." ? kHangUp : std::string_view());
  };
  submit({"x@d1.test"});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({"dsn=4.4.2, stat=Deferred: Connection reset by mx1.dest.test."}), "");
  EXPECT_EQ(spool.messages().size(), 1U);
}

// What becomes of each recipient is its own affair: one is sent, one bounced, one tried again.
TEST_F(CourierTest, KeepsEachRecipientsOwnResult) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  bool full = true;
  mx1.script.answer = [&](const std::string& line) -> std::string {
    if (line.starts_with("RCPT To:<never@")) return "550 5.1.1 No such user";
    if (line.starts_with("RCPT To:<later@") && full) return "452 4.2.2 Mailbox full";
    return {};
  };
  const auto id = submit_envelope(
      envelope({"now@d1.test", "never@d1.test", "later@d1.test"}, "u@mx.spec.test"));
  ASSERT_TRUE(wait_for_progress());
  EXPECT_NE(log.line_with({id, "to=<now@d1.test>", "dsn=2.0.0, stat=Sent (queued as FAKE1)"}), "");
  EXPECT_NE(log.line_with({id, "to=<never@d1.test>",
                           "dsn=5.1.1, reply=550 5.1.1 No such user, stat=User unknown"}),
            "");
  EXPECT_NE(log.line_with(
                {id, "to=<later@d1.test>",
                 "dsn=4.2.2, reply=452 4.2.2 Mailbox full, stat=Deferred: 452 4.2.2 Mailbox full"}),
            "");
  EXPECT_EQ(spool.progress().front().finished, (std::vector<std::size_t>{0, 1}));
  ASSERT_TRUE(wait_for([&] { return agent.letters.size() == 1; }));
  const std::string report(agent.letters[0].content->in_memory());
  EXPECT_NE(report.find("Final-Recipient: RFC822; never@d1.test"), std::string::npos) << report;
  EXPECT_NE(report.find("550 5.1.1 No such user"), std::string::npos);
  EXPECT_EQ(report.find("<later@d1.test>\r\n    (reason"), std::string::npos);
  EXPECT_EQ(report.find("now@d1.test"), std::string::npos);

  full = false;
  courier->run_queue();
  ASSERT_TRUE(wait_until_spool_has(0));
  ASSERT_EQ(mx1.mails.size(), 2U);
  EXPECT_EQ(mx1.mails[1].to, std::vector<std::string>{"<later@d1.test>"});
  EXPECT_NE(log.line_with({id + ": done; delay=", ", ntries=2"}), "");
}

TEST_F(CourierTest, SendsNothingTooLarge) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.keywords = {"PIPELINING", "8BITMIME", "SIZE 1000"};
  const auto content = "Subject: x\r\n\r\n" + std::string(2000, 'x') + "\r\n";
  const auto id = submit_envelope(envelope({"x@d1.test"}, "u@mx.spec.test"), content);
  ASSERT_TRUE(wait_for_line({id + ": done;"}));
  EXPECT_FALSE(mx1.was_told("MAIL"));
  EXPECT_NE(log.line_with({id, "to=<x@d1.test>", "dsn=5.3.4, stat=Service unavailable"}), "");
  ASSERT_TRUE(wait_for([&] { return agent.letters.size() == 1; }));
  const std::string report(agent.letters[0].content->in_memory());
  EXPECT_NE(report.find("\r\n552 5.3.4 Message is too large; 1000 bytes max\r\n"),
            std::string::npos)
      << report;
}

TEST_F(CourierTest, ReportsToVirtualUsers) {
  auto& mx1 = server(1);
  mx("d1.test", {1});
  mx1.script.answer = [](const std::string& line) {
    return std::string(line.starts_with("RCPT") ? "550 5.1.1 No such user" : std::string_view());
  };
  auto table = std::make_shared<test::FakeTable>();
  table->set("office@mx.spec.test", "u");
  options.virtusertable = table;
  submit_envelope(envelope({"x@d1.test"}, "office@mx.spec.test"));
  ASSERT_TRUE(wait_for([&] { return agent.letters.size() == 1; }));
  EXPECT_EQ(agent.letters[0].user, "u");
  const std::string report(agent.letters[0].content->in_memory());
  EXPECT_NE(report.find("To: <office@mx.spec.test>"), std::string::npos) << report;
}

}  // namespace
}  // namespace signet::deliver
