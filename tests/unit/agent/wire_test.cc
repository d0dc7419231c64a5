#include "agent/wire.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "signet/base/frames.h"
#include "support/socket_pair.h"

namespace signet::agent {
namespace {

TEST(AgentWire, CarriesTheHeadOfALetter) {
  const test::SocketPair pair;
  const LetterHead head{.kind = mail::Recipient::Kind::program,
                        .user = "alice",
                        .target = "exec x",
                        .alias = "robot",
                        .list_alias = "list",
                        .files = {"/a b", "/c"},
                        .sender = "a@sender.test",
                        .may_forward = true,
                        .when = WallTime(std::chrono::seconds(1700000000)),
                        .mailer = "procmail",
                        .host = "/etc/rules"};
  ASSERT_TRUE(send_head(pair.one.get(), head));
  EXPECT_EQ(receive_head(pair.other.get()).value(), head);
}

TEST(AgentWire, RefusesHeadsThatCouldBeReadInTwoWays) {
  const test::SocketPair pair;
  const auto head_of = [](std::string user, std::string target) {
    return LetterHead{.kind = {},
                      .user = std::move(user),
                      .target = std::move(target),
                      .alias = {},
                      .list_alias = {},
                      .files = {},
                      .sender = "a"};
  };
  EXPECT_FALSE(send_head(pair.one.get(), head_of(std::string("al\0ice", 6), {})));
  EXPECT_FALSE(send_head(pair.one.get(), head_of("alice", std::string(kMaxHead, 'a'))));
  using namespace std::string_literals;
  const std::string good = "2\0u\0t\0a\0l\0f\ng\0s\0"s + "1\0005\0m\0h"s;
  for (const auto& bad :
       {""s, good, good + "\0x\0"s, "9"s + good.substr(1) + "\0"s, "x"s + good.substr(1) + "\0"s,
        good + "\0x"s, "2\0u\0t\0a\0l\0f\ng\0s\0"s + "1\0x5\0m\0h\0"s}) {
    ASSERT_TRUE(send_frame(pair.one.get(), bad));
    EXPECT_FALSE(receive_head(pair.other.get())) << testing::PrintToString(bad);
  }
}

TEST(AgentWire, CarriesAnswers) {
  const test::SocketPair pair;
  struct Row {
    deliver::LocalResult sent;
    std::string reason;
  };
  for (const auto& row : {Row{{true, false, "2.0.0", "Sent"}, "Sent"},
                          Row{{false, true, "4.2.0", "mailbox is locked"}, "mailbox is locked"},
                          Row{{false, false, "5.1.1", ""}, ""}}) {
    ASSERT_TRUE(send_answer(pair.one.get(), row.sent));
    const auto got = receive_answer(pair.other.get());
    ASSERT_TRUE(got);
    EXPECT_EQ(got->delivered, row.sent.delivered);
    EXPECT_EQ(got->temporary, row.sent.temporary);
    EXPECT_EQ(got->status, row.sent.status);
    EXPECT_EQ(got->reason, row.reason);
  }
}

TEST(AgentWire, CarriesTheTextOfAList) {
  const test::SocketPair pair;
  deliver::LocalResult sent{.status = "2.0.0", .ids = "1/2", .output = "a\nb", .remark = "why"};
  sent.members = {
      .path = "/home/al/.forward", .text = std::string(2 * kPieceBytes + 1, 'x'), .user = "al"};
  std::jthread sender([&] { ASSERT_TRUE(send_answer(pair.one.get(), sent)); });
  const auto got = receive_answer(pair.other.get());
  ASSERT_TRUE(got && got->members);
  EXPECT_FALSE(got->delivered);
  EXPECT_EQ(got->ids, sent.ids);
  EXPECT_EQ(got->output, sent.output);
  EXPECT_EQ(got->remark, sent.remark);
  EXPECT_EQ(got->members->path, sent.members->path);
  EXPECT_EQ(got->members->text, sent.members->text);
  EXPECT_EQ(got->members->user, sent.members->user);
}

TEST(AgentWire, TakesAMalformedAnswerForATemporaryError) {
  const test::SocketPair pair;
  for (const auto* bad : {"", "D", "D2.0.0 x", "D 2.0.0"}) {
    ASSERT_TRUE(send_frame(pair.one.get(), bad));
    const auto got = receive_answer(pair.other.get());
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().kind, ErrorKind::temporary);
  }
}

}  // namespace
}  // namespace signet::agent
