// An SMTP server of a test, on the loop of the client it serves: says what its script says, and
// keeps what it was told.
#pragma once

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "signet/base/text.h"
#include "signet/net/connection.h"
#include "signet/net/listener.h"

namespace signet::deliver {

struct Script {
  std::string greeting = "220 mx.test ESMTP";  // empty: none
  std::vector<std::string> keywords = {"PIPELINING", "8BITMIME", "SIZE 10000000"};
  std::shared_ptr<const tls::Context> tls;     // offers STARTTLS
  std::vector<std::string> tls_keywords = {};  // under TLS
  std::string behind_220;                      // plaintext injected behind the 220 to STARTTLS
  bool speaks_tls = true;                      // false: it answers the handshake with words
  std::string words = "this is no TLS";        // empty: not at all
  // What it answers to a line, "." for the end of content; empty: the usual. kHangUp: nothing.
  std::function<std::string(const std::string& line)> answer;
};
inline constexpr std::string_view kHangUp = "(hang up)";
inline constexpr std::string_view kSilence = "(silence)";

class ScriptedServer final {
 public:
  struct Mail {
    std::string from;
    std::vector<std::string> to;
    std::string content;
    bool tls = false;
  };

  ScriptedServer(loop::Loop& loop, std::string_view ip, std::uint16_t port = 0) : loop_(loop) {
    auto listening = net::open_listener({.address = {*IpAddress::parse(ip), port}});
    if (!listening) throw std::runtime_error(listening.error().what);
    address = *net::bound_address(listening->get());
    acceptor_ = std::make_unique<net::Acceptor>(
        loop, std::move(*listening), [this](Fd socket, const SocketAddress&, const SocketAddress&) {
          ++connections;
          calls_.push_back(std::make_unique<Call>(*this, std::move(socket)));
          most_at_once = std::max(most_at_once, open());
        });
  }
  [[nodiscard]] std::size_t open() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(calls_, [](const auto& call) { return !call->ended; }));
  }
  [[nodiscard]] bool was_told(std::string_view start) const {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.starts_with(start); });
  }
  void hang_up_on_all() {
    for (auto& call : calls_) call->connection.reset();
  }
  // Words to one of them, in the order of their coming.
  void say(std::size_t number, std::string_view text) {
    (*std::next(calls_.begin(), static_cast<std::ptrdiff_t>(number)))->say(text);
  }
  void stop_listening() { acceptor_.reset(); }

  Script script;
  SocketAddress address;
  std::size_t connections = 0;
  std::size_t most_at_once = 0;
  std::vector<Mail> mails;
  std::vector<std::string> lines;  // all that was said, content apart

 private:
  struct Call final : net::ConnectionObserver {
    Call(ScriptedServer& to, Fd socket) : server(to) {
      connection = net::Connection::adopt(to.loop_, std::move(socket), *this);
      if (!to.script.greeting.empty()) say(to.script.greeting);
    }
    void say(std::string_view text) const { connection->write(std::string(text) + "\r\n"); }
    void on_connected() override {}
    void on_drained() override {}
    void on_handshake(const mail::TlsFacts&) override { mail.tls = true; }
    void on_handshake_failed(const tls::Failure&) override {}
    void on_end(const Error*) override {
      ended = true;
      connection.reset();
    }
    void on_input() override {
      const auto came = connection->input();
      heard += came;
      connection->consume(came.size());
      if (garbles) return server.script.words.empty() ? void() : say(server.script.words);
      const std::string whole = std::exchange(heard, {});
      std::size_t begin = 0;
      for (auto end = whole.find("\r\n"); end != std::string::npos;
           end = whole.find("\r\n", begin)) {
        const std::string line = whole.substr(begin, end - begin);
        begin = end + 2;
        if (content) {
          on_content(line);
        } else {
          server.lines.push_back(line);
          on_command(line);
        }
        if (!connection || ended) return;
      }
      heard = whole.substr(begin);
    }
    // False: the script has answered.
    bool usual(const std::string& line) {
      const std::string said = server.script.answer ? server.script.answer(line) : std::string();
      if (said.empty()) return true;
      if (said == kHangUp) {
        ended = true;
        connection.reset();
      } else if (said != kSilence) {
        say(said);
        if (said.starts_with("421")) connection->close();
      }
      return false;
    }
    void on_content(const std::string& line) {
      if (line == ".") {
        content = false;
        if (!usual(".")) return;
        server.mails.push_back(mail);
        return say("250 2.0.0 queued as FAKE1");
      }
      mail.content += (line.starts_with('.') ? line.substr(1) : line) + "\r\n";
    }
    void on_command(const std::string& line) {
      if (!usual(line)) return;
      if (line.starts_with("EHLO")) return say_hello();
      if (line == "STARTTLS") return start_tls();
      if (line.starts_with("MAIL From:")) {
        mail = {line.substr(10, line.find('>') - 9), {}, {}, mail.tls};
        return say("250 2.1.0 ok");
      }
      if (line.starts_with("RCPT To:")) {
        mail.to.push_back(line.substr(8));
        return say("250 2.1.5 ok");
      }
      if (line == "DATA") {
        if (mail.to.empty()) return say("503 5.5.1 need RCPT");
        content = true;
        return say("354 go");
      }
      if (line == "QUIT") {
        say("221 2.0.0 bye");
        return connection->close();
      }
      if (line.starts_with("AUTH")) return say("235 2.0.0 ok");
      say("250 2.0.0 ok");
    }
    void say_hello() const {
      std::vector<std::string> words{"mx.test Hello"};
      for (const auto& one : server.script.keywords) words.push_back(one);
      if (server.script.tls && !mail.tls) words.emplace_back("STARTTLS");
      if (mail.tls) {
        for (const auto& one : server.script.tls_keywords) words.push_back(one);
      }
      for (std::size_t i = 0; i < words.size(); ++i) {
        say((i + 1 < words.size() ? "250-" : "250 ") + words[i]);
      }
    }
    void start_tls() {
      say("220 2.0.0 Ready");
      if (!server.script.behind_220.empty()) say(server.script.behind_220);
      if (server.script.speaks_tls) {
        connection->start_tls(server.script.tls, {});
      } else {
        garbles = true;
      }
    }

    ScriptedServer& server;
    std::string heard;
    Mail mail;
    bool content = false;
    bool garbles = false;  // answers a handshake with words
    bool ended = false;
    std::unique_ptr<net::Connection> connection;
  };

  loop::Loop& loop_;
  std::list<std::unique_ptr<Call>> calls_;
  std::unique_ptr<net::Acceptor> acceptor_;
};

}  // namespace signet::deliver
