#include "unit/net/peers.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <gtest/gtest.h>

#include "signet/net/listener.h"

namespace signet::net {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

}  // namespace

void Recorder::note(std::string word) {
  notes.push_back(std::move(word));
  const std::string last = notes.back();
  if (on_note) on_note(last);
}

void Recorder::on_input() {
  std::string came(connection->input());
  if (consumes) {
    connection->consume(came.size());
    input += came;
  }
  note("input:" + came);
}

void Recorder::on_handshake(const mail::TlsFacts& told) {
  facts = told;
  note("tls");
}

void Recorder::on_handshake_failed(const tls::Failure& told) {
  failure = told;
  note("tls-failed:" + told.reason);
}

void Recorder::on_end(const Error* told) {
  if (told == nullptr) return note("end");
  error = *told;
  note("end:" + error_text(told->system_code));
}

bool Recorder::run_while_not(const std::function<bool()>& done) {
  bool late = false;
  bool reached = false;
  loop::Timer limit(loop_, [&] { late = true; });
  limit.arm_in(kPatience);
  std::function<void()> look = [&] {
    reached = done();
    if (late || reached) return loop_.stop();
    loop_.post([&] { look(); });
  };
  loop_.post([&] { look(); });
  loop_.run();
  return reached;
}

bool Recorder::run_until(std::string_view word) {
  return run_while_not([&] { return was_told(word); });
}

bool Recorder::was_told(std::string_view word) const {
  return std::ranges::any_of(notes, [&](const auto& one) { return one.starts_with(word); });
}

FarEnd::FarEnd(Fd socket) : socket_(std::move(socket)) {
  const timeval limit{30, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

void FarEnd::say(std::string_view text) const {
  EXPECT_EQ(send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

std::string FarEnd::hear(std::size_t bytes) const {
  std::string heard;
  std::array<char, 4096> chunk{};
  while (heard.size() < bytes) {
    const auto got =
        recv(socket_.get(), chunk.data(), std::min(chunk.size(), bytes - heard.size()), 0);
    if (got <= 0) break;
    heard.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return heard;
}

std::string FarEnd::hear_to_end() const { return hear(std::string::npos); }

void FarEnd::stop_talking() const { shutdown(socket_.get(), SHUT_WR); }

void FarEnd::reset() {
  const linger hard{1, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

TcpPair make_tcp_pair() {
  const auto listening = open_listener({.address = {*IpAddress::parse("127.0.0.1"), 0}});
  EXPECT_TRUE(listening.has_value());
  const auto where = bound_address(listening->get());
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(where->port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TcpPair pair;
  pair.far = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(pair.far.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  pair.near = Fd(accept4(listening->get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  EXPECT_TRUE(pair.near.valid());
  return pair;
}

std::shared_ptr<const tls::Context> TlsEnds::make(tls::Role role,
                                                  const test::CertificateFiles* files,
                                                  const std::string& ca_file) const {
  tls::Options options;
  options.role = role;
  options.ca_file = ca_file;
  options.files.check = false;
  if (files != nullptr) options.key_pairs.push_back({files->certificate_file, files->key_file});
  const tls::Made made = tls::make_context(options);
  EXPECT_NE(made.context, nullptr);
  for (const auto& one : made.complaints) ADD_FAILURE() << one.file << ' ' << one.reason;
  return made.context;
}

TlsEnds::TlsEnds() {
  const auto files = pki.issue({.subject = {{"O", "Spec Org"}, {"CN", "mx.test"}}});
  server = make(tls::Role::server, &files, pki.ca_file());
  client = make(tls::Role::client, nullptr, pki.ca_file());
}

}  // namespace signet::net
