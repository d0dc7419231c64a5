#include "daemon/broker.h"

#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "signet/base/frames.h"
#include "signet/maillog/log.h"
#include "support/socket_pair.h"
#include "support/temporary_directory.h"

namespace signet::daemon {
namespace {

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

  test::SocketPair pair_;
  test::TemporaryDirectory folder_;
  int ready_ = 0;
  int taken_ = 0;
  BrokerHandlers handlers_{
      .on_ready = [this] { ++ready_; },
      .on_taken = [this] { ++taken_; },
      .configuration = [] { return Result<std::string>("the cf"); },
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
  serve(5);
  BrokerClient engine(pair_.one.get());
  EXPECT_TRUE(engine.report_ready());
  EXPECT_EQ(engine.configuration().value(), "the cf");
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
  test::SocketPair ended;
  ended.one = Fd();
  EXPECT_FALSE(answer_request(ended.other.get(), handlers_));
}

}  // namespace
}  // namespace signet::daemon
