#include "signet/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "net/socket_address.h"

namespace signet::net {
namespace {

constexpr int kAcceptsPerWake = 32;  // then the sessions get their turn
constexpr Duration kPause = std::chrono::milliseconds(100);

Result<void> set_option(int fd, int level, int name, const char* what) {
  const int on = 1;
  if (setsockopt(fd, level, name, &on, sizeof on) != 0) return system_error(what, errno);
  return {};
}

// accept(2): a connection that broke before it was taken shows its error here.
bool is_one_clients_fault(int code) {
  switch (code) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENOPROTOOPT:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case EPERM:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<Fd> open_listener(const ListenOptions& options) {
  const std::string where = "listening on " + options.address.to_string();
  const int family = options.address.ip.is_v6() ? AF_INET6 : AF_INET;
  Fd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return system_error(where, errno);
  if (auto set = set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"); !set) {
    return std::unexpected(std::move(set).error().within(where));
  }
  if (options.share_port) {
    if (auto set = set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"); !set) {
      return std::unexpected(std::move(set).error().within(where));
    }
  }
  if (family == AF_INET6) {
    if (auto set = set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"); !set) {
      return std::unexpected(std::move(set).error().within(where));
    }
  }
  // What is accepted has it too.
  if (auto set = set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"); !set) {
    return std::unexpected(std::move(set).error().within(where));
  }
  const KernelAddress address = to_kernel(options.address);
  if (bind(socket.get(), address.get(), address.size) != 0) return system_error(where, errno);
  if (listen(socket.get(), options.backlog) != 0) return system_error(where, errno);
  return socket;
}

Result<SocketAddress> bound_address(int listening_fd) {
  KernelAddress address;
  if (getsockname(listening_fd, address.get(), &address.size) != 0) {
    return system_error("getsockname", errno);
  }
  return from_kernel(address);
}

struct Acceptor::Core {
  Core(loop::Loop& owner, Fd socket, OnAccept call)
      : loop(owner),
        listening(std::move(socket)),
        on_accept(std::move(call)),
        own(bound_address(listening.get())),
        resume(loop, [this] { watch->want({.readable = !paused, .writable = false}); }) {
    watch.emplace(loop, listening.get(), [this](loop::Ready) { accept_some(); });
    watch->want({.readable = true, .writable = false});
  }

  void accept_some();
  // Which of our addresses the client came to: asked where there are several.
  [[nodiscard]] Result<SocketAddress> address_of(int accepted) const {
    return own && !own->ip.is_any() ? own : bound_address(accepted);
  }
  // One waiting client gets a clean end in the place of the reserve, so that it can try another
  // host; the others wait in the kernel's queue.
  void turn_one_away();
  void rest();

  loop::Loop& loop;
  Fd listening;
  OnAccept on_accept;
  const Result<SocketAddress> own;
  Fd reserve{open("/dev/null", O_RDONLY | O_CLOEXEC)};
  bool paused = false;
  bool* destroyed = nullptr;
  loop::Timer resume;
  std::optional<loop::FdWatch> watch;
};

void Acceptor::Core::accept_some() {
  for (int i = 0; i < kAcceptsPerWake && !paused; ++i) {
    KernelAddress peer;
    Fd socket(accept4(listening.get(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const int code = errno;
    if (!socket.valid()) {
      if (code == EAGAIN) return;  // nobody is waiting
      if (is_one_clients_fault(code)) continue;
      if (code == EMFILE || code == ENFILE) turn_one_away();
      return rest();
    }
    const auto local = address_of(socket.get());
    if (!local) continue;  // gone already
    bool gone = false;
    destroyed = &gone;
    on_accept(std::move(socket), from_kernel(peer), *local);
    if (gone) return;
    destroyed = nullptr;
  }
}

void Acceptor::Core::turn_one_away() {
  if (reserve.valid()) {
    reserve = Fd();
    const Fd turned_away(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  reserve = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void Acceptor::Core::rest() {
  watch->want({});
  resume.arm_in(kPause);
}

Acceptor::Acceptor(loop::Loop& loop, Fd listening, OnAccept on_accept)
    : core_(std::make_unique<Core>(loop, std::move(listening), std::move(on_accept))) {}

// Destroyed inside its own call, the callback lives until it has returned; accepting ends now.
Acceptor::~Acceptor() {
  if (core_->destroyed == nullptr) return;
  *core_->destroyed = true;
  core_->watch.reset();  // before its descriptor ends
  core_->resume.cancel();
  core_->listening = Fd();
  loop::Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

void Acceptor::pause(bool paused) {
  core_->paused = paused;
  core_->resume.cancel();
  core_->watch->want({.readable = !paused, .writable = false});
}

}  // namespace signet::net
