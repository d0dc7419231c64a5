// What dialogs cannot say: effects, deadlines, words about a session, lateness.
#include <gtest/gtest.h>

#include "signet/smtp/client_session.h"
#include "signet/smtp/server_session.h"
#include "smtp/command.h"

namespace signet::smtp {
namespace {

using namespace std::chrono_literals;

ServerSession make_server(ServerOptions options = {.host = "mx.test", .offer_starttls = true}) {
  mail::PeerFacts peer;
  peer.name = "client.test";
  return {std::make_shared<const ServerOptions>(std::move(options)),
          peer,
          "mx.test ESMTP",
          {},
          TimePoint{}};
}

// Says yes to everything, counts what comes out.
struct YesMan {
  ServerSession& session;
  std::vector<std::string> sends{};
  std::vector<std::size_t> contents{};
  std::vector<Notice> notices{};

  void drain() {
    while (auto effect = session.next_effect()) std::visit([this](auto& got) { on(got); }, *effect);
  }
  void feed(std::string_view in) {
    for (drain(); !in.empty();) {
      const auto used = session.on_bytes(in);
      in.remove_prefix(used);
      drain();
      if (used == 0) return;  // closed
    }
  }
  void on(Send& send) { sends.push_back(send.bytes); }
  void on(Content& content) { contents.push_back(content.bytes.size()); }
  void on(Notice& notice) { notices.push_back(notice); }
  void on(AskStore&) { session.on_answer(Stored{"ID"}); }
  void on(AskAuth&) { session.on_answer(Authenticated{}); }
  void on(AskConnect&) { session.on_answer(Decision{}); }
  void on(AskStartTls&) { session.on_answer(Decision{}); }
  void on(AskTlsClient&) { session.on_answer(Decision{}); }
  void on(AskHelo&) { session.on_answer(Decision{}); }
  void on(AskData&) { session.on_answer(Decision{}); }
  void on(AskUnknown&) { session.on_answer(Decision{}); }
  void on(AskSender&) { session.on_answer(Decision{}); }
  void on(AskRecipient&) { session.on_answer(Decision{}); }
  template <class Other>
  void on(Other&) {}
};

TEST(ServerSession, AnswersAPipelinedBatchWithOneWrite) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("HELO c.test\r\n");
  driver.sends.clear();
  driver.feed("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n");
  ASSERT_EQ(driver.sends.size(), 1U);
  EXPECT_TRUE(driver.sends[0].ends_with("354 End data with <CR><LF>.<CR><LF>\r\n"));
  driver.feed("x\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
  EXPECT_EQ(driver.sends.size(), 2U);
}

// Replies may be far longer than the commands that a batch consists of.
TEST(ServerSession, AnswersABatchWithLongRepliesInSteps) {
  auto session = make_server();
  YesMan driver{session};
  driver.drain();
  driver.sends.clear();
  std::string batch;
  for (int i = 0; i < 10000; ++i) batch += "HELP\n";
  driver.feed(batch);
  std::size_t said = 0;
  for (const auto& bytes : driver.sends) {
    EXPECT_LT(bytes.size(), 32U * 1024);
    said += bytes.size();
  }
  EXPECT_GT(said, 1024U * 1024);
}

// A slow answer must not keep back what was already decided.
TEST(ServerSession, SendsWhatItHasWhileAQuestionIsOpen) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("HELO c.test\r\n");
  std::string_view in = "NOOP\r\nMAIL FROM:<a@b>\r\nNOOP\r\n";
  in.remove_prefix(session.on_bytes(in));
  EXPECT_TRUE(std::holds_alternative<AskSender>(session.next_effect().value()));
  EXPECT_EQ(std::get<Send>(session.next_effect().value()).bytes, "250 2.0.0 OK\r\n");
  EXPECT_TRUE(session.waiting());
  EXPECT_EQ(session.on_bytes(in), 0U);
  EXPECT_EQ(session.deadline(), std::nullopt);
  session.on_answer(Decision{});
  EXPECT_FALSE(session.next_effect());  // more replies may follow
  EXPECT_EQ(session.on_bytes(in), in.size());
  EXPECT_EQ(std::get<Send>(session.next_effect().value()).bytes,
            "250 2.1.0 <a@b>... Sender ok\r\n250 2.0.0 OK\r\n");
}

// DelayLA: each command waits, once; QUIT is what a busy host likes to hear.
TEST(ServerSession, LetsCommandsWaitWhileTheHostIsBusy) {
  auto session = make_server();
  YesMan driver{session};
  driver.drain();
  driver.sends.clear();
  session.set_now(TimePoint{});
  session.set_command_delay(std::chrono::seconds(1));
  driver.feed("NOOP\r\n");
  EXPECT_TRUE(driver.sends.empty());
  ASSERT_EQ(session.deadline(), TimePoint{} + std::chrono::seconds(1));
  session.on_time(TimePoint{} + std::chrono::seconds(1));
  driver.drain();
  ASSERT_EQ(driver.sends.size(), 1U);
  EXPECT_EQ(driver.sends[0], "250 2.0.0 OK\r\n");
  driver.feed("QUIT\r\n");
  EXPECT_EQ(driver.sends.size(), 2U);
}

TEST(ServerSession, PassesContentOnInLargeSlices) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
  std::string block;
  while (block.size() < 65536) block += ".. a line of ordinary length, stuffed\r\n";
  driver.feed(block);
  ASSERT_EQ(driver.contents.size(), 1U);
  EXPECT_GT(driver.contents[0], 60000U);
}

// Whichever line was before it, and however that one was cut.
TEST(ServerSession, LetsALineOfAuthBeLong) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("HELO c.");
  driver.feed("test\r\n");
  driver.feed("AUTH PLAIN " + std::string(8000, 'A') + "\r\n");
  EXPECT_EQ(driver.sends.back(), "503 5.3.3 AUTH not available\r\n");
  driver.feed("AUTH PL");
  driver.feed("AIN\r\n");
  driver.feed("NOOP " + std::string(8000, 'A') + "\r\n");
  EXPECT_TRUE(driver.sends.back().starts_with("421 4.7.0")) << driver.sends.back();
}

TEST(ServerSession, RefusesThoseWhoTalkBeforeTheGreeting) {
  for (const bool refuse : {true, false}) {
    auto session = make_server({.host = "mx.test", .refuse_early_talkers = refuse});
    ASSERT_TRUE(session.next_effect());  // AskConnect
    EXPECT_EQ(session.on_bytes("EHLO x\r\n"), 0U);
    session.on_answer(Decision{});
    YesMan driver{session};
    driver.feed("MAIL FROM:<a@b>\r\n");
    ASSERT_FALSE(driver.sends.empty());
    std::string said;
    for (const auto& bytes : driver.sends) said += bytes;
    EXPECT_EQ(said, refuse ? "554 mx.test ESMTP not accepting messages\r\n"
                             "550 5.0.0 Command rejected\r\n"
                           : "220 mx.test ESMTP\r\n250 2.1.0 <a@b>... Sender ok\r\n");
    EXPECT_EQ(driver.notices.size(), refuse ? 1U : 0U);
  }
}

TEST(ServerSession, KnowsItsProtocol) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("HELO c.test\r\n");
  EXPECT_EQ(session.protocol(), "SMTP");
  driver.feed("EHLO c.test\r\n");
  EXPECT_EQ(session.protocol(), "ESMTP");
  EXPECT_EQ(session.helo(), "c.test");
  driver.feed("STARTTLS\r\n");
  EXPECT_TRUE(session.waiting());
  session.on_tls_started({}, {"PLAIN"});
  EXPECT_EQ(session.helo(), "");
  driver.feed("EHLO d.test\r\n");
  EXPECT_EQ(session.protocol(), "ESMTPS");
  driver.feed("AUTH PLAIN =\r\n");
  EXPECT_TRUE(session.authenticated());
  EXPECT_EQ(session.protocol(), "ESMTPSA");
}

TEST(ServerSession, IgnoresAnswersThatComeTooLate) {
  auto session = make_server();
  YesMan driver{session};
  driver.feed("MAIL FROM:<a@b>\r\n");
  session.on_bytes("RCPT TO:<c@d>\r\n");
  session.on_end();
  session.on_answer(Decision{});
  session.on_time(TimePoint{} + 24h);
  driver.drain();
  EXPECT_EQ(session.on_bytes("NOOP\r\n"), 0U);
  EXPECT_EQ(session.deadline(), std::nullopt);
  ASSERT_FALSE(driver.notices.empty());
  EXPECT_EQ(driver.notices.back().kind, NoticeKind::lost_input);
}

// One octet now and then is no sign of life.
TEST(ServerSession, DoesNotLetATrickleMoveTheDeadline) {
  auto session = make_server({.host = "mx.test", .command_timeout = 100s});
  YesMan driver{session};
  driver.feed("NOOP\r\n");
  for (int second = 1; second < 100; ++second) {
    session.set_now(TimePoint{} + std::chrono::seconds(second));
    driver.feed("x");
    EXPECT_EQ(session.deadline(), TimePoint{} + 100s);
  }
}

TEST(CommandTable, KnowsEveryVerbInAnyCase) {
  for (const auto* verb : {"helo", "EHLO", "Mail", "rcpt", "DATA", "RSET", "NOOP", "QUIT", "HELP",
                           "VRFY", "EXPN", "ETRN", "VERB", "AUTH", "STARTTLS", "TURN"}) {
    EXPECT_NE(find_command(verb), nullptr) << verb;
  }
  for (const auto* verb : {"", "MAI", "MAILX", "BDAT", "XCLIENT"}) {
    EXPECT_EQ(find_command(verb), nullptr) << verb;
  }
  const auto [verb, argument] = split_command("  rcpt \t TO:<a@b>  ");
  EXPECT_EQ(verb, "rcpt");
  EXPECT_EQ(argument, "TO:<a@b>");
}

TEST(ClientSession, HandsBackAJobThatComesTooLate) {
  const auto options = std::make_shared<const ClientOptions>();
  for (const bool by_answer : {true, false}) {
    ClientSession session(options, TimePoint{});
    const auto drain = [&] {
      std::optional<JobResult> result;
      while (auto effect = session.next_effect()) {
        if (std::holds_alternative<AskTls>(*effect)) session.on_answer(TlsChoice::take);
        if (std::holds_alternative<AskServer>(*effect)) session.on_answer(ServerDecision{});
        if (std::holds_alternative<AskJob>(*effect) && !by_answer) session.on_answer(NoJob{});
        if (auto* report = std::get_if<Report>(&*effect)) result = report->result;
      }
      return result;
    };
    session.on_bytes("220 mx\r\n");
    session.on_bytes("250 mx\r\n");
    drain();
    session.on_end("gone");
    drain();
    const Job job{.sender = "a@b", .recipients = {"c@d"}, .auth_sender = {}};
    if (by_answer) {
      session.on_answer(job);
    } else {
      session.on_job(job);
    }
    const auto result = drain();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->recipients.at(0).address, "c@d");
    EXPECT_FALSE(result->recipients.at(0).answered);
    EXPECT_TRUE(result->recipients.at(0).reply.temporary());
  }
}

TEST(ClientSession, KeepsTheTranscriptShort) {
  ClientOptions options;
  options.helo_name = "us.test";
  ClientSession session(std::make_shared<const ClientOptions>(options), TimePoint{});
  Job job{.sender = "a@b", .recipients = {}, .auth_sender = {}};
  for (int i = 0; i < 500; ++i) job.recipients.push_back("c" + std::to_string(i) + "@d.test");
  std::optional<JobResult> result;
  session.on_bytes("220 mx\r\n");
  session.on_bytes("250-mx\r\n250 PIPELINING\r\n");
  const auto drain = [&] {
    while (auto effect = session.next_effect()) {
      if (std::holds_alternative<AskTls>(*effect)) session.on_answer(TlsChoice::take);
      if (std::holds_alternative<AskServer>(*effect)) session.on_answer(ServerDecision{});
      if (std::holds_alternative<AskJob>(*effect) && !result) session.on_answer(job);
      if (auto* report = std::get_if<Report>(&*effect)) result = report->result;
    }
  };
  drain();
  session.on_bytes("250 ok\r\n");
  for (int i = 0; i < 501; ++i) session.on_bytes("550 5.1.1 " + std::string(300, 'x') + "\r\n");
  drain();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->recipients.size(), 500U);
  std::size_t octets = 0;
  for (const auto& line : result->transcript) octets += line.size();
  EXPECT_LE(octets, 8192U);
  EXPECT_GE(octets, 4096U);
}

}  // namespace
}  // namespace signet::smtp
