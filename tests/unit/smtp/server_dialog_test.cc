// Runs every tests/dialog/*.smtp against a ServerSession, the bytes cut in several ways. The script
// below stands for policy, SASL and queue.
#include <gtest/gtest.h>

#include "signet/base/text.h"
#include "signet/smtp/server_session.h"
#include "unit/smtp/dialog_file.h"

namespace signet::smtp {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kId = "6ANDaa12004577";
constexpr std::string_view kPeer = "client.test [192.0.2.1]";

std::string_view name_of(NoticeKind kind) {
  constexpr std::string_view kNames[] = {"did_not_issue",  "lost_input",      "premature_end",
                                         "attack",         "recipient_flood", "recipient_shutdown",
                                         "too_many_bad",   "line_too_long",   "early_talker",
                                         "verify_refused", "hostile",         "open_proxy",
                                         "timed_out",      "content_refused"};
  return kNames[static_cast<std::size_t>(kind)];
}

ServerOptions server_options(const DialogFile& dialog) {
  ServerOptions options{.host = "mx.test", .offer_starttls = true};
  const auto text = dialog.one("options");
  for (const auto word : words(text)) {
    const auto equals = std::min(word.find('='), word.size());
    const auto name = word.substr(0, equals);
    const auto value = equals < word.size() ? *parse_number(word.substr(equals + 1)) : 1;
    if (name == "starttls") options.offer_starttls = value != 0;
    if (name == "pipelining") options.offer_pipelining = value != 0;
    if (name == "filtered") options.filtered = value != 0;
    if (name == "refuse_http") options.refuse_http = value != 0;
    if (name == "implicit_tls") options.implicit_tls = value != 0;
    if (name == "require_auth") options.require_auth = value != 0;
    if (name == "need_helo") options.need_helo = value != 0;
    if (name == "need_helo_to_verify") options.need_helo_to_verify = value != 0;
    if (name == "need_helo_to_expand") options.need_helo_to_expand = value != 0;
    if (name == "refuse_verify") options.refuse_verify = value != 0;
    if (name == "offer_dsn") options.offer_dsn = value != 0;
    if (name == "least_deliver_by") options.least_deliver_by = std::chrono::seconds(value);
    if (name == "no_deliver_by") options.least_deliver_by.reset();
    if (name == "offer_expand") options.offer_expand = value != 0;
    if (name == "bogus_helo") options.bogus_helo = value != 0;
    if (name == "most_idle_commands") options.most_idle_commands = static_cast<int>(value);
    if (name == "bad_recipient_shutdown") options.bad_recipient_shutdown = static_cast<int>(value);
    if (name == "good_recipients") options.bad_recipient_shutdown_good = static_cast<int>(value);
    if (name == "hostile_colons") {
      options.is_hostile = [](std::string_view line) { return line.find(':') != line.npos; };
    }
    if (name == "help_texts") {
      options.help = std::make_shared<const std::vector<HelpLine>>(std::vector<HelpLine>{
          {"smtp", "Topics: expn"}, {"expn", "EXPN list"}, {"expn", "  all of it"}});
    }
    if (name == "strict_line_ends") options.strict_line_ends = value != 0;
    if (name == "reject_nul") options.reject_nul = value != 0;
    if (name == "max_message_bytes") options.max_message_bytes = value;
    if (name == "max_recipients") options.max_recipients = value;
    if (name == "max_bad_commands") options.max_bad_commands = static_cast<int>(value);
    if (name == "bad_recipient_throttle") options.bad_recipient_throttle = static_cast<int>(value);
  }
  return options;
}

class ServerDialog {
 public:
  ServerDialog(const DialogFile& dialog, int way)
      : dialog_(dialog), cuts_(way), session_(make_session()) {}

  void run() {
    drain();
    for (std::size_t i = 0; i < dialog_.lines.size();) {
      const auto& [kind, text] = dialog_.lines[i];
      if (kind == "C" || kind == "B") {
        feed(batch(i));
      } else if (kind == ">") {
        command(text);
        ++i;
      } else if (kind == "S") {
        std::string want;
        for (; i < dialog_.lines.size() && dialog_.lines[i].kind == "S"; ++i) {
          want += filled(unescape(dialog_.lines[i].text)) + "\r\n";
        }
        EXPECT_EQ(std::exchange(said_, {}), want) << "line " << i;
      } else {
        ++i;  // N and M are compared at the end
      }
    }
    EXPECT_EQ(said_, "");
    EXPECT_EQ(messages_, dialog_.texts("M"));
    if (const auto notices = dialog_.texts("N"); !notices.empty()) {
      EXPECT_EQ(notices_, notices);
    }
  }

 private:
  ServerSession make_session() {
    mail::PeerFacts peer;
    peer.name = "client.test";
    peer.resolve = mail::Resolve::ok;
    peer.remote.ip = *IpAddress::parse("192.0.2.1");
    return {std::make_shared<const ServerOptions>(server_options(dialog_)), peer,
            "mx.test ESMTP Signet", list(dialog_.one("auth")), now_};
  }
  static std::vector<std::string> list(const std::string& text) {
    std::vector<std::string> names;
    for (const auto word : words(text)) names.emplace_back(word);
    return names;
  }
  static std::string filled(std::string text) {
    const auto put = [&](std::string_view mark, std::string_view value) {
      for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
        text.replace(at, mark.size(), value);
      }
    };
    put("{id}", kId);
    put("{peer}", kPeer);
    put("{host}", "mx.test");
    put("{greeting}", "mx.test ESMTP Signet");
    return text;
  }
  std::string batch(std::size_t& i) {
    std::string bytes;
    for (; i < dialog_.lines.size(); ++i) {
      const auto& [kind, text] = dialog_.lines[i];
      if (kind == "C") {
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
    if (text == "tls") {
      EXPECT_TRUE(std::exchange(handshake_, false) || server_options(dialog_).implicit_tls);
      unread_.clear();
      const auto mechanisms = dialog_.one("auth-tls");
      session_.on_tls_started(mail::TlsFacts{},
                              list(mechanisms.empty() ? "LOGIN PLAIN" : mechanisms));
    } else if (text == "tls-fails") {
      session_.on_tls_failed();
    } else if (text == "end") {
      session_.on_end();
    } else if (text == "shutdown") {
      session_.on_shutdown();
    } else if (text == "closed") {
      EXPECT_TRUE(closed_);
    } else if (text.starts_with("wait ")) {
      now_ += std::chrono::seconds(std::stoi(text.substr(5)));
      if (session_.deadline() && *session_.deadline() <= now_) session_.on_time(now_);
    } else {
      ADD_FAILURE() << "unknown: > " << text;
    }
    drain();
    feed({});
  }

  // Like a driver: keeps what the session did not want, offers it again.
  void feed(std::string bytes) {
    do {
      const auto size = std::min(bytes.size(), bytes.empty() ? 0 : cuts_.next(bytes.size()));
      unread_ += bytes.substr(0, size);
      bytes.erase(0, size);
      for (bool going = true; going && !unread_.empty();) {
        session_.set_now(now_);
        const auto used = session_.on_bytes(unread_);
        unread_.erase(0, used);
        going = drain() || used > 0;
      }
    } while (!bytes.empty());
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

  // The reply of a "# policy: QUESTION ARGUMENT REPLY" line.
  std::optional<Decision> scripted(std::string_view question, std::string_view argument) {
    for (const auto& rule : dialog_.all("policy")) {
      const auto key = std::string(question) + ' ' + std::string(argument) + ' ';
      if (!rule.starts_with(key)) continue;
      const auto answer = rule.substr(key.size());
      if (answer == "discard") return Decision{{}, true};
      if (answer == "unwelcome") return Decision{{550, "5.0.0", "Command rejected"}, false, true};
      return Decision{reply_of(answer), false};
    }
    return std::nullopt;
  }
  void answer(std::string_view question, std::string_view argument, Decision otherwise = {}) {
    session_.on_answer(scripted(question, argument).value_or(std::move(otherwise)));
  }

  void on(Send& send) { said_ += send.bytes; }
  void on(StartTls&) { handshake_ = true; }
  void on(AskConnect&) { answer("connect", "-"); }
  void on(AskStartTls&) { answer("starttls", "-"); }
  void on(AskTlsClient&) { answer("tls_client", "-"); }
  void on(AskHelo& asked) { answer("helo", asked.name); }
  void on(AskData&) { answer("data", "-"); }
  void on(AskUnknown& asked) { answer("unknown", asked.line); }
  void on(AskSender& asked) {
    for (const auto& argument : asked.path.arguments) notices_.push_back("argument " + argument);
    answer("sender", asked.path.as_given);
  }
  void on(AskVerify& asked) {
    answer("verify", asked.argument, {{252, "2.1.5", "<" + asked.argument + ">"}, false});
  }
  void on(AskExpand& asked) {
    answer("expand", asked.argument, {{250, "2.1.5", "<" + asked.argument + ">"}, false});
  }
  void on(AskRecipient& asked) {
    const auto& given = asked.path.as_given;
    const auto& address = asked.path.address;
    const bool is_ours = address.ends_with("@mx.test") || !address.contains('@');
    Decision decision;
    if (!is_ours && !session_.authenticated()) {
      decision.reply = {550, "5.7.1", given + "... Relaying denied"};
    } else if (address.starts_with("nope")) {
      decision.reply = {550, "5.1.1", given + "... User unknown"};
    }
    answer("recipient", given, std::move(decision));
  }
  void on(AskAuth& asked) {
    mechanism_ = asked.mechanism;
    if (asked.initial) return check(*asked.initial);
    session_.on_answer(Challenge{mechanism_ == "LOGIN" ? "Username:" : ""});
  }
  void on(AskAuthStep& asked) {
    if (mechanism_ == "LOGIN" && asked.response == "bob") {
      return session_.on_answer(Challenge{"Password:"});
    }
    check(asked.response);
  }
  void check(const std::string& secret) {
    using namespace std::string_literals;
    if (secret == "\0bob\0secret"s || secret == "secret") {
      session_.on_answer(Authenticated{});
    } else {
      session_.on_answer(AuthRefused{{535, "5.7.0", "authentication failed"}});
    }
  }
  void on(CancelAuth&) { notices_.push_back("cancel_auth"); }
  void on(BeginContent&) {
    EXPECT_FALSE(content_);
    content_.emplace();
  }
  void on(Content& content) {
    ASSERT_TRUE(content_);
    *content_ += content.bytes;
  }
  void on(AskStore& asked) {
    ASSERT_TRUE(content_);
    EXPECT_EQ(asked.octets, content_->size());
    std::string line = asked.sender.as_given + " ->";
    for (const auto& recipient : asked.recipients) line += ' ' + recipient.address;
    if (asked.discard) line += " (discard)";
    messages_.push_back(line + " \"" + escape(*content_) + '"');
    content_.reset();
    if (const auto refusal = scripted("store", "-")) {
      session_.on_answer(NotStored{refusal->reply});
    } else {
      session_.on_answer(Stored{std::string(kId)});
    }
  }
  void on(DropContent&) {
    EXPECT_TRUE(content_);
    content_.reset();
    notices_.push_back("drop");
  }
  void on(Aborted& aborted) {
    notices_.push_back("aborted " + aborted.sender.as_given + ' ' +
                       std::to_string(aborted.recipients));
  }
  void on(Close&) { closed_ = true; }
  void on(Notice& notice) {
    std::string line(name_of(notice.kind));
    if (!notice.detail.empty()) line += ' ' + notice.detail;
    if (notice.count != 0) line += ' ' + std::to_string(notice.count);
    notices_.push_back(line);
  }

  const DialogFile& dialog_;
  Cuts cuts_;
  TimePoint now_{};
  ServerSession session_;
  std::string unread_;
  std::string said_;
  std::string mechanism_;
  std::optional<std::string> content_;
  std::vector<std::string> messages_;
  std::vector<std::string> notices_;
  bool handshake_ = false;
  bool closed_ = false;
};

TEST(ServerDialog, EveryFileRunsHoweverItIsCut) {
  const auto dialogs = read_dialogs(".");
  EXPECT_GE(dialogs.size(), 30U);
  for (const auto& dialog : dialogs) {
    const int ways = dialog.one("cuts") == "whole" ? 1 : Cuts::kWays;
    for (int way = 0; way < ways; ++way) {
      SCOPED_TRACE(dialog.name + ".smtp, way " + std::to_string(way));
      ServerDialog(dialog, way).run();
    }
  }
}

}  // namespace
}  // namespace signet::smtp
