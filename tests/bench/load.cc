// Load for tools/bench: a generator and a sink around the server under test, made of Signet's own
// rooms without a disk. The generator's connections send messages one after another; the sink
// accepts what is relayed to it and counts. "send" prints: accepted, failed, seconds, CPU seconds
// of its own.
//
//   signet_load sink [CERT KEY]     prints its port; a line asks for the count, the end of input
//   ends it signet_load send PORT CONNECTIONS MESSAGES PER_CONNECTION BYTES [tls]
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/loop/loop.h"
#include "signet/net/connection.h"
#include "signet/net/listener.h"
#include "signet/smtp/client_session.h"
#include "signet/smtp/server_session.h"
#include "signet/tls/context.h"

namespace signet {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// ---- the sink ----

class Sink;

class SinkSession final : public net::ConnectionObserver {
 public:
  SinkSession(Sink& sink, std::uint64_t id, loop::Loop& loop, Fd socket);

 private:
  void on_connected() override {}
  void on_input() override { pump(); }
  void on_drained() override {}
  void on_handshake(const mail::TlsFacts& facts) override {
    session_->on_tls_started(facts, {});
    pump();
  }
  void on_handshake_failed(const tls::Failure&) override {}
  void on_end(const Error*) override;
  void pump();

  Sink& sink_;
  const std::uint64_t id_;
  std::optional<smtp::ServerSession> session_;
  std::unique_ptr<net::Connection> connection_;
};

class Sink final {
 public:
  Sink(loop::Loop& loop, std::shared_ptr<const tls::Context> context)
      : loop_(loop), context_(std::move(context)) {
    options_.host = "sink.test";
    options_.offer_starttls = context_ != nullptr;
  }
  void accept(Fd socket) {
    const auto id = ++next_;
    sessions_.emplace(id, std::make_unique<SinkSession>(*this, id, loop_, std::move(socket)));
  }
  void end(std::uint64_t id) {
    const auto at = sessions_.find(id);
    loop_.dispose(std::move(at->second));
    sessions_.erase(at);
  }
  std::uint64_t received = 0;
  smtp::ServerOptions options_;
  loop::Loop& loop_;
  std::shared_ptr<const tls::Context> context_;

 private:
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<SinkSession>> sessions_;
};

SinkSession::SinkSession(Sink& sink, std::uint64_t id, loop::Loop& loop, Fd socket)
    : sink_(sink), id_(id) {
  connection_ = net::Connection::adopt(loop, std::move(socket), *this);
  session_.emplace(std::make_shared<const smtp::ServerOptions>(sink.options_), mail::PeerFacts{},
                   "sink.test ESMTP", std::vector<std::string>{}, loop.now().mono);
  loop.post([this] { pump(); });
}

void SinkSession::on_end(const Error*) { sink_.end(id_); }

void SinkSession::pump() {
  session_->set_now(sink_.loop_.now().mono);
  for (bool progress = true; progress;) {
    const auto input = connection_->input();
    const auto used = input.empty() ? 0 : session_->on_bytes(input);
    connection_->consume(used);
    progress = used != 0;
    while (auto effect = session_->next_effect()) {
      progress = true;
      if (auto* send = std::get_if<smtp::Send>(&*effect)) {
        connection_->write(send->bytes);
      } else if (std::holds_alternative<smtp::StartTls>(*effect)) {
        connection_->start_tls(sink_.context_, {});
      } else if (std::holds_alternative<smtp::AskStore>(*effect)) {
        ++sink_.received;
        session_->on_answer(smtp::Stored{"sink"});
      } else if (std::holds_alternative<smtp::Close>(*effect)) {
        connection_->close();
      } else if (std::holds_alternative<smtp::AskConnect>(*effect) ||
                 std::holds_alternative<smtp::AskStartTls>(*effect) ||
                 std::holds_alternative<smtp::AskTlsClient>(*effect) ||
                 std::holds_alternative<smtp::AskSender>(*effect) ||
                 std::holds_alternative<smtp::AskRecipient>(*effect)) {
        session_->on_answer(smtp::Decision{});
      }
    }
  }
}

int run_sink(const char* certificate, const char* key) {
  loop::Loop loop;
  std::shared_ptr<const tls::Context> context;
  if (certificate != nullptr) {
    tls::Options options;
    options.files.check = false;
    options.key_pairs = {{certificate, key}};
    options.request_certificate = false;
    context = tls::make_context(options).context;
    if (!context) return 1;
  }
  auto listening = net::open_listener({.address = {*IpAddress::parse("127.0.0.1"), 0}});
  if (!listening) return 1;
  std::cout << net::bound_address(listening->get())->port << std::endl;
  Sink sink(loop, context);
  const net::Acceptor acceptor(loop, std::move(*listening),
                               [&](Fd socket, const SocketAddress&, const SocketAddress&) {
                                 sink.accept(std::move(socket));
                               });
  // Whoever started us asks for the count by a line, and ends us by the end of our input.
  loop::FdWatch input(loop, 0, [&](loop::Ready) {
    char byte = 0;
    if (read(0, &byte, 1) <= 0) return loop.stop();
    if (byte == '\n') std::cout << sink.received << ' ' << cpu_seconds() << std::endl;
  });
  input.want({.readable = true, .writable = false});
  loop.run();
  return 0;
}

// ---- the generator ----

struct Plan {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::size_t messages = 1;
  std::size_t per_connection = 1;
  std::size_t bytes = 4096;
  bool tls = false;
};

struct Shared {
  loop::Loop& loop;
  Plan plan;
  std::string content;
  std::shared_ptr<const smtp::ClientOptions> options;
  std::shared_ptr<const tls::Context> context;
  std::size_t left = 0;
  std::size_t accepted = 0;
  std::size_t failed = 0;
  std::size_t open = 0;
};

class Sender final : public net::ConnectionObserver {
 public:
  explicit Sender(Shared& shared) : shared_(shared) {}
  void begin() {
    if (shared_.left == 0) {
      if (--shared_.open == 0) shared_.loop.stop();
      return;
    }
    mine_ = 0;
    session_.reset();
    connection_ = net::Connection::connect(
        shared_.loop, {*IpAddress::parse("127.0.0.1"), shared_.plan.port}, {}, *this);
  }

 private:
  void on_connected() override {
    session_.emplace(shared_.options, shared_.loop.now().mono);
    pump();
  }
  void on_input() override { pump(); }
  void on_drained() override {}
  void on_handshake(const mail::TlsFacts& facts) override {
    session_->on_tls_started(facts);
    pump();
  }
  void on_handshake_failed(const tls::Failure&) override { ++shared_.failed; }
  void on_end(const Error* error) override {
    if (error != nullptr) ++shared_.failed;
    shared_.loop.dispose(std::move(connection_));
    begin();
  }
  void pump();
  smtp::Job next_job() {
    --shared_.left;
    ++mine_;
    smtp::Job job;
    job.sender = "bench@load.test";
    job.recipients = {"sink@load.test"};
    job.size = shared_.content.size();
    return job;
  }

  Shared& shared_;
  std::size_t mine_ = 0;
  std::optional<smtp::ClientSession> session_;
  std::unique_ptr<net::Connection> connection_;
};

void Sender::pump() {
  session_->set_now(shared_.loop.now().mono);
  for (bool progress = true; progress;) {
    const auto input = connection_->input();
    const auto used = input.empty() ? 0 : session_->on_bytes(input);
    connection_->consume(used);
    progress = used != 0;
    while (auto effect = session_->next_effect()) {
      progress = true;
      if (auto* send = std::get_if<smtp::ClientSend>(&*effect)) {
        connection_->write(send->bytes);
      } else if (std::holds_alternative<smtp::ClientStartTls>(*effect)) {
        connection_->start_tls(shared_.context, {});
      } else if (std::holds_alternative<smtp::AskTls>(*effect)) {
        session_->on_answer(smtp::TlsChoice::take);
      } else if (std::holds_alternative<smtp::AskServer>(*effect)) {
        session_->on_answer(smtp::ServerDecision{});
      } else if (std::holds_alternative<smtp::AskClientAuth>(*effect)) {
        session_->on_answer(smtp::NoAuth{});
      } else if (std::holds_alternative<smtp::AskJob>(*effect)) {
        if (shared_.left > 0 && mine_ < shared_.plan.per_connection) {
          session_->on_answer(next_job());
        } else {
          session_->on_answer(smtp::NoJob{});
          session_->on_finish();
        }
      } else if (std::holds_alternative<smtp::AskContent>(*effect)) {
        session_->on_answer(smtp::ContentPart{shared_.content, true});
      } else if (auto* report = std::get_if<smtp::Report>(&*effect)) {
        const bool good = report->result.recipients.front().reply.positive();
        ++(good ? shared_.accepted : shared_.failed);
      } else if (std::holds_alternative<smtp::ClientClose>(*effect)) {
        connection_->close(Duration(0));
      }
    }
  }
}

int run_generator(const Plan& plan) {
  loop::Loop loop;
  Shared shared{
      .loop = loop, .plan = plan, .content = "Subject: load\r\n\r\n", .options = {}, .context = {}};
  while (shared.content.size() + 72 < plan.bytes) shared.content += std::string(70, 'x') + "\r\n";
  auto options = std::make_shared<smtp::ClientOptions>();
  options->helo_name = "load.test";
  options->tls = plan.tls ? smtp::TlsUse::when_offered : smtp::TlsUse::never;
  shared.options = std::move(options);
  if (plan.tls) {
    tls::Options client;
    client.role = tls::Role::client;
    client.require_key_pair = false;
    shared.context = tls::make_context(client).context;
  }
  shared.left = plan.messages;
  shared.open = plan.connections;
  std::vector<std::unique_ptr<Sender>> senders;
  const auto began = read_clocks().mono;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    senders.push_back(std::make_unique<Sender>(shared));
    loop.post([sender = senders.back().get()] { sender->begin(); });
  }
  loop.run();
  const std::chrono::duration<double> took = read_clocks().mono - began;
  fmt::print("{} {} {:.4f} {:.4f}\n", shared.accepted, shared.failed, took.count(), cpu_seconds());
  return shared.failed == 0 ? 0 : 1;
}

std::size_t number(const char* text) { return parse_number(text).value_or(0); }

}  // namespace
}  // namespace signet

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "sink") {
    return signet::run_sink(argc > 3 ? argv[2] : nullptr, argc > 3 ? argv[3] : nullptr);
  }
  if (mode == "send" && argc >= 7) {
    signet::Plan plan;
    plan.port = static_cast<std::uint16_t>(signet::number(argv[2]));
    plan.connections = signet::number(argv[3]);
    plan.messages = signet::number(argv[4]);
    plan.per_connection = signet::number(argv[5]);
    plan.bytes = signet::number(argv[6]);
    plan.tls = argc > 7;
    return signet::run_generator(plan);
  }
  std::cerr << "usage: signet_load sink [CERT KEY] | send PORT CONNECTIONS MESSAGES PER_CONNECTION "
               "BYTES [tls]\n";
  return 64;
}
