// Recipients that become others: lists, members with an owner, users with a .forward file.
#include "deliver/resend.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "unit/deliver/fixture.h"

namespace signet::deliver {
namespace {

using Kind = mail::Recipient::Kind;

class ResendTest : public CourierTest {
 protected:
  static mail::Recipient list(std::string path) {
    return {
        .address = ":include:" + std::move(path), .kind = Kind::list, .origin = "l@mx.spec.test"};
  }
  void has(const std::string& path, std::string text, std::string user = {}) {
    LocalResult result;
    result.members = {.path = path, .text = std::move(text), .user = std::move(user)};
    agent.results[path] = std::move(result);
  }
  std::string submit_to(std::vector<mail::Recipient> recipients, std::string from = "a@sender.test",
                        std::string content = "Subject: x\r\n\r\nhello\r\n") {
    auto made = envelope({}, std::move(from));
    made.recipients = std::move(recipients);
    return submit_envelope(std::move(made), std::move(content));
  }
  // "user", "|command", "/path" of the letters that were handed over, lists not.
  [[nodiscard]] std::vector<std::string> delivered() const {
    std::vector<std::string> names;
    for (const auto& letter : agent.letters) {
      if (letter.kind == Kind::list) continue;
      names.push_back(letter.target.empty() ? letter.user : letter.target + " " + letter.user);
    }
    std::ranges::sort(names);
    return names;
  }
  bool wait_for_end(std::size_t messages) {
    return wait_for([&] { return spool.forgotten().size() == messages; });
  }
};
using Names = std::vector<std::string>;

TEST_F(ResendTest, MembersOfAListGetAMessageOfTheirOwn) {
  has("/l", "bob, carol\n\"|x\"\n/f\n", "al");
  const auto id = submit_to({list("/l"), {"dave"}});
  ASSERT_TRUE(wait_for_end(2));
  EXPECT_EQ(delivered(), (Names{"/f al", "bob", "carol", "dave", "x al"}));
  EXPECT_TRUE(wait_for_line({id, ": clone: list=:include:/l"}));
  EXPECT_TRUE(wait_for_line({"to=|x, ctladdr=<l@mx.spec.test>", "mailer=prog", "stat=Sent"}));
  EXPECT_TRUE(wait_for_line({"to=/f, ctladdr=<l@mx.spec.test>", "mailer=*file*", "stat=Sent"}));
}

TEST_F(ResendTest, AListIsDoneWhileOthersTakeTheirTime) {
  has("/l", "bob");
  agent.silent = "slow";
  submit_to({list("/l"), {"slow"}});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().finished, std::vector<std::size_t>{0});
}

TEST_F(ResendTest, AnOwnerIsTheSenderOfTheCopies) {
  mail::Recipient member{"bob"};
  member.owner = "own@mx.spec.test";
  mail::Recipient own = member;
  own.address = "carol";
  own.owner = "A@sender.test";
  submit_to({member, {"dave"}, own});
  ASSERT_TRUE(wait_for_end(2));
  for (const auto& letter : agent.letters) {
    EXPECT_EQ(letter.sender, letter.user == "bob" ? "own@mx.spec.test" : "a@sender.test");
  }
  agent.letters.clear();
  submit_to({member}, "");
  ASSERT_TRUE(wait_for_end(3));
  EXPECT_EQ(agent.letters.front().sender, "");
}

TEST_F(ResendTest, AListThatCannotBeReadWaitsOrComesBackAlone) {
  agent.results["/gone"] = {false, false, "5.2.4", "Cannot open /gone: No such file or directory"};
  agent.results["/late"] = {false, true, "4.2.4", "Cannot open /late: no"};
  has("/l", ":include:/gone, bob");
  submit_to({list("/gone"), list("/late"), list("/l")}, "ann@mx.spec.test");
  const auto is_ours = [](const queue::Progress& one) {
    return one.finished == std::vector<std::size_t>{0, 2};
  };
  ASSERT_TRUE(wait_for([&] { return std::ranges::any_of(spool.progress(), is_ours); }));
  EXPECT_TRUE(
      wait_for_line({"to=<:include:/late>", "mailer=*include*", "dsn=4.2.4", "stat=Deferred"}));
  // The one that /l names is tried by the message that /l became.
  EXPECT_TRUE(wait_for([&] { return delivered() == Names{"ann", "ann", "bob"}; }));
  for (const auto& letter : agent.letters) {
    if (letter.user != "ann") continue;
    EXPECT_NE(letter.content->in_memory().find("Final-Recipient: RFC822; l@mx.spec.test"),
              std::string::npos);
  }
}

TEST_F(ResendTest, AListThatNamesNobodyWaitsAlone) {
  has("/empty", "# being written\n");
  has("/l", "bob, :include:/empty");
  const auto id = submit_to({list("/empty"), list("/l")});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().finished, std::vector<std::size_t>{1});
  EXPECT_TRUE(wait_for_line(
      {id, "to=<:include:/empty>", "dsn=4.3.0", "stat=Deferred: list has no members"}));
  has("/empty", "carol\n");
  courier->run_queue();
  ASSERT_TRUE(wait_for_end(3));
  EXPECT_EQ(delivered(), (Names{"bob", "carol"}));
}

TEST_F(ResendTest, BeyondSomeMegabytesOfListsAnotherMessageReadsOn) {
  has("/l", ":include:/large, :include:/small");
  has("/large", std::string(4 * 1024 * 1024, '#') + "\nbob\n");
  has("/small", "carol");
  submit_to({list("/l")});
  ASSERT_TRUE(wait_for_end(3));
  EXPECT_EQ(delivered(), (Names{"bob", "carol"}));
}

// Asked by the loop, many members would hold up all that it serves.
TEST_F(ResendTest, MembersAreLookedUpByAWorker) {
  class Map final : public table::Table {
   public:
    [[nodiscard]] Result<std::optional<std::string>> find(std::string_view) const override {
      (std::this_thread::get_id() == loop_ ? by_loop : by_worker) = true;
      return std::nullopt;
    }
    [[nodiscard]] std::string_view name() const override { return "map"; }
    [[nodiscard]] table::Networks networks() const override { return {}; }
    mutable std::atomic<bool> by_loop = false;
    mutable std::atomic<bool> by_worker = false;

   private:
    std::thread::id loop_ = std::this_thread::get_id();
  };
  const auto map = std::make_shared<Map>();
  options.aliases = {map};
  has("/l", "bob");
  submit_to({list("/l")});
  ASSERT_TRUE(wait_for_end(2));
  EXPECT_TRUE(map->by_worker);
  EXPECT_FALSE(map->by_loop);
}

TEST_F(ResendTest, ADotForwardFileSaysWhoGetsTheMailOnce) {
  has("alice", "\\alice, bob, alice@mx.spec.test", "alice");
  agent.results["alice"].members->path = "/home/alice/.forward";
  bool first = true;
  agent.on_letter = [&](const LocalLetter& letter) {
    if (letter.user != "alice") return;
    EXPECT_EQ(letter.may_forward, std::exchange(first, false));
    if (!letter.may_forward) agent.results.erase("alice");
  };
  const auto id = submit_to({{"alice"}});
  ASSERT_TRUE(wait_for_end(2));
  EXPECT_EQ(delivered(), (Names{"alice", "alice", "bob"}));  // asked, then delivered
  EXPECT_TRUE(wait_for_line({id, ": clone: forward=/home/alice/.forward"}));
}

TEST_F(ResendTest, ADotForwardFileThatNamesNobodyLeavesTheMailbox) {
  has("alice", "\"broken\n", "alice");
  agent.on_letter = [&](const LocalLetter& letter) {
    if (!letter.may_forward) agent.results.erase("alice");
  };
  submit_to({{"alice"}});
  ASSERT_TRUE(wait_for_end(2));
  EXPECT_EQ(delivered(), (Names{"alice", "alice"}));
  EXPECT_TRUE(wait_for_line({"SYSERR(root): alice line 1: "}));
}

TEST_F(ResendTest, WhenCopiesCannotBeStoredTheMessageWaits) {
  has("/l", "bob");
  open();
  const auto id = submit_to({list("/l")});
  agent.on_letter = [&](const LocalLetter&) { spool.fail_commits(Error{.what = "full"}); };
  ASSERT_TRUE(wait_for_progress());
  EXPECT_TRUE(spool.progress().front().finished.empty());
  EXPECT_TRUE(wait_for_line({id, "mailer=*include*", "stat=Deferred: full"}));
}

TEST_F(ResendTest, ACopyThatCannotBeStoredWaitsWithoutTheOthers) {
  mail::Recipient bob{"bob"}, carol{"carol"};
  bob.owner = "own@mx.spec.test";
  carol.owner = "other@mx.spec.test";
  open();
  spool.fail_commits(Error{.what = "full"}, "other@mx.spec.test");
  const auto id = submit_to({bob, carol});
  ASSERT_TRUE(wait_for_progress());
  EXPECT_EQ(spool.progress().front().finished, std::vector<std::size_t>{0});
  EXPECT_TRUE(wait_for_line({id, "to=<carol>", "dsn=4.3.0", "stat=Deferred: full"}));
  spool.fail_commits(std::nullopt);
  courier->run_queue();
  ASSERT_TRUE(wait_for_end(3));
  EXPECT_EQ(delivered(), (Names{"bob", "carol"}));
}

TEST_F(ResendTest, AListWithSeveralOwnersBecomesOneMessageFirst) {
  options.aliases = {std::make_shared<test::FakeTable>(
      test::FakeTable{{"team", "carol"}, {"owner-team", "other@far.test"}})};
  has("/l", "bob, team");
  open();
  spool.fail_commits(Error{.what = "full"}, "other@far.test");
  submit_to({list("/l")});
  ASSERT_TRUE(wait_for_line({"to=<carol>", "dsn=4.3.0", "stat=Deferred: full"}));
  ASSERT_TRUE(wait_for_end(1));
  EXPECT_EQ(log.count(": clone: list=:include:/l"), 1U);
  spool.fail_commits(std::nullopt);
  ASSERT_TRUE(wait_for_progress());
  courier->run_queue();
  ASSERT_TRUE(wait_for_end(3));
  EXPECT_EQ(delivered(), (Names{"bob", "carol"}));
  EXPECT_EQ(agent.letters.back().sender, "other@far.test");
}

TEST_F(ResendTest, WhatCannotBeStoredForGoodComesBack) {
  has("/l", "bob");
  open();
  agent.on_letter = [&](const LocalLetter& letter) {
    if (letter.kind == Kind::list)
      spool.fail_commits(Error{ErrorKind::permanent, "no"}, "b@mx.spec.test");
  };
  submit_to({list("/l")}, "b@mx.spec.test");
  ASSERT_TRUE(wait_for_line({"mailer=*include*", "dsn=5.3.0", "stat=no"}));
  EXPECT_TRUE(wait_for([&] { return delivered() == Names{"b"}; }));  // the report
}

// Where lists and .forward files have taken a report, no name says that it was the postmaster's.
TEST_F(ResendTest, AReportToAPostmasterWhoseForwardFileLeadsToNobodyIsTheLast) {
  options.double_bounce = "postmaster@mx.spec.test";
  has("postmaster", "lost", "postmaster");
  agent.results["lost"] = {false, false, "5.1.1", "User unknown"};
  const auto id = submit_to({{"lost"}}, "");
  ASSERT_TRUE(wait_for_line({id, ": return to sender: User unknown"}));
  ASSERT_TRUE(wait_for_line({": return to sender: dropped: User unknown"}));
  ASSERT_TRUE(wait_for_end(3));  // the message, the report, what the file made of it
  test::run_rounds(loop);
  EXPECT_TRUE(spool.messages().empty());
  EXPECT_EQ(log.count("return to sender"), 2U);
}

TEST(Copies, GoByOwnerAndKeepTheRest) {
  mail::Envelope original;
  original.sender = "a@b";
  original.message_id = "<m>";
  original.auth_sender = "x";
  original.quarantine = "y";
  mail::Recipient one{"one"}, two{"two"}, three{"three"};
  two.owner = "own";
  auto all = copies_by_owner(original, {one, two, three});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].recipients, (std::vector{one, three}));
  EXPECT_EQ(all[0].places, (std::vector<std::size_t>{0, 2}));
  const auto made = envelope_of_copies(original, all[1], "2");
  EXPECT_EQ(made.sender, "own");
  EXPECT_EQ(made.message_id, "<m>");
  EXPECT_EQ(made.auth_sender + made.quarantine, "");
  EXPECT_EQ(made.recipients, std::vector{mail::Recipient{"two"}});
  EXPECT_EQ(envelope_of_copies(original, all[0], "2").auth_sender, "x");
  // What the sender wants to hear is nothing to the owner. RFC 3461 §5.2.7.4
  original.envelope_id = "e";
  original.return_part = mail::ReturnPart::full;
  all[1].recipients.front().notify.never = true;
  all[1].recipients.front().original = "rfc822;o";
  const auto owned = envelope_of_copies(original, all[1], "2");
  EXPECT_EQ(owned.envelope_id, "");
  EXPECT_EQ(owned.return_part, mail::ReturnPart::unspecified);
  EXPECT_EQ(owned.recipients, std::vector{mail::Recipient{"two"}});
  EXPECT_EQ(envelope_of_copies(original, all[0], "2").envelope_id, "e");
  original.sender.clear();
  EXPECT_EQ(copies_by_owner(original, {one, two}).size(), 1U);
}

}  // namespace
}  // namespace signet::deliver
