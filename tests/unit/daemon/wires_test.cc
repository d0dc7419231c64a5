// What our processes say to each other: frames, letters for the agent, questions to the parent.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/agent_wire.h"
#include "daemon/broker.h"
#include "daemon/frames.h"
#include "signet/base/fd.h"
#include "signet/maillog/log.h"
#include "support/temporary_directory.h"

namespace signet::daemon {
namespace {

struct Pair {
  Pair() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0) {
      one = Fd(ends[0]);
      other = Fd(ends[1]);
    }
  }
  Fd one;
  Fd other;
};

TEST(Frames, ArriveAsTheyLeft) {
  const Pair pair;
  for (const std::string& text : {std::string(), std::string("x"), std::string("\0\n\xff", 3)}) {
    ASSERT_TRUE(send_frame(pair.one.get(), text));
    EXPECT_EQ(receive_frame(pair.other.get(), 10).value(), text);
  }
}

TEST(Frames, AreRefusedWhenLongerThanAllowed) {
  const Pair pair;
  ASSERT_TRUE(send_frame(pair.one.get(), "12345"));
  EXPECT_FALSE(receive_frame(pair.other.get(), 4));
}

TEST(Frames, ThatAreCutAreErrors) {
  using namespace std::string_literals;
  for (const auto& cut : {""s, "\0\0"s, "\0\0\0\5"s, "\0\0\0\5ab"s}) {
    Pair pair;
    ASSERT_EQ(write(pair.one.get(), cut.data(), cut.size()), static_cast<ssize_t>(cut.size()));
    pair.one = Fd();
    EXPECT_FALSE(receive_frame(pair.other.get(), 100));
  }
}

TEST(AgentWire, CarriesTheHeadOfALetter) {
  const Pair pair;
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
  const Pair pair;
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
  const Pair pair;
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
  const Pair pair;
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
  const Pair pair;
  for (const auto* bad : {"", "D", "D2.0.0 x", "D 2.0.0"}) {
    ASSERT_TRUE(send_frame(pair.one.get(), bad));
    const auto got = receive_answer(pair.other.get());
    ASSERT_FALSE(got) << bad;
    EXPECT_EQ(got.error().kind, ErrorKind::temporary);
  }
}

class Broker : public testing::Test {
 protected:
  // The parent's side, for this many questions.
  void serve(int questions) {
    parent_ = std::jthread([this, questions] {
      for (int i = 0; i < questions; ++i) {
        if (!answer_request(pair_.other.get(), handlers_)) return;
      }
    });
  }

  Pair pair_;
  test::TemporaryDirectory folder_;
  int ready_ = 0;
  int taken_ = 0;
  BrokerHandlers handlers_{
      .on_ready = [this] { ++ready_; },
      .on_taken = [this] { ++taken_; },
      .configuration = [] { return Result<std::string>("the cf"); },
      .fault_at_start = [] { return "no such user"; },
      .key = [](const std::string& path) -> Result<Secret> {
        if (path != "/known.key") return permanent(path + " is no key file of the configuration");
        return Secret("PEM");
      },
      .map = [this](const std::string& path) -> Result<Fd> {
        if (path != "/known.db") return permanent("no map");
        return open_to_read(folder_.write("map", "octets"));
      },
      .log = [this](const std::string&) { return maillog::open_log_file(folder_ / "log"); }};
  std::jthread parent_;
};

TEST_F(Broker, AnswersWhatTheEngineAsks) {
  serve(6);
  BrokerClient engine(pair_.one.get());
  EXPECT_TRUE(engine.report_ready());
  EXPECT_EQ(engine.configuration().value(), "the cf");
  EXPECT_EQ(engine.fault_at_start().value(), "no such user");
  EXPECT_TRUE(engine.report_taken());
  EXPECT_EQ(engine.key("/known.key").value().reveal(), "PEM");
  const auto refused = engine.key("/etc/shadow");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "/etc/shadow is no key file of the configuration");
  parent_.join();
  EXPECT_EQ(ready_, 1);
  EXPECT_EQ(taken_, 1);
}

TEST_F(Broker, HandsOutFiles) {
  serve(3);
  BrokerClient engine(pair_.one.get());
  const auto map = engine.map("/known.db");
  ASSERT_TRUE(map) << map.error().what;
  std::array<char, 16> octets{};
  EXPECT_EQ(read(map->get(), octets.data(), octets.size()), 6);
  EXPECT_EQ(std::string(octets.data()), "octets");
  EXPECT_EQ(engine.map("/etc/shadow").error().what, "no map");
  const auto log = engine.log("/var/log/mail.log");
  ASSERT_TRUE(log);
  EXPECT_EQ(write(log->get(), "line\n", 5), 5);
  EXPECT_EQ(test::read_file(folder_ / "log"), "line\n");
}

TEST_F(Broker, AnswersManyThreadsInTurn) {
  serve(200);
  const BrokerClient first(pair_.one.get());
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([engine = first]() mutable {
        for (int i = 0; i < 25; ++i) {
          EXPECT_EQ(engine.configuration().value(), "the cf");
          EXPECT_TRUE(engine.map("/known.db"));
        }
      });
    }
  }
}

TEST_F(Broker, RefusesWhatItDoesNotKnow) {
  serve(2);
  for (const auto* question : {"", "X/known.key"}) {
    ASSERT_TRUE(send_frame(pair_.one.get(), question));
    EXPECT_EQ(receive_frame(pair_.one.get(), 100).value(), "-unknown request");
  }
}

TEST_F(Broker, NoticesThatTheOtherSideIsGone) {
  BrokerClient engine(pair_.one.get());
  pair_.other = Fd();
  EXPECT_FALSE(engine.configuration());
  Pair ended;
  ended.one = Fd();
  EXPECT_FALSE(answer_request(ended.other.get(), handlers_));
}

}  // namespace
}  // namespace signet::daemon
