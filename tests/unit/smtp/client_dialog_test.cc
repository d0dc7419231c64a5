// Runs every tests/dialog/client/*.smtp against a ClientSession, the server's bytes cut in several
// ways.
#include <gtest/gtest.h>

#include "signet/base/text.h"
#include "signet/smtp/client_session.h"
#include "unit/smtp/dialog_file.h"

namespace signet::smtp {
namespace {

ClientOptions client_options(const DialogFile& dialog) {
  ClientOptions options;
  options.helo_name = "us.test";
  const auto text = dialog.one("options");
  for (const auto word : words(text)) {
    if (word == "tls=never") options.tls = TlsUse::never;
    if (word == "tls=clear_retry") options.tls = TlsUse::clear_retry;
    if (word == "tls=implicit") options.tls = TlsUse::implicit;
    if (word == "helo") options.helo = true;
    if (word == "lmtp") options.lmtp = true;
    if (word == "pipelining=0") options.pipelining = false;
    if (word == "eight_bit_always") options.eight_bit_always = true;
    if (word == "max_reply_bytes=64") options.max_reply_bytes = 64;
  }
  return options;
}

struct ScriptedJob {
  Job job;
  std::string content;
};

std::string without_brackets(std::string_view text) {
  return std::string(text.substr(1, text.size() - 2));
}

ScriptedJob parse_job(std::string_view text) {
  ScriptedJob scripted;
  const auto quote = text.find('"');
  if (quote != text.npos) {
    scripted.content = unescape(text.substr(quote + 1, text.size() - quote - 2));
  }
  for (const auto word : words(text.substr(0, quote))) {
    const auto equals = word.find('=');
    const auto key = word.substr(0, equals);
    const auto value = word.substr(equals + 1);
    if (key == "from") scripted.job.sender = without_brackets(value);
    if (key == "size") scripted.job.size = *parse_number(value);
    if (key == "body") {
      scripted.job.body = value == "8bit" ? mail::Body::eight_bit_mime : mail::Body::seven_bit;
    }
    if (key == "auth") scripted.job.auth_sender = without_brackets(value);
    if (key == "envid") scripted.job.envelope_id = value;
    if (key == "ret") scripted.job.return_part = *mail::parse_return_part(value);
    if (key == "by") {  // SECONDS, SECONDS;R, SECONDS;RT
      scripted.job.deliver_by =
          mail::DeliverBy{.within = std::chrono::seconds(std::stoi(std::string(value))),
                          .mode = value.find('R') != value.npos ? mail::DeliverBy::Mode::give_up
                                                                : mail::DeliverBy::Mode::notify,
                          .trace = value.ends_with('T')};
    }
    if (key == "wish") {  // NOTIFY/ORCPT, of each recipient in turn
      const auto slash = value.find('/');
      scripted.job.wishes.push_back(
          {.notify = mail::parse_notify(value.substr(0, slash)).value_or(mail::Notify{}),
           .original = std::string(value.substr(slash + 1))});
    }
    if (key == "to") {
      for (const auto one : split(value, ',')) {
        scripted.job.recipients.push_back(unescape(without_brackets(one)));
      }
    }
  }
  return scripted;
}

class ClientDialog {
 public:
  ClientDialog(const DialogFile& dialog, int way)
      : dialog_(dialog),
        cuts_(way),
        session_(std::make_shared<const ClientOptions>(client_options(dialog)), now_) {
    for (const auto& text : dialog.texts("J")) jobs_.push_back(parse_job(text));
    const auto auth = dialog.one("auth");
    for (const auto word : words(auth)) auth_.emplace_back(word);
  }

  void run() {
    drain();
    for (std::size_t i = 0; i < dialog_.lines.size();) {
      const auto& [kind, text] = dialog_.lines[i];
      if (kind == "S" || kind == "B") {
        feed(batch(i));
      } else if (kind == "C") {
        std::string want;
        for (; i < dialog_.lines.size() && dialog_.lines[i].kind == "C"; ++i) {
          want += unescape(dialog_.lines[i].text) + "\r\n";
        }
        EXPECT_EQ(std::exchange(said_, {}), want) << "line " << i;
      } else {
        if (kind == ">") command(text);
        ++i;
      }
    }
    EXPECT_EQ(said_, "");
    std::vector<std::string> results;
    for (const auto& [kind, text] : dialog_.lines) {
      if (kind == "R" || kind == "U") results.push_back(kind + ": " + unescape(text));
    }
    EXPECT_EQ(results_, results);
    for (const char* kind : {"V", "A", "T"}) {
      if (const auto want = dialog_.texts(kind); !want.empty()) {
        EXPECT_EQ(seen_[kind], want);
      }
    }
  }

 private:
  std::string batch(std::size_t& i) {
    std::string bytes;
    for (; i < dialog_.lines.size(); ++i) {
      const auto& [kind, text] = dialog_.lines[i];
      if (kind == "S") {
        bytes += text + "\r\n";
      } else if (kind == "B") {
        bytes += unescape(text);
      } else {
        break;
      }
    }
    return bytes;
  }

  void command(const std::string& text) {
    if (text.starts_with("tls ")) {
      EXPECT_TRUE(std::exchange(handshake_, false) ||
                  client_options(dialog_).tls == TlsUse::implicit);
      unread_.clear();
      mail::TlsFacts facts;
      facts.verify = text == "tls OK" ? mail::Verify::ok : mail::Verify::fail;
      session_.on_tls_started(facts);
    } else if (text == "tls-fails") {
      session_.on_tls_failed("alert");
    } else if (text == "end") {
      session_.on_end("Connection reset");
    } else if (text == "finish") {
      session_.on_finish();
    } else if (text == "job") {
      content_ = jobs_.at(next_job_).content;
      session_.on_job(jobs_.at(next_job_++).job);
    } else if (text == "closed") {
      EXPECT_TRUE(closed_);
    } else if (text.starts_with("wait ")) {
      now_ += std::chrono::seconds(std::stoi(text.substr(5)));
      if (session_.deadline() && *session_.deadline() <= now_) session_.on_time(now_);
    } else {
      ADD_FAILURE() << "unknown: > " << text;
    }
    drain();
  }

  void feed(std::string bytes) {
    while (!bytes.empty()) {
      const auto size = cuts_.next(bytes.size());
      unread_ += bytes.substr(0, size);
      bytes.erase(0, size);
      for (bool going = true; going && !unread_.empty();) {
        session_.set_now(now_);
        const auto used = session_.on_bytes(unread_);
        unread_.erase(0, used);
        going = drain() || used > 0;
      }
    }
  }

  bool drain() {
    bool any = false;
    while (auto effect = session_.next_effect()) {
      any = true;
      EXPECT_FALSE(closed_) << "an effect behind Close";
      std::visit([this](auto& got) { on(got); }, *effect);
    }
    return any;
  }

  static std::string who_and_what(bool answered, const mail::Reply& reply) {
    return std::string(answered ? " answered " : " ours ") + reply.line();
  }

  void on(ClientSend& send) { said_ += send.bytes; }
  void on(ClientStartTls&) { handshake_ = true; }
  void on(AskTls&) {
    const auto choice = dialog_.one("tls");
    session_.on_answer(choice == "leave"        ? TlsChoice::leave
                       : choice == "impossible" ? TlsChoice::impossible
                                                : TlsChoice::take);
  }
  void on(AskServer& asked) {
    seen_["V"].emplace_back(mail::to_string(asked.verify));
    ServerDecision decision;
    if (const auto refusal = dialog_.one("server"); !refusal.empty()) {
      decision.refusal = reply_of(refusal);
    }
    session_.on_answer(std::move(decision));
  }
  void on(AskClientAuth& asked) {
    std::string line = "offered";
    for (const auto& name : asked.offered) line += ' ' + name;
    seen_["A"].push_back(line);
    if (auth_.empty()) return session_.on_answer(NoAuth{});
    AuthStart start{auth_.at(0), std::nullopt};
    if (auth_.at(1) != "-") start.initial = unescape(auth_.at(1));
    next_response_ = 2;
    session_.on_answer(std::move(start));
  }
  void on(AskClientAuthStep& asked) {
    seen_["A"].push_back("step " + asked.challenge);
    const auto response = auth_.at(next_response_++);
    if (response == "!") {
      session_.on_answer(AuthGiveUp{{454, "4.7.0", "no password"}});
    } else {
      session_.on_answer(AuthResponse{unescape(response)});
    }
  }
  void on(ClientAuthDone& done) { seen_["A"].push_back("done " + done.mechanism); }
  void on(ClientAuthFailed& failed) { seen_["A"].push_back("failed " + failed.reply.line()); }
  void on(AskJob&) {
    if (next_job_ == jobs_.size() || jobs_[next_job_].content == "later") {
      if (next_job_ < jobs_.size()) jobs_[next_job_].content = "x\r\n";
      return session_.on_answer(NoJob{});
    }
    content_ = jobs_[next_job_].content;
    session_.on_answer(jobs_[next_job_++].job);
  }
  void on(AskContent&) {
    if (content_ == "unreadable") return session_.on_answer(ContentFailed{});
    if (content_ == "stuck") return;
    const auto size = std::min<std::size_t>(content_.size(), 7);
    ContentPart part{content_.substr(0, size), size == content_.size()};
    content_.erase(0, size);
    session_.on_answer(std::move(part));
  }
  void on(Report& report) {
    for (const auto& recipient : report.result.recipients) {
      results_.push_back("R: " + recipient.address + ' ' + std::string(to_string(recipient.phase)) +
                         who_and_what(recipient.answered, recipient.reply));
    }
    for (const auto& line : report.result.transcript) seen_["T"].push_back(line);
  }
  void on(Unusable& unusable) {
    results_.push_back("U: " + std::string(to_string(unusable.phase)) +
                       who_and_what(unusable.answered, unusable.reply));
  }
  void on(ClientClose&) { closed_ = true; }

  const DialogFile& dialog_;
  Cuts cuts_;
  TimePoint now_{};
  ClientSession session_;
  std::vector<ScriptedJob> jobs_;
  std::size_t next_job_ = 0;
  std::vector<std::string> auth_;
  std::size_t next_response_ = 0;
  std::string unread_;
  std::string said_;
  std::string content_;
  std::vector<std::string> results_;
  std::map<std::string, std::vector<std::string>> seen_;
  bool handshake_ = false;
  bool closed_ = false;
};

TEST(ClientDialog, EveryFileRunsHoweverItIsCut) {
  const auto dialogs = read_dialogs("client");
  EXPECT_GE(dialogs.size(), 30U);
  for (const auto& dialog : dialogs) {
    const int ways = dialog.one("cuts") == "whole" ? 1 : Cuts::kWays;
    for (int way = 0; way < ways; ++way) {
      SCOPED_TRACE(dialog.name + ".smtp, way " + std::to_string(way));
      ClientDialog(dialog, way).run();
    }
  }
}

}  // namespace
}  // namespace signet::smtp
