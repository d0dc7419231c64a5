// One TCP or unix connection on one loop: buffered input with a bound, buffered output, plain or
// TLS, with the same face. Owner: a receive or deliver session, which is also its observer.
// Observer calls come from the loop only, never from inside a method called by the owner; the owner
// may destroy the Connection inside any of them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/fd.h"
#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/loop/loop.h"
#include "signet/mail/facts.h"
#include "signet/tls/session.h"

namespace signet::net {

class ConnectionObserver {
 public:
  virtual ~ConnectionObserver() = default;
  virtual void on_connected() = 0;                             // only after connect()
  virtual void on_input() = 0;                                 // input() has grown
  virtual void on_drained() = 0;                               // all that was written has left
  virtual void on_handshake(const mail::TlsFacts& facts) = 0;  // TLS stands
  // The connection is useless now; it sends the alert and ends, on_end follows.
  virtual void on_handshake_failed(const tls::Failure& failure) = 0;
  // The peer closed, or we did (null), or it broke. Told once, after all input and, when the peer
  // only stopped talking, after what was written for it has left.
  virtual void on_end(const Error* error) = 0;
};

struct ConnectionLimits {
  std::size_t input_bytes = 64 * 1024;    // reading pauses while so much is unconsumed
  std::size_t output_bytes = 256 * 1024;  // or unsent: the peer asks but does not listen
};

// How a connection leaves this host.
struct Departure {
  std::optional<IpAddress> from{};  // local address; empty: the kernel's choice
  int traffic_class = 0;            // DSCP and two bits, as in the IP header; 0: the kernel's
  int send_buffer = 0;              // bytes; 0: the kernel's
  int receive_buffer = 0;
};

// How long a closing connection waits for the peer to close too.
constexpr Duration kLinger = std::chrono::seconds(2);

class Connection final {
 public:
  // An accepted socket (non-blocking).
  static std::unique_ptr<Connection> adopt(loop::Loop& loop, Fd socket,
                                           ConnectionObserver& observer,
                                           ConnectionLimits limits = {});
  // Starts connecting; on_connected or on_end follows.
  static std::unique_ptr<Connection> connect(loop::Loop& loop, const SocketAddress& to,
                                             const Departure& departure,
                                             ConnectionObserver& observer,
                                             ConnectionLimits limits = {});
  // The same to a unix socket.
  static std::unique_ptr<Connection> connect_unix(loop::Loop& loop, const std::string& path,
                                                  ConnectionObserver& observer,
                                                  ConnectionLimits limits = {});
  ~Connection();

  [[nodiscard]] std::string_view input() const;  // plaintext not yet consumed
  void consume(std::size_t bytes);
  // While paused nothing more is read: back-pressure toward the peer. Its end, which comes behind
  // what it said, is noticed when reading goes on, a reset also when something is written.
  void pause_input(bool paused);
  // Dropped during a handshake and after the end.
  void write(std::string_view bytes);   // buffered; sent at the end of the current round, one write
  void write_owned(std::string bytes);  // the same without a copy
  [[nodiscard]] std::size_t unsent() const;
  // Sends what is buffered, discards all unread plaintext (RFC 3207 §4.2), then runs the handshake.
  void start_tls(std::shared_ptr<const tls::Context> context, const tls::SessionOptions& options);
  // The same on a port that speaks TLS from its first byte (RFC 8314): what has come is ciphertext.
  void start_implicit_tls(std::shared_ptr<const tls::Context> context,
                          const tls::SessionOptions& options);
  // Plaintext that start_tls() threw away: more than none behind a 220 is an attack (RFC 3207 §6).
  [[nodiscard]] std::size_t discarded() const;
  [[nodiscard]] bool secured() const;
  // Under TLS: the certificates that the peer sent, leaf first.
  [[nodiscard]] std::vector<tls::ChainEntry> peer_chain() const;
  // Sends what is buffered, close_notify under TLS, then ends; on_end follows (with null).
  // `linger`: how long what the peer still sends is read and thrown away, until it ends too; 0: the
  // peer is known to be silent, close as soon as our last words have left.
  void close(Duration linger = kLinger);
  [[nodiscard]] SocketAddress local_address() const;

 private:
  struct Core;
  explicit Connection(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace signet::net
