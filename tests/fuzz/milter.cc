// Any bytes from a mail filter while a message goes by. The first octet chooses what was
// negotiated, the second how the rest is cut.
#include <cstdlib>

#include "milter/wire.h"
#include "signet/base/check.h"
#include "signet/milter/filter_session.h"
#include "signet/milter/header.h"
#include "signet/milter/line_mender.h"

namespace signet::milter {
namespace {

class Driver {
 public:
  Driver(std::uint8_t settings, std::uint8_t cut)
      : cut_(cut == 0 ? 4096U : cut), session_({}, {}, now_) {
    if ((settings & 1) == 0) {
      const std::uint32_t protocol = (settings & 2) != 0 ? wire::kLeadingSpace : 0;
      session_.on_bytes(wire::frame('O', wire::number(6) + wire::number(wire::kAllActions) +
                                             wire::number(protocol)),
                        now_);
    }
    drain();
  }

  void feed(std::string_view in) {
    while (!in.empty()) {
      go_on();
      const auto piece = in.substr(0, cut_);
      session_.on_bytes(piece, now_);
      in.remove_prefix(piece.size());
      drain();
    }
    session_.on_end("gone");
    drain();
    SIGNET_CHECK(session_.failed() || session_.finished());
    SIGNET_CHECK(!session_.asking() && !session_.deadline());
    check_header();
  }

 private:
  // The next event, round and round.
  void go_on() {
    if (!ready_ || session_.asking() || session_.finished()) return;
    const News news[] = {helo_news("c.test"),
                         mail_news("<a@b>", {}),
                         rcpt_news("<c@d>", {}),
                         data_news(),
                         header_news({.name = "A", .value = " b"}),
                         end_of_header_news(),
                         body_news("text\r\n"),
                         end_of_message_news()};
    session_.ask(
        news[at_++ % std::size(news)], [](std::string_view) { return "v"; }, now_);
    drain();
  }

  void drain() {
    while (auto effect = session_.next_effect()) {
      SIGNET_CHECK(!failed_ || std::holds_alternative<Answered>(*effect));
      std::visit([this](auto& one) { on(one); }, *effect);
    }
  }
  void on(Send& send) { SIGNET_CHECK(send.bytes.size() == wire::number(send.bytes) + 4); }
  void on(Negotiated&) { ready_ = true; }
  void on(Answered& got) {
    if (got.answer.said != Said::reply) return;
    const auto& reply = got.answer.reply;
    SIGNET_CHECK(reply.code >= 400 && reply.code < 600);
    for (const char c : reply.text) SIGNET_CHECK(c == '\n' || (c >= ' ' && c <= '~'));
  }
  void on(Changed& got) {
    std::visit([this](auto& change) { apply(change); }, got.change);
  }
  void on(Failed&) { failed_ = true; }

  void apply(AddField& change) { header_.add(change); }
  void apply(InsertField& change) { header_.insert(change); }
  void apply(ChangeField& change) { header_.change(change); }
  void apply(ReplaceBody& change) {
    std::string out;
    LineMender mender;
    mender.on_octets(change.octets, out);
    mender.on_end(out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      SIGNET_CHECK((out[i] == '\n') == (i > 0 && out[i - 1] == '\r'));
    }
  }
  template <class Other>
  void apply(Other&) {}

  // Whatever was said: lines that end in CRLF, each a field or the fold of one.
  void check_header() {
    const std::string text = header_.above() + header_.below();
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = rest.find("\r\n");
      SIGNET_CHECK(end != std::string_view::npos && end > 0);
      const auto line = rest.substr(0, end);
      SIGNET_CHECK(line.find_first_of("\r\n\0") == std::string_view::npos);
      const bool fold = line[0] == ' ' || line[0] == '\t';
      SIGNET_CHECK(fold || line.find(':') != std::string_view::npos);
      rest.remove_prefix(end + 2);
    }
  }

  TimePoint now_{};
  std::size_t cut_;
  FilterSession session_;
  Header header_{{{.name = "Subject", .value = " s"}}};
  std::size_t at_ = 0;
  bool ready_ = false;
  bool failed_ = false;
};

}  // namespace
}  // namespace signet::milter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  signet::milter::Driver driver(data[0], data[1]);
  driver.feed({reinterpret_cast<const char*>(data) + 2, size - 2});
  return 0;
}
