// Listening sockets: opened before privileges are dropped, accepted on a loop. When descriptors or
// memory are short, accepting rests for a moment instead of spinning.
#pragma once

#include <functional>
#include <memory>

#include "signet/base/fd.h"
#include "signet/base/ip.h"
#include "signet/base/result.h"
#include "signet/loop/loop.h"

namespace signet::net {

struct ListenOptions {
  SocketAddress address;  // port 0: the kernel picks one
  int backlog = 1024;
  bool share_port = true;  // SO_REUSEPORT: one socket a loop
};

// Non-blocking, close-on-exec, SO_REUSEADDR, IPV6_V6ONLY for IPv6.
[[nodiscard]] Result<Fd> open_listener(const ListenOptions& options);
[[nodiscard]] Result<SocketAddress> bound_address(int listening_fd);

// Owned by whoever handles the accepted; it may be destroyed inside its own call.
class Acceptor final {
 public:
  using OnAccept = std::move_only_function<void(Fd socket, const SocketAddress& remote,
                                                const SocketAddress& local)>;
  // `listening` is taken over.
  Acceptor(loop::Loop& loop, Fd listening, OnAccept on_accept);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  void pause(bool paused);

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signet::net
