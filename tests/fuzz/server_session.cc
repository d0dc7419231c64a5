// Any bytes from a client. The first octet chooses settings, the second how the rest is cut; a
// policy that says yes to most, and TLS that always works, let the bytes get far.
#include "signet/smtp/server_session.h"

#include <cstdlib>

#include "signet/base/check.h"

namespace signet::smtp {
namespace {

class Driver {
 public:
  Driver(std::uint8_t settings, std::uint8_t cut)
      : cut_(cut == 0 ? 4096U : cut), session_(options(settings), {}, "mx.test", {"PLAIN"}, now_) {
    drain();
  }

  void feed(std::string_view in) {
    while (!in.empty() && !closed_) {
      auto piece = in.substr(0, cut_);
      const auto used = session_.on_bytes(piece);
      SIGNET_CHECK(used <= piece.size());
      in.remove_prefix(used);
      const bool moved = drain() || used > 0;
      if (!moved && session_.deadline()) {  // slowed down
        now_ = *session_.deadline();
        session_.on_time(now_);
        drain();
      } else if (!moved) {
        return;
      }
    }
  }

  void end() {
    session_.on_end();
    drain();
    SIGNET_CHECK(!content_);
  }

 private:
  static std::shared_ptr<const ServerOptions> options(std::uint8_t settings) {
    ServerOptions made{.host = "mx.test", .offer_starttls = true};
    made.strict_line_ends = (settings & 1) == 0;
    made.reject_nul = (settings & 2) == 0;
    made.require_auth = (settings & 4) != 0;
    made.need_helo = (settings & 8) != 0;
    made.need_helo_to_expand = (settings & 8) != 0;
    made.bogus_helo = (settings & 8) == 0;
    made.refuse_verify = made.filtered = (settings & 16) == 0;
    made.offer_expand = (settings & 16) != 0;
    made.offer_dsn = (settings & 16) == 0;
    if ((settings & 8) != 0) made.least_deliver_by.reset();
    made.max_message_bytes = (settings & 32) != 0 ? 100 : 0;
    made.max_recipients = (settings & 64) != 0 ? 2 : 0;
    made.bad_recipient_throttle = (settings & 128) != 0 ? 1 : 0;
    made.bad_recipient_shutdown = (settings & 128) != 0 ? 3 : 0;
    return std::make_shared<const ServerOptions>(std::move(made));
  }

  bool drain() {
    bool any = false;
    while (auto effect = session_.next_effect()) {
      SIGNET_CHECK(!closed_);
      any = true;
      std::visit([this](auto& got) { on(got); }, *effect);
    }
    return any;
  }

  static void check_text(std::string_view text) {
    for (const char c : text) SIGNET_CHECK(c != '\r' && c != '\n' && c != '\0');
  }

  // Every line we say is a reply and ends as it should.
  void on(Send& send) {
    SIGNET_CHECK(send.bytes.ends_with("\r\n"));
    for (std::size_t at = 0; at < send.bytes.size();) {
      const auto end = send.bytes.find("\r\n", at);
      const auto line = std::string_view(send.bytes).substr(at, end - at);
      SIGNET_CHECK(line.size() >= 4 && line[0] >= '2' && line[0] <= '5');
      check_text(line);
      at = end + 2;
    }
  }
  void on(StartTls&) { session_.on_tls_started({}, {"PLAIN", "LOGIN"}); }
  void on(AskConnect&) { session_.on_answer(Decision{}); }
  void on(AskStartTls&) { session_.on_answer(Decision{}); }
  void on(AskTlsClient&) { session_.on_answer(Decision{}); }
  void on(AskHelo& asked) {
    check_text(asked.name);
    session_.on_answer(Decision{});
  }
  void on(AskData&) { session_.on_answer(Decision{}); }
  void on(AskUnknown& asked) {
    check_text(asked.line);
    session_.on_answer(Decision{});
  }
  void on(AskSender& asked) {
    check_text(asked.path.as_given);
    check_text(asked.path.address);
    check_text(asked.path.auth.value_or(""));
    session_.on_answer(Decision{});
  }
  void on(AskRecipient& asked) {
    check_text(asked.path.address);
    SIGNET_CHECK(!asked.path.address.empty() && asked.path.address.size() <= 256);
    Decision decision;
    if (asked.path.address.front() == 'n') decision.reply = {550, "5.1.1", "no"};
    session_.on_answer(std::move(decision));
  }
  void on(AskExpand& asked) {
    check_text(asked.argument);
    session_.on_answer(Decision{{250, "2.1.5", "<a@mx.test>\n<b@mx.test>"}, false});
  }
  void on(AskVerify&) { session_.on_answer(Decision{{252, "2.1.5", "maybe"}, false}); }
  void on(AskAuth& asked) {
    if (asked.initial && *asked.initial == "ok") return session_.on_answer(Authenticated{});
    session_.on_answer(Challenge{"?"});
  }
  void on(AskAuthStep& asked) {
    if (asked.response.size() < 3) return session_.on_answer(Challenge{asked.response});
    session_.on_answer(AuthRefused{{535, "5.7.0", "no"}});
  }
  void on(CancelAuth&) {}
  void on(BeginContent&) {
    SIGNET_CHECK(!content_);
    content_.emplace();
  }
  void on(Content& content) {
    SIGNET_CHECK(content_);
    *content_ += content.bytes;
  }
  // CR and LF only as a pair, whatever the settings are.
  void on(AskStore& asked) {
    SIGNET_CHECK(content_ && asked.octets == content_->size() && !asked.recipients.empty());
    SIGNET_CHECK(content_->empty() || content_->ends_with("\r\n"));
    for (std::size_t i = 0; i < content_->size(); ++i) {
      if ((*content_)[i] == '\r') SIGNET_CHECK((*content_)[i + 1] == '\n');
      if ((*content_)[i] == '\n') SIGNET_CHECK(i > 0 && (*content_)[i - 1] == '\r');
    }
    content_.reset();
    session_.on_answer(Stored{"6ANDaa12004577"});
  }
  void on(DropContent&) {
    SIGNET_CHECK(content_);
    content_.reset();
  }
  void on(Aborted& aborted) { check_text(aborted.sender.as_given); }
  void on(Close&) { closed_ = true; }
  void on(Notice& notice) { check_text(notice.detail); }

  std::size_t cut_;
  TimePoint now_{};
  ServerSession session_;
  std::optional<std::string> content_;
  bool closed_ = false;
};

}  // namespace
}  // namespace signet::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  signet::smtp::Driver driver(data[0], data[1]);
  driver.feed({reinterpret_cast<const char*>(data) + 2, size - 2});
  driver.end();
  return 0;
}
