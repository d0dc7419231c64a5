// Any bytes from a server, while two jobs are to be delivered. The first octet chooses settings,
// the second how the rest is cut.
#include "signet/smtp/client_session.h"

#include <cstdlib>

#include "signet/base/check.h"

namespace signet::smtp {
namespace {

class Driver {
 public:
  Driver(std::uint8_t settings, std::uint8_t cut)
      : settings_(settings), cut_(cut == 0 ? 4096U : cut), session_(options(settings), {}) {}

  void feed(std::string_view in) {
    while (!in.empty() && !closed_) {
      const auto piece = in.substr(0, cut_);
      const auto used = session_.on_bytes(piece);
      SIGNET_CHECK(used <= piece.size());
      in.remove_prefix(used);
      if (!drain() && used == 0) return;
    }
  }

  // Whatever happened: each job that was given is reported once, with a result per recipient.
  void end() {
    session_.on_end("gone");
    drain();
    SIGNET_CHECK(closed_ && reported_ == given_);
  }

 private:
  static std::shared_ptr<const ClientOptions> options(std::uint8_t settings) {
    ClientOptions made;
    made.helo_name = "us.test";
    made.pipelining = (settings & 1) == 0;
    made.tls = (settings & 2) != 0 ? TlsUse::never : TlsUse::when_offered;
    made.eight_bit_always = (settings & 4) != 0;
    made.max_reply_bytes = (settings & 8) != 0 ? 32 : 4096;
    return std::make_shared<const ClientOptions>(std::move(made));
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

  static void check_reply(const mail::Reply& reply) {
    SIGNET_CHECK(reply.code >= 200 && reply.code < 600 && reply.text.size() < 8192);
    for (const char c : reply.text) SIGNET_CHECK(c == '\n' || (c >= ' ' && c <= '~'));
  }

  void on(ClientSend& send) {
    for (const char c : send.bytes) SIGNET_CHECK(c != '\0');
  }
  void on(ClientStartTls&) { session_.on_tls_started({}); }
  void on(AskTls&) { session_.on_answer(TlsChoice::take); }
  void on(AskServer&) { session_.on_answer(ServerDecision{}); }
  void on(AskClientAuth& asked) {
    if ((settings_ & 16) == 0) return session_.on_answer(NoAuth{});
    session_.on_answer(AuthStart{asked.offered.front(), std::nullopt});
  }
  void on(AskClientAuthStep& asked) {
    if (asked.challenge.empty()) return session_.on_answer(AuthGiveUp{{454, "4.7.0", "no"}});
    session_.on_answer(AuthResponse{asked.challenge});
  }
  void on(ClientAuthDone&) {}
  void on(ClientAuthFailed& failed) { check_reply(failed.reply); }
  void on(AskJob&) {
    if (given_ == 2) {
      session_.on_answer(NoJob{});
      return session_.on_finish();
    }
    ++given_;
    Job job{.sender = "a@us.test", .recipients = {"b@x", "c@x", "d@x"}, .auth_sender = {}};
    job.size = 50;
    job.body = given_ == 1 ? mail::Body::unspecified : mail::Body::eight_bit_mime;
    parts_ = 0;
    session_.on_answer(std::move(job));
  }
  void on(AskContent&) { session_.on_answer(ContentPart{".line\r\n", ++parts_ == 3}); }
  void on(Report& report) {
    ++reported_;
    SIGNET_CHECK(report.result.recipients.size() == 3);
    for (const auto& recipient : report.result.recipients) check_reply(recipient.reply);
  }
  void on(Unusable& unusable) { check_reply(unusable.reply); }
  void on(ClientClose&) { closed_ = true; }

  std::uint8_t settings_;
  std::size_t cut_;
  ClientSession session_;
  int given_ = 0;
  int reported_ = 0;
  int parts_ = 0;
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
