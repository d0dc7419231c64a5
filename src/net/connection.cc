#include "signet/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "net/socket_address.h"
#include "signet/base/check.h"
#include "signet/net/tls_facts.h"

namespace signet::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // taken from the kernel at once
constexpr std::size_t kKeptCapacity =
    16 * 1024;  // buffers larger than this are given back when empty

constexpr Duration kFlushPatience = std::chrono::seconds(2);      // for our last words to leave

// Bytes with a consumed front; idle sessions hold no memory for it.
class Buffer final {
 public:
  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(start_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - start_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  std::string& tail() { return bytes_; }
  void append(std::string_view more) { bytes_.append(more); }
  void consume(std::size_t count) {
    SIGNET_CHECK(count <= size());
    start_ += count;
    if (start_ == bytes_.size()) {
      clear();
    } else if (start_ > kKeptCapacity && start_ > bytes_.size() / 2) {
      bytes_.erase(0, start_);
      start_ = 0;
    }
  }
  void clear() {
    start_ = 0;
    if (bytes_.capacity() > kKeptCapacity) {
      std::string().swap(bytes_);
    } else {
      bytes_.clear();
    }
  }

 private:
  std::string bytes_;
  std::size_t start_ = 0;
};

}  // namespace

struct Connection::Core {
  enum class State { connecting, open, handshaking, closing, over };

  Core(loop::Loop& owner, Fd descriptor, ConnectionObserver& who, ConnectionLimits bounds, State at)
      : loop(owner),
        fd(std::move(descriptor)),
        observer(&who),
        limits(bounds),
        state(at),
        linger(owner, [this] { finish(nullptr); }),
        watch(owner, fd.get(), [this](loop::Ready ready) { on_ready(ready); }) {}

  void on_ready(loop::Ready ready);
  void on_connect_result();
  bool read_some();
  bool take_ciphertext(std::string_view bytes);
  void advance_handshake();
  bool read_plaintext();
  void flush();
  void schedule_flush();
  void update_watch();
  void finish(const Error* error);
  [[nodiscard]] bool output_waits() const {
    return !output.empty() || (tls && !tls->output().empty());
  }
  // Calls the observer; false when that destroyed us: touch nothing then.
  template <class Call>
  bool tell(Call&& call);

  loop::Loop& loop;
  Fd fd;
  ConnectionObserver* observer;
  ConnectionLimits limits;
  State state;
  Buffer input;
  Buffer output;  // plain: to the socket; TLS: not used, the session keeps ciphertext
  std::unique_ptr<tls::Session> tls;
  std::shared_ptr<const tls::Context> tls_context;  // its role
  std::size_t discarded = 0;
  bool paused = false;
  bool peer_ended = false;
  bool flush_posted = false;
  bool wait_for_peer = true;  // while closing
  bool shut = false;
  bool end_told = false;
  bool* destroyed = nullptr;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // for what was posted
  loop::Timer linger;
  loop::FdWatch watch;
};

template <class Call>
bool Connection::Core::tell(Call&& call) {
  bool gone = false;
  bool* const outer = destroyed;
  destroyed = &gone;
  call(*observer);
  if (gone) {
    if (outer != nullptr) *outer = true;
    return false;
  }
  destroyed = outer;
  return true;
}

void Connection::Core::on_ready(loop::Ready ready) {
  if (state == State::connecting) return on_connect_result();
  if (ready.writable) {
    const bool waited = output_waits();
    flush();
    if (state == State::over) return;
    if (waited && !output_waits() && state == State::open) {
      if (!tell([](ConnectionObserver& who) { who.on_drained(); })) return;
    }
  }
  if (ready.readable && !read_some()) return;
  update_watch();
}

void Connection::Core::on_connect_result() {
  int code = 0;
  socklen_t size = sizeof code;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) {
    const Error error = system_error("connecting", code).error();
    return finish(&error);
  }
  state = State::open;
  update_watch();
  tell([](ConnectionObserver& who) { who.on_connected(); });
}

// False: the connection is over or destroyed.
bool Connection::Core::read_some() {
  static thread_local std::array<char, kReadBytes> chunk;
  const ssize_t got = recv(fd.get(), chunk.data(), chunk.size(), 0);
  const int code = errno;
  if (got < 0) {
    if (code == EAGAIN || code == EINTR) return true;
    const Error error = system_error("reading", code).error();
    finish(&error);
    return false;
  }
  if (got == 0) {
    peer_ended = true;
    if (state == State::handshaking) {
      const tls::Failure failure{
          .reason = "unexpected eof while reading", .ssl_error = 5, .queue = {}};
      if (!tell([&](ConnectionObserver& who) { who.on_handshake_failed(failure); })) return false;
    }
    finish(nullptr);
    return false;
  }
  const std::string_view bytes(chunk.data(), static_cast<std::size_t>(got));
  if (state == State::closing) return true;  // what still comes is read and thrown away
  if (tls) return take_ciphertext(bytes);
  input.append(bytes);
  return tell([](ConnectionObserver& who) { who.on_input(); });
}

bool Connection::Core::take_ciphertext(std::string_view bytes) {
  tls->feed(bytes);
  if (state == State::handshaking) {
    bool gone = false;
    bool* const outer = destroyed;
    destroyed = &gone;
    advance_handshake();
    if (gone) {
      if (outer != nullptr) *outer = true;
      return false;
    }
    destroyed = outer;
    if (state != State::open) return state == State::handshaking;
  }
  return read_plaintext();
}

void Connection::Core::advance_handshake() {
  const auto progress = tls->handshake();
  flush();
  if (state == State::over) return;
  switch (progress) {
    case tls::Progress::want_more:
      update_watch();
      return;
    case tls::Progress::done: {
      state = State::open;
      update_watch();
      const auto facts = to_facts(tls->peer(), tls_context->role());
      tell([&](ConnectionObserver& who) { who.on_handshake(facts); });
      return;
    }
    case tls::Progress::failed:
    case tls::Progress::closed: {
      const tls::Failure failure = tls->failure();
      if (tell([&](ConnectionObserver& who) { who.on_handshake_failed(failure); })) finish(nullptr);
      return;
    }
  }
}

bool Connection::Core::read_plaintext() {
  const std::size_t before = input.size();
  const auto progress = tls->read(input.tail());
  if (!tls->output().empty()) schedule_flush();  // key updates, alerts
  if (input.size() != before && !tell([](ConnectionObserver& who) { who.on_input(); }))
    return false;
  if (state == State::over) return false;
  if (progress == tls::Progress::failed) {
    const Error error{ErrorKind::temporary, "TLS: " + tls->failure().reason, 0};
    finish(&error);
    return false;
  }
  if (progress == tls::Progress::closed) {
    finish(nullptr);
    return false;
  }
  return true;
}

void Connection::Core::flush() {
  if (state == State::connecting || state == State::over) return;
  while (true) {
    const std::string_view bytes = tls && output.empty() ? tls->output() : output.view();
    if (bytes.empty()) break;
    const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const int code = errno;
    if (sent < 0) {
      if (code == EINTR) continue;
      if (code == EAGAIN) break;
      const Error error = system_error("writing", code).error();
      return finish(&error);
    }
    if (tls && output.empty()) {
      tls->sent(static_cast<std::size_t>(sent));
    } else {
      output.consume(static_cast<std::size_t>(sent));
    }
  }
  if (state == State::closing && !output_waits()) {
    if (!wait_for_peer) return finish(nullptr);
    // What the peer still sends is read, else the kernel would answer it with a reset that can
    // overtake our last words.
    if (!std::exchange(shut, true)) shutdown(fd.get(), SHUT_WR);
  }
  update_watch();
}

// One write at the end of the round for all that was said in it.
void Connection::Core::schedule_flush() {
  if (flush_posted) return;
  flush_posted = true;
  loop.post([this, here = std::weak_ptr<bool>(alive)] {
    if (here.expired()) return;
    flush_posted = false;
    const bool waited = output_waits();
    flush();
    if (waited && state == State::open && !output_waits()) {
      tell([](ConnectionObserver& who) { who.on_drained(); });
    }
  });
}

void Connection::Core::update_watch() {
  if (state == State::over) return watch.want({});
  const bool full = input.size() >= limits.input_bytes;
  const bool read = state == State::handshaking || state == State::closing ||
                    (state == State::open && !paused && !full);
  watch.want({.readable = read, .writable = state == State::connecting || output_waits()});
}

// The end is told from the loop, never from inside a method the owner called.
void Connection::Core::finish(const Error* error) {
  if (state == State::over) return;
  state = State::over;
  watch.want({});
  linger.cancel();
  std::optional<Error> kept;
  if (error != nullptr) kept = *error;
  loop.post([this, here = std::weak_ptr<bool>(alive), kept = std::move(kept)] {
    if (here.expired() || end_told) return;
    end_told = true;
    tell([&](ConnectionObserver& who) { who.on_end(kept ? &*kept : nullptr); });
  });
}

Connection::Connection(std::unique_ptr<Core> core) : core_(std::move(core)) {}

Connection::~Connection() {
  if (core_->destroyed == nullptr) return;
  *core_->destroyed = true;
  core_->alive.reset();
  core_->watch.want({});
  core_->linger.cancel();
  core_->state = Core::State::over;
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
                                                std::optional<IpAddress> from,
                                                ConnectionObserver& observer,
                                                ConnectionLimits limits) {
  const int family = to.ip.is_v6() ? AF_INET6 : AF_INET;
  Fd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  int code = socket.valid() ? 0 : errno;
  if (code == 0) {
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (from) {
      const KernelAddress local = to_kernel({*from, 0});
      if (bind(socket.get(), local.get(), local.size) != 0) code = errno;
    }
  }
  if (code == 0) {
    const KernelAddress remote = to_kernel(to);
    if (::connect(socket.get(), remote.get(), remote.size) != 0 && errno != EINPROGRESS) {
      code = errno;
    }
  }
  auto core =
      std::make_unique<Core>(loop, std::move(socket), observer, limits, Core::State::connecting);
  if (code != 0) {
    const Error error = system_error("connecting", code).error();
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
  if (bytes.empty() || core_->state == Core::State::over || core_->state == Core::State::closing) {
    return;
  }
  if (core_->tls) {
    core_->tls->write(bytes);
  } else {
    core_->output.append(bytes);
  }
  core_->schedule_flush();
}

std::size_t Connection::unsent() const {
  return core_->output.size() + (core_->tls ? core_->tls->output().size() : 0);
}

void Connection::start_tls(std::shared_ptr<const tls::Context> context,
                           const tls::SessionOptions& options) {
  SIGNET_CHECK(!core_->tls);
  // RFC 3207 §4.2: nothing received in the clear may be taken for something said under TLS.
  core_->discarded = core_->input.size();
  core_->input.clear();
  core_->tls_context = context;
  core_->tls = std::make_unique<tls::Session>(std::move(context), options);
  core_->state = Core::State::handshaking;
  // The client speaks first; nothing of that may be told before this call returned.
  core_->loop.post([core = core_.get(), here = std::weak_ptr<bool>(core_->alive)] {
    if (!here.expired() && core->state == Core::State::handshaking) core->advance_handshake();
  });
}

std::size_t Connection::discarded() const { return core_->discarded; }

bool Connection::secured() const {
  return core_->tls != nullptr && core_->state != Core::State::handshaking;
}

void Connection::close(Duration linger) {
  if (core_->state == Core::State::over || core_->state == Core::State::closing) return;
  const bool established = core_->state == Core::State::open;
  if (core_->tls && established) core_->tls->shut_down();
  core_->state = Core::State::closing;
  core_->input.clear();
  core_->wait_for_peer = linger > Duration(0);
  core_->linger.arm_in(std::max<Duration>(linger, kFlushPatience));
  core_->schedule_flush();
}

SocketAddress Connection::local_address() const {
  KernelAddress address;
  if (getsockname(core_->fd.get(), address.get(), &address.size) != 0) return {};
  return from_kernel(address);
}

}  // namespace signet::net
