// One TCP connection on one loop: buffered input with a bound, buffered output, plain or TLS, with
// the same face. Owner: a receive or deliver session, which is also its observer. Observer calls
// come from the loop only, never from inside a method called by the owner; the owner may destroy
// the Connection inside any of them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  virtual void on_handshake_failed(const tls::Failure& failure) = 0;  // connection is useless now
  virtual void on_end(const Error* error) = 0;                        // peer closed (null) or broke
};

struct ConnectionLimits {
  std::size_t input_bytes = 64 * 1024;  // reading pauses while so much is unconsumed
};

class Connection final {
 public:
  // An accepted socket (non-blocking).
  static std::unique_ptr<Connection> adopt(loop::Loop& loop, Fd socket,
                                           ConnectionObserver& observer,
                                           ConnectionLimits limits = {});
  // Starts connecting; on_connected or on_end follows. `from`: local address to bind, if any.
  static std::unique_ptr<Connection> connect(loop::Loop& loop, const SocketAddress& to,
                                             std::optional<IpAddress> from,
                                             ConnectionObserver& observer,
                                             ConnectionLimits limits = {});
  ~Connection();

  [[nodiscard]] std::string_view input() const;  // plaintext not yet consumed
  void consume(std::size_t bytes);
  // While paused nothing more is read: back-pressure toward the peer. An end is still noticed.
  void pause_input(bool paused);
  void write(std::string_view bytes);  // buffered; sent at the end of the current round, one write
  [[nodiscard]] std::size_t unsent() const;
  // Sends what is buffered, discards all unread plaintext (RFC 3207 §4.2), then runs the handshake.
  void start_tls(std::shared_ptr<const tls::Context> context, const tls::SessionOptions& options);
  // Plaintext that start_tls() threw away: more than none behind a 220 is an attack (RFC 3207 §6).
  [[nodiscard]] std::size_t discarded() const;
  [[nodiscard]] bool secured() const;
  // Sends what is buffered, close_notify under TLS, then ends; on_end follows (with null). `linger`:
  // how long what the peer still sends is read and thrown away, until it ends too; 0: the peer is
  // known to be silent, close as soon as our last words have left.
  void close(Duration linger = std::chrono::seconds(2));
  [[nodiscard]] SocketAddress local_address() const;

 private:
  struct Core;
  explicit Connection(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace signet::net
