// The owner's side of a connection. Nothing here calls the observer.
#include "signet/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/connection_core.h"
#include "net/socket_address.h"
#include "signet/base/check.h"

namespace signet::net {
namespace {

// A socket on its way to `to`; the code says why there is none.
struct Started {
  Fd socket;
  int code = 0;
};

// What cannot be had is no reason not to connect.
void set_up(int fd, bool v6, const Departure& departure) {
  const auto set = [fd](int level, int name, int value) {
    if (value != 0) setsockopt(fd, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_SNDBUF, departure.send_buffer);
  set(SOL_SOCKET, SO_RCVBUF, departure.receive_buffer);
  if (v6) {
    set(IPPROTO_IPV6, IPV6_TCLASS, departure.traffic_class);
  } else {
    set(IPPROTO_IP, IP_TOS, departure.traffic_class);
  }
}

Started start_connecting(const SocketAddress& to, const Departure& departure) {
  const int family = to.ip.is_v6() ? AF_INET6 : AF_INET;
  Started started{Fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  if (!started.socket.valid()) {
    started.code = errno;
    return started;
  }
  const int fd = started.socket.get();
  set_up(fd, to.ip.is_v6(), departure);
  if (departure.from) {
    const int on = 1;
    // The port is chosen by connect(), when the other end is known: many connections can share one.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const KernelAddress local = to_kernel({*departure.from, 0});
    if (bind(fd, local.get(), local.size) != 0) {
      started.code = errno;
      return started;
    }
  }
  const KernelAddress remote = to_kernel(to);
  if (::connect(fd, remote.get(), remote.size) != 0 && errno != EINPROGRESS) started.code = errno;
  return started;
}

}  // namespace

Connection::Connection(std::unique_ptr<Core> core) : core_(std::move(core)) {}

// Destroyed while the observer is called, the core lives until that call is off the stack.
Connection::~Connection() {
  if (core_->destroyed == nullptr) return;
  *core_->destroyed = true;
  core_->state = Core::State::over;
  core_->alive.reset();
  core_->watch.want({});
  core_->patience_ends.reset();
  loop::Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

std::unique_ptr<Connection> Connection::adopt(loop::Loop& loop, Fd socket,
                                              ConnectionObserver& observer,
                                              ConnectionLimits limits) {
  auto core = std::make_unique<Core>(loop, std::move(socket), observer, limits, Core::State::open);
  core->update_watch();
  return std::unique_ptr<Connection>(new Connection(std::move(core)));
}

std::unique_ptr<Connection> Connection::connect(loop::Loop& loop, const SocketAddress& to,
                                                const Departure& departure,
                                                ConnectionObserver& observer,
                                                ConnectionLimits limits) {
  auto started = start_connecting(to, departure);
  auto core = std::make_unique<Core>(loop, std::move(started.socket), observer, limits,
                                     Core::State::connecting);
  if (started.code != 0) {
    const Error error = system_error("connecting", started.code).error();
    core->finish(&error);
  } else {
    core->update_watch();
  }
  return std::unique_ptr<Connection>(new Connection(std::move(core)));
}

std::string_view Connection::input() const { return core_->input.view(); }

void Connection::consume(std::size_t bytes) {
  core_->input.consume(bytes);
  core_->update_watch();
}

void Connection::pause_input(bool paused) {
  core_->paused = paused;
  core_->update_watch();
}

void Connection::write(std::string_view bytes) {
  if (!core_->takes(bytes)) return;
  if (core_->tls) {
    core_->tls->write(bytes);
  } else {
    core_->output.append(bytes);
  }
  core_->schedule_flush();
}

void Connection::write_owned(std::string bytes) {
  if (!core_->takes(bytes)) return;
  if (core_->tls) {
    core_->tls->write(bytes);
  } else {
    core_->output.take_over(std::move(bytes));
  }
  core_->schedule_flush();
}

std::size_t Connection::unsent() const { return core_->unsent(); }

void Connection::start_tls(std::shared_ptr<const tls::Context> context,
                           const tls::SessionOptions& options) {
  SIGNET_CHECK(!core_->tls && core_->state != Core::State::connecting);
  if (core_->state != Core::State::open || core_->peer_ended) return;
  // RFC 3207 §4.2: nothing received in the clear may be taken for something said under TLS.
  core_->discarded = core_->input.size();
  core_->input.clear();
  core_->start_tls(std::move(context), options);
}

void Connection::start_implicit_tls(std::shared_ptr<const tls::Context> context,
                                    const tls::SessionOptions& options) {
  SIGNET_CHECK(!core_->tls && core_->state != Core::State::connecting);
  if (core_->state != Core::State::open || core_->peer_ended) return;
  core_->start_tls(std::move(context), options);
  core_->tls->feed(core_->input.view());
  core_->input.clear();
}

std::size_t Connection::discarded() const { return core_->discarded; }

std::vector<tls::ChainEntry> Connection::peer_chain() const {
  return core_->tls ? core_->tls->chain() : std::vector<tls::ChainEntry>();
}
bool Connection::secured() const { return core_->secured; }

void Connection::close(Duration linger) { core_->begin_close(linger); }

SocketAddress Connection::local_address() const {
  KernelAddress address;
  if (getsockname(core_->fd.get(), address.get(), &address.size) != 0) return {};
  return from_kernel(address);
}

}  // namespace signet::net
