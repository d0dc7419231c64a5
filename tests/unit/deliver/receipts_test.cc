// What senders hear who asked for it: NOTIFY, RET, BY.
#include <gtest/gtest.h>

#include "deliver/report.h"
#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

using Kind = mail::Recipient::Kind;
using Reach = Outcome::Reach;
using namespace std::chrono_literals;

class ReceiptsTest : public CourierTest {
 protected:
  std::string submit_to(std::vector<mail::Recipient> recipients,
                        std::optional<mail::DeliverBy> by = {}, std::chrono::seconds age = 0s) {
    auto made = envelope({}, "a@sender.test", age);
    made.recipients = std::move(recipients);
    made.deliver_by = by;
    return submit_envelope(std::move(made));
  }
  void has(const std::string& path, std::string text) {
    LocalResult result;
    result.members = {.path = path, .text = std::move(text), .user = {}};
    agent.results[path] = std::move(result);
  }
  static mail::Recipient asking(std::string address, mail::Notify notify = {.success = true}) {
    return {.address = std::move(address), .notify = notify};
  }
  static mail::Recipient list(std::string path, mail::Notify notify) {
    return {.address = ":include:" + std::move(path),
            .kind = Kind::list,
            .origin = "l@mx.spec.test",
            .notify = notify};
  }
  void SetUp() override {
    home = &server(9);
    mx("sender.test", {9});
  }
  // What the sender got first.
  std::string receipt() {
    if (!wait_for([&] { return !home->mails.empty(); })) return {};
    return home->mails.front().content;
  }

  ScriptedServer* home = nullptr;  // of the sender
};

TEST_F(ReceiptsTest, MailboxesAnswerForThemselves) {
  const auto id = submit_to({asking("bob"), {"carol"}, asking("dave", {.never = true})});
  ASSERT_TRUE(wait_for_line({id, ": DSN: Return receipt"}));
  const auto text = receipt();
  EXPECT_NE(text.find("<bob>  (successfully delivered to mailbox)\r\n"), std::string::npos);
  EXPECT_EQ(text.find("carol"), std::string::npos);
  EXPECT_EQ(log.count("DSN: "), 1U);
}

TEST_F(ReceiptsTest, NobodyHearsWhereTheSiteDoesNotWantIt) {
  options.receipts = false;
  submit_to({asking("bob")});
  ASSERT_TRUE(wait_for([&] { return spool.forgotten().size() == 1; }));
  EXPECT_EQ(log.count("DSN: "), 0U);
}

TEST_F(ReceiptsTest, ReportsHaveNone) {
  auto made = envelope({}, "");
  made.recipients = {asking("bob")};
  submit_envelope(std::move(made));
  ASSERT_TRUE(wait_for([&] { return spool.forgotten().size() == 1; }));
  EXPECT_EQ(log.count("DSN: "), 0U);
}

TEST_F(ReceiptsTest, FailuresOfWhomNobodyAsksEndInSilence) {
  agent.results["bob"] = {false, false, "5.1.1", "User unknown"};
  submit_to({asking("bob", {.never = true}), asking("bob")});
  ASSERT_TRUE(wait_for([&] { return spool.forgotten().size() == 1; }));
  EXPECT_EQ(log.count("DSN: "), 0U);
}

// A list that is read at delivery. RFC 3461 §5.2.7
TEST_F(ReceiptsTest, OfAListIsThatOfItsExpansion) {
  has("/l", "bob, carol");
  agent.results["bob"] = {false, false, "5.1.1", "User unknown"};
  const auto id = submit_to({list("/l", {.success = true})});
  ASSERT_TRUE(wait_for_line({id, ": DSN: Return receipt"}));
  EXPECT_NE(receipt().find("<l@mx.spec.test>  (expanded by mailing list)\r\n"), std::string::npos);
  ASSERT_TRUE(wait_for([&] { return spool.messages().empty(); }));
  EXPECT_EQ(log.count("DSN: "), 1U);  // nobody asked for failures
}

TEST_F(ReceiptsTest, OfAListWithOneMemberIsThatOfTheMember) {
  has("/l", "bob");
  const auto id = submit_to({list("/l", {.success = true})});
  ASSERT_TRUE(wait_for_line({": DSN: Return receipt"}));
  EXPECT_EQ(log.line_with({id, ": DSN: "}), "");  // of the message that bob got
  EXPECT_NE(receipt().find("<bob>  (successfully delivered to mailbox)\r\n"), std::string::npos);
}

TEST_F(ReceiptsTest, AnAliasIsReportedOnceAndGetsNoMail) {
  options.run_queue = false;
  agent.results["carol"] = {false, true, "4.2.0", "mailbox is locked"};
  auto alias = asking("l@mx.spec.test");
  alias.kind = Kind::alias;
  auto owned = asking("o@mx.spec.test");
  owned.kind = Kind::alias;
  owned.owner = "own@mx.spec.test";
  const auto id = submit_to({{"bob"}, {"carol"}, alias, owned});
  ASSERT_TRUE(wait_for_line({id, ": DSN: Return receipt"}));
  const auto text = receipt();
  EXPECT_NE(text.find("Action: expanded (to multi-recipient alias)\r\n"), std::string::npos);
  EXPECT_NE(text.find("<o@mx.spec.test>  (successfully delivered to mailing list)\r\n"),
            std::string::npos);
  ASSERT_TRUE(wait_for_progress());
  courier->run_queue();
  ASSERT_TRUE(wait_for([&] { return log.count("to=<carol>") == 2; }));
  test::run_rounds(loop);
  EXPECT_EQ(log.count("DSN: Return receipt"), 1U);
  EXPECT_EQ(log.count("to=<l@mx"), 0U);
}

TEST_F(ReceiptsTest, NobodyTriesWhatIsTooLate) {
  const auto id = submit_to(
      {{"bob"}}, mail::DeliverBy{.within = 60s, .mode = mail::DeliverBy::Mode::give_up}, 61s);
  ASSERT_TRUE(wait_for_line({id, ": sender notify: Delivery time (60s) expired"}));
  EXPECT_NE(receipt().find("\r\nDelivery time (60s) expired\r\n"), std::string::npos);
  EXPECT_TRUE(agent.letters.empty());
}

TEST_F(ReceiptsTest, IsTriedOnceMoreWhenTheTimeEnds) {
  agent.results["bob"] = {false, true, "4.2.0", "mailbox is locked"};
  submit_to({{"bob"}}, mail::DeliverBy{.within = 60s});
  ASSERT_TRUE(wait_for_progress());
  const auto& progress = spool.progress().front();
  EXPECT_LE(progress.next_attempt - progress.when, 60s);
  EXPECT_FALSE(progress.warned);
}

TEST(ReceiptOf, SaysWhoTellsTheSender) {
  struct Told {
    const char* what;
    mail::Notify notify;
    Reach reach;
    std::optional<mail::DsnAction> want;
  };
  const mail::Notify success{.success = true};
  for (const auto& c : {Told{"mailbox", success, Reach::delivered, mail::DsnAction::delivered},
                        Told{"host without DSN", success, Reach::relayed, mail::DsnAction::relayed},
                        Told{"host with DSN", success, Reach::passed_on, std::nullopt},
                        Told{"one member", success, Reach::handed_down, std::nullopt},
                        Told{"several", success, Reach::expanded, mail::DsnAction::expanded},
                        Told{"owned", success, Reach::to_list, mail::DsnAction::to_list},
                        Told{"never", {.never = true}, Reach::relayed, std::nullopt},
                        Told{"not asked", {}, Reach::delivered, std::nullopt}}) {
    mail::Envelope envelope;
    envelope.sender = "a@b";
    envelope.recipients = {{.address = "u", .notify = c.notify}};
    Outcome outcome;
    outcome.state = Outcome::State::sent;
    outcome.reach = c.reach;
    EXPECT_EQ(receipt_of(envelope, 0, outcome), c.want) << c.what;
    outcome.state = Outcome::State::failed;
    EXPECT_EQ(receipt_of(envelope, 0, outcome), std::nullopt);
    outcome.state = Outcome::State::sent;
    envelope.sender.clear();
    EXPECT_EQ(receipt_of(envelope, 0, outcome), std::nullopt);
  }
}

// RFC 2852 §4.1.4
TEST(ReceiptOf, SaysWhoWatchesTheTime) {
  struct Timed {
    mail::Notify notify;
    bool trace;
    bool keeps_time;
    Reach reach;
    std::optional<mail::DsnAction> want;
  };
  for (const auto& c :
       {Timed{{}, false, false, Reach::relayed, mail::DsnAction::time_unwatched},
        Timed{{}, false, true, Reach::relayed, std::nullopt},
        Timed{{}, true, true, Reach::passed_on, mail::DsnAction::traced},
        Timed{{.never = true}, true, false, Reach::relayed, std::nullopt},
        Timed{{}, true, false, Reach::delivered, std::nullopt},
        Timed{{}, true, false, Reach::handed_down, std::nullopt},
        Timed{{.success = true}, true, false, Reach::delivered, mail::DsnAction::delivered}}) {
    mail::Envelope envelope;
    envelope.sender = "a@b";
    envelope.recipients = {{.address = "u", .notify = c.notify}};
    envelope.deliver_by = mail::DeliverBy{.within = 60s, .trace = c.trace};
    Outcome outcome;
    outcome.state = Outcome::State::sent;
    outcome.reach = c.reach;
    outcome.keeps_time = c.keeps_time;
    EXPECT_EQ(receipt_of(envelope, 0, outcome), c.want);
  }
}

}  // namespace
}  // namespace signet::deliver
