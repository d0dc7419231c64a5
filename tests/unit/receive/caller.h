// An SMTP client of a test, on the loop of the server it calls: says a line, waits for the reply.
#pragma once

#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "signet/net/connection.h"
#include "support/loop_runner.h"

namespace signet::receive {

class Caller final : public net::ConnectionObserver {
 public:
  // `from`: 127.0.0.1 may relay anywhere, its neighbours may not.
  Caller(loop::Loop& loop, const SocketAddress& to, std::string_view from = "127.0.0.1")
      : loop_(loop),
        connection_(net::Connection::connect(loop, to, {.from = IpAddress::parse(from)}, *this)) {
    test::run_until(loop_, [this] { return connected_ || ended_; });
  }

  void say(std::string_view bytes) {
    if (connection_) connection_->write(bytes);
  }
  // One reply, its lines joined by '\n'; "(end)" when the server hung up, "(silence)" when nothing
  // comes.
  std::string hear() {
    std::string reply;
    test::run_until(loop_, [&] { return take_reply(reply) || ended_; });
    if (!reply.empty()) return reply;
    return ended_ ? "(end)" : "(silence)";
  }
  std::string ask(std::string_view line) {
    say(std::string(line) + "\r\n");
    return hear();
  }
  bool start_tls(std::shared_ptr<const tls::Context> context, bool implicit = false) {
    if (implicit) {
      connection_->start_implicit_tls(std::move(context), {});
    } else {
      connection_->start_tls(std::move(context), {});
    }
    test::run_until(loop_, [this] { return tls_.has_value() || ended_; });
    return tls_.has_value();
  }
  bool hung_up_on() {
    return test::run_until(loop_, [this] { return ended_; });
  }
  void hang_up() { connection_.reset(); }

 private:
  void on_connected() override { connected_ = true; }
  void on_input() override {
    const auto came = connection_->input();
    heard_ += came;
    connection_->consume(came.size());
  }
  void on_drained() override {}
  void on_handshake(const mail::TlsFacts& facts) override { tls_ = facts; }
  void on_handshake_failed(const tls::Failure&) override {}
  void on_end(const Error*) override {
    ended_ = true;
    connection_.reset();  // closes our side too
  }

  // reply-line = 3DIGIT ("-" / SP) text CRLF. RFC 5321 §4.2
  bool take_reply(std::string& reply) {
    std::size_t at = 0;
    std::string lines;
    while (true) {
      const auto end = heard_.find("\r\n", at);
      if (end == std::string::npos) return false;
      const std::string line = heard_.substr(at, end - at);
      at = end + 2;
      lines += (lines.empty() ? "" : "\n") + line;
      if (line.size() < 4 || line[3] == ' ') break;
    }
    heard_.erase(0, at);
    reply = std::move(lines);
    return true;
  }

  loop::Loop& loop_;
  std::string heard_;
  std::optional<mail::TlsFacts> tls_;
  bool connected_ = false;
  bool ended_ = false;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::receive
