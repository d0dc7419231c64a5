// The two ends of a connection under test: an observer that writes down what it is told, and a
// plain blocking socket that says what a peer might say.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/loop/loop.h"
#include "signet/net/connection.h"
#include "support/test_pki.h"

namespace signet::net {

// Notes every call as a word: "connected", "input:abc", "drained", "tls", "tls-failed", "end",
// "end:Connection reset by peer". Input is consumed as it comes unless told otherwise.
class Recorder final : public ConnectionObserver {
 public:
  explicit Recorder(loop::Loop& loop) : loop_(loop) {}

  void on_connected() override { note("connected"); }
  void on_input() override;
  void on_drained() override { note("drained"); }
  void on_handshake(const mail::TlsFacts& facts) override;
  void on_handshake_failed(const tls::Failure& failure) override;
  void on_end(const Error* error) override;

  // Runs the loop until the last note begins with `word`, or for thirty seconds.
  bool run_until(std::string_view word);
  // Runs the loop until `done`, asked again and again, or for thirty seconds.
  bool run_while_not(const std::function<bool()>& done);
  [[nodiscard]] bool was_told(std::string_view word) const;

  std::unique_ptr<Connection> connection;
  std::vector<std::string> notes;
  std::string input;  // all that was consumed
  mail::TlsFacts facts;
  std::optional<tls::Failure> failure;
  std::optional<Error> error;
  bool consumes = true;
  // Called after the note, inside the observer's call: may destroy the connection.
  std::function<void(const std::string& note)> on_note;

 private:
  void note(std::string word);

  loop::Loop& loop_;
};

// The far end as a blocking socket.
class FarEnd final {
 public:
  explicit FarEnd(Fd socket);
  void say(std::string_view text) const;
  [[nodiscard]] std::string hear(std::size_t bytes) const;  // waits for so many, or the end
  [[nodiscard]] std::string hear_to_end() const;
  void stop_talking() const;  // closes this direction
  void close() { socket_ = Fd(); }
  void reset();  // ends with RST
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  Fd socket_;
};

struct TcpPair {
  Fd near;  // non-blocking
  Fd far;   // blocking
};
[[nodiscard]] TcpPair make_tcp_pair();

// Contexts of both roles with certificates of one authority.
struct TlsEnds {
  TlsEnds();
  [[nodiscard]] std::shared_ptr<const tls::Context> make(tls::Role role,
                                                         const test::CertificateFiles* files,
                                                         const std::string& ca_file) const;
  test::TestPki pki;
  std::shared_ptr<const tls::Context> server;
  std::shared_ptr<const tls::Context> client;  // presents no certificate
};

}  // namespace signet::net
