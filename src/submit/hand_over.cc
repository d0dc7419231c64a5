#include "signet/submit/hand_over.h"

#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/loop/loop.h"
#include "signet/net/connection.h"

namespace signet::submit {
namespace {

Fate fate_of(const smtp::RecipientResult& result) {
  if (result.reply.positive()) return Fate::taken;
  return result.reply.permanent() ? Fate::refused : Fate::later;
}

// The driver of one ClientSession: one job, then QUIT.
class Courier final : public net::ConnectionObserver {
 public:
  Courier(const Mta& mta, const Waiting& message, const Fd& content,
          const std::function<void(std::string_view)>& tell)
      : mta_(mta), message_(message), content_(content), tell_(tell), timer_(loop_, [this] {
          on_time();
        }) {}

  HandedOver run() {
    connect("no address");
    if (!over_) loop_.run();
    return std::move(done_);
  }

 private:
  void say(std::string_view text) const {
    if (tell_) tell_(text);
  }

  void finish() {
    if (std::exchange(over_, true)) return;
    timer_.cancel();
    loop_.stop();
  }

  void connect(const std::string& why_not) {
    if (next_ == mta_.addresses.size()) {
      give_up({450, "4.4.1", why_not});
      return finish();
    }
    address_ = mta_.addresses[next_++];
    done_.relay = fmt::format("{} [{}]", mta_.name, address_.ip.to_mail_string());
    say(fmt::format("Connecting to {} port {} via relay...", mta_.name, address_.port));
    timer_.arm_in(mta_.connect_timeout);
    connection_ = net::Connection::connect(loop_, address_, {}, *this);
  }

  // Of all whose fate is not known.
  void give_up(const mail::Reply& reply) {
    if (!done_.recipients.empty()) return;
    for (const auto& address : message_.recipients) {
      done_.recipients.push_back(
          {address, reply.permanent() ? Fate::refused : Fate::later, smtp::Phase::connect, reply});
    }
  }

  void on_connected() override {
    done_.connected = true;
    session_.emplace(mta_.session, loop_.now().mono);
    pump();
  }
  void on_input() override { pump(); }
  void on_drained() override {}
  void on_handshake(const mail::TlsFacts& facts) override {
    session_->on_tls_started(facts);
    pump();
  }
  void on_handshake_failed(const tls::Failure& failure) override {
    session_->on_tls_failed(failure.reason);
    pump();
  }
  void on_end(const Error* error) override {
    const std::string why = error != nullptr ? error->what : "connection closed by " + mta_.name;
    if (!session_) return next_address(why);
    session_->on_end(why);
    pump();
    give_up({450, "4.4.2", why});
    finish();
  }

  void next_address(const std::string& why) {
    say(why);
    loop_.dispose(std::move(connection_));
    connect(why);
  }

  void on_time() {
    if (!session_) return next_address("Connection timed out with " + mta_.name);
    session_->on_time(loop_.now().mono);
    pump();
  }

  void pump() {
    if (pumping_ || !session_) return;
    pumping_ = true;
    session_->set_now(loop_.now().mono);
    for (bool progress = true; progress && !over_;) {
      const std::string_view input = connection_->input();
      const std::size_t used = input.empty() ? 0 : session_->on_bytes(input);
      if (used != 0) {
        say_input(input.substr(0, used));
        connection_->consume(used);
      }
      progress = used != 0;
      while (auto effect = over_ ? std::nullopt : session_->next_effect()) {
        std::visit([this](auto& one) { visit(one); }, *effect);
        progress = true;
      }
    }
    pumping_ = false;
    if (over_) return;
    if (const auto deadline = session_->deadline()) {
      timer_.arm_at(*deadline);
    } else {
      timer_.cancel();
    }
  }

  void say_input(std::string_view bytes) {
    if (!tell_) return;
    heard_ += bytes;
    for (auto end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
      tell_(trim(std::string_view(heard_).substr(0, end)));
      heard_.erase(0, end + 1);
    }
  }

  void visit(smtp::ClientSend& effect) {
    if (tell_ && !in_content_) {
      for (const auto line : split(effect.bytes, '\n')) {
        if (!trim(line).empty()) tell_(fmt::format(">>> {}", trim(line)));
      }
    }
    connection_->write(effect.bytes);
  }
  void visit(smtp::ClientStartTls&) {
    connection_->start_tls(mta_.tls, tls::SessionOptions{});
    if (connection_->discarded() > 0) session_->on_tls_failed("plaintext behind the 220");
  }
  void visit(smtp::AskTls&) {
    session_->on_answer(mta_.tls ? smtp::TlsChoice::take : smtp::TlsChoice::leave);
  }
  void visit(smtp::AskServer&) { session_->on_answer(smtp::ServerDecision{}); }
  void visit(smtp::AskClientAuth&) { session_->on_answer(smtp::NoAuth{}); }
  void visit(smtp::AskClientAuthStep&) { session_->on_answer(smtp::AuthGiveUp{}); }
  void visit(smtp::ClientAuthDone&) {}
  void visit(smtp::ClientAuthFailed&) {}
  void visit(smtp::AskJob&) {
    if (std::exchange(begun_, true)) {
      session_->on_answer(smtp::NoJob{});
      return session_->on_finish();
    }
    smtp::Job job;
    job.sender = message_.sender;
    job.recipients = message_.recipients;
    job.size = message_.size;
    job.body = message_.body;
    job.envelope_id = message_.envelope_id;
    job.return_part = message_.return_part;
    if (message_.notify.said()) {
      job.wishes.assign(job.recipients.size(), {.notify = message_.notify});
    }
    session_->on_answer(std::move(job));
  }
  void visit(smtp::AskContent& effect) {
    if (tell_ && !in_content_) tell_(">>> .");
    in_content_ = true;
    smtp::ContentPart part;
    part.bytes.resize(effect.wanted_bytes);
    const ssize_t got = pread(content_.get(), part.bytes.data(), part.bytes.size(), offset_);
    if (got < 0) return session_->on_answer(smtp::ContentFailed{});
    part.bytes.resize(static_cast<std::size_t>(got));
    offset_ += got;
    part.last = static_cast<std::uint64_t>(offset_) >= message_.size || got == 0;
    session_->on_answer(std::move(part));
  }
  void visit(smtp::Report& effect) {
    in_content_ = false;
    for (const auto& one : effect.result.recipients) {
      done_.recipients.push_back({one.address, fate_of(one), one.phase, one.reply});
    }
    done_.transcript = std::move(effect.result.transcript);
    done_.reports = session_->offers("DSN");
  }
  void visit(smtp::Unusable& effect) {
    give_up(effect.reply.positive() ? mail::Reply{450, "4.4.2", "connection lost"} : effect.reply);
    connection_->close(Duration(0));
  }
  void visit(smtp::ClientClose&) {
    connection_->close(Duration(0));
    if (!done_.recipients.empty()) finish();
  }

  const Mta& mta_;
  const Waiting& message_;
  const Fd& content_;
  const std::function<void(std::string_view)>& tell_;
  HandedOver done_;
  std::size_t next_ = 0;
  SocketAddress address_;
  off_t offset_ = 0;
  std::string heard_;
  bool begun_ = false;
  bool in_content_ = false;
  bool pumping_ = false;
  bool over_ = false;
  loop::Loop loop_;
  loop::Timer timer_;
  std::optional<smtp::ClientSession> session_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace

Result<std::vector<SocketAddress>> addresses_of(std::string_view host, std::uint16_t port) {
  std::string name(host);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  if (istarts_with(name, "IPv6:")) name = name.substr(5);
  if (const auto address = IpAddress::parse(name))
    return std::vector{SocketAddress{*address, port}};
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(name.c_str(), nullptr, &wanted, &found); code != 0) {
    return temporary(fmt::format("{}: {}", printable(name), gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    if (const auto address = IpAddress::parse(text.data())) addresses.push_back({*address, port});
  }
  return addresses;
}

HandedOver hand_over(const Mta& mta, const Waiting& message, const Fd& content,
                     const std::function<void(std::string_view)>& tell) {
  return Courier(mta, message, content, tell).run();
}

}  // namespace signet::submit
