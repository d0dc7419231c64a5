// The owner's side of a connection. Nothing here calls the observer.
#include "signet/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/connection_core.h"
#include "net/socket_address.h"
#include "signet/base/check.h"

namespace signet::net {
namespace {

Fd open_socket(int family, int& code) {
  Fd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  code = socket.valid() ? 0 : errno;
  return socket;
}

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

// 0: connecting, or connected already.
int start_connecting(const Fd& socket, const sockaddr* to, socklen_t size) {
  return ::connect(socket.get(), to, size) == 0 || errno == EINPROGRESS ? 0 : errno;
}

// The port is chosen by connect(), when the other end is known: many connections can share one.
int bind_to(const Fd& socket, const IpAddress& from) {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const KernelAddress local = to_kernel({from, 0});
  return bind(socket.get(), local.get(), local.size) == 0 ? 0 : errno;
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
  Core::Started started;
  started.socket = open_socket(to.ip.is_v6() ? AF_INET6 : AF_INET, started.code);
  if (started.code == 0) {
    set_up(started.socket.get(), to.ip.is_v6(), departure);
    if (departure.from) started.code = bind_to(started.socket, *departure.from);
  }
  if (started.code == 0) {
    const KernelAddress remote = to_kernel(to);
    started.code = start_connecting(started.socket, remote.get(), remote.size);
  }
  return std::unique_ptr<Connection>(
      new Connection(Core::begin(std::move(started), loop, observer, limits)));
}

std::unique_ptr<Connection> Connection::connect_unix(loop::Loop& loop, const std::string& path,
                                                     ConnectionObserver& observer,
                                                     ConnectionLimits limits) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  Core::Started started;
  started.socket = open_socket(AF_UNIX, started.code);
  if (path.size() >= sizeof to.sun_path) started.code = ENAMETOOLONG;
  if (started.code == 0) {
    std::ranges::copy(path, std::begin(to.sun_path));
    started.code =
        start_connecting(started.socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }
  return std::unique_ptr<Connection>(
      new Connection(Core::begin(std::move(started), loop, observer, limits)));
}

std::unique_ptr<Connection::Core> Connection::Core::begin(Started started, loop::Loop& owner,
                                                          ConnectionObserver& who,
                                                          ConnectionLimits bounds) {
  auto core =
      std::make_unique<Core>(owner, std::move(started.socket), who, bounds, State::connecting);
  if (started.code != 0) {
    const Error error = system_error("connecting", started.code).error();
    core->finish(&error);
  } else {
    core->update_watch();
  }
  return core;
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
