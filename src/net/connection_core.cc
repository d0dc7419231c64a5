// The loop's side of a connection: readiness, reading, one write a round, the end.
#include "net/connection_core.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace signet::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;  // taken from the kernel at once

}  // namespace

void Connection::Core::on_ready(loop::Ready ready) {
  if (state == State::connecting) return on_connect_result();
  if (ready.writable && !flush_and_tell()) return;
  if (ready.readable && wants_input() && !read_some()) return;
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
  if (unsent() != 0) schedule_flush();  // said while connecting
  update_watch();
  tell([](ConnectionObserver& who) { who.on_connected(); });
}

bool Connection::Core::read_some() {
  static thread_local std::array<char, kReadBytes> chunk;
  const std::size_t room = state == State::open ? limits.input_bytes - input.size() : chunk.size();
  const ssize_t got = recv(fd.get(), chunk.data(), std::min(room, chunk.size()), 0);
  const int code = errno;
  if (got < 0) {
    if (code == EAGAIN || code == EINTR) return true;
    const Error error = system_error("reading", code).error();
    return on_read_end(&error);
  }
  if (got == 0) return on_read_end(nullptr);
  if (state == State::closing) return true;
  const std::string_view bytes(chunk.data(), static_cast<std::size_t>(got));
  if (tls) return take_ciphertext(bytes);
  if (!input.empty()) {
    input.append(bytes);
    return tell([](ConnectionObserver& who) { who.on_input(); });
  }
  input.lend(bytes);
  if (!tell([](ConnectionObserver& who) { who.on_input(); })) return false;
  input.keep();
  return true;
}

bool Connection::Core::on_read_end(const Error* error) {
  peer_ended = true;
  if (state == State::handshaking) {
    tls->feed_end();
    return advance_handshake();
  }
  if (error == nullptr && !lost) {
    // It may still listen: the answers to what it said leave first.
    schedule_flush();
    update_watch();
    return true;
  }
  finish(lost ? lost.get() : error);
  return false;
}

bool Connection::Core::flush_and_tell() {
  const bool waited = unsent() != 0;
  if (!flush()) return false;
  if (waited && state == State::open && unsent() == 0 && !lost &&
      !tell([](ConnectionObserver& who) { who.on_drained(); })) {
    return false;
  }
  if (state == State::open && peer_ended && unsent() == 0) finish(nullptr);
  return state != State::over;
}

// What was said in the clear goes before what TLS has to say.
std::string_view Connection::Core::next_output() const {
  if (!output.empty() || !tls) return output.view();
  return tls->output();
}

bool Connection::Core::flush() {
  if (state == State::over) return false;
  full = false;
  while (state != State::connecting) {
    const std::string_view bytes = next_output();
    if (bytes.empty()) break;
    // Our last words share a packet with our end, where shutdown() follows at once.
    const bool last = state == State::closing && patience != Duration(0) && !peer_ended;
    const int flags = MSG_NOSIGNAL | (last ? MSG_MORE : 0);
    const ssize_t sent = send(fd.get(), bytes.data(), bytes.size(), flags);
    const int code = errno;
    if (sent < 0) {
      if (code == EINTR) continue;
      if (code == EAGAIN) {
        full = true;
        break;
      }
      if (!on_write_failed(code)) return false;
    } else if (!output.empty()) {
      output.consume(static_cast<std::size_t>(sent));
    } else {
      tls->sent(static_cast<std::size_t>(sent));
    }
  }
  if (state == State::closing && unsent() == 0) {
    if (patience == Duration(0) || peer_ended) {
      finish(nullptr);
      return false;
    }
    // What the peer still sends is read, else the kernel would answer it with a reset that can
    // overtake our last words.
    if (!std::exchange(shut, true)) {
      shutdown(fd.get(), SHUT_WR);
      patience_ends->arm_in(patience);
    }
  }
  update_watch();
  return true;
}

// The peer closed on us. Why it did so (a 421, a 552 in the middle of content, a TLS alert) may
// wait in the kernel: it is read before the end is told.
bool Connection::Core::on_write_failed(int code) {
  const bool gone = code == EPIPE || code == ECONNRESET;
  const Error error = system_error("writing", code).error();
  if (!gone || peer_ended || state == State::closing) {
    finish(gone && peer_ended ? nullptr : &error);
    return false;
  }
  if (!lost) lost = std::make_unique<Error>(error);
  output.clear();
  if (tls) tls->sent(tls->output().size());
  return true;
}

// One write at the end of the round for all that was said in it.
void Connection::Core::schedule_flush() {
  if (std::exchange(flush_posted, true)) return;
  loop.post([this, here = std::weak_ptr<bool>(alive)] {
    if (here.expired()) return;
    flush_posted = false;
    flush_and_tell();
  });
}

bool Connection::Core::wants_input() const {
  switch (state) {
    case State::handshaking:
    case State::closing:
      return !peer_ended;
    case State::open:
      // A lost peer's last words are few, and a pause must not hide that it is lost.
      return !peer_ended && (!paused || lost) && input.size() < limits.input_bytes &&
             unsent() < limits.output_bytes;
    case State::connecting:
    case State::over:
      return false;
  }
  return false;
}

void Connection::Core::update_watch() {
  const bool write = state == State::connecting || (state != State::over && full);
  watch.want({.readable = wants_input(), .writable = write});
}

void Connection::Core::begin_close(Duration linger) {
  constexpr Duration kFlushPatience = std::chrono::seconds(2);  // for our last words to leave
  if (state == State::over || state == State::closing) return;
  if (state == State::connecting || lost) return finish(nullptr);
  if (state == State::open && tls) tls->shut_down();
  state = State::closing;
  input.clear();
  patience = linger;
  patience_ends = std::make_unique<loop::Timer>(loop, [this] { finish(nullptr); });
  patience_ends->arm_in(kFlushPatience);
  schedule_flush();
}

// The end is told from the loop, never from inside a method the owner called.
void Connection::Core::finish(const Error* error) {
  if (state == State::over) return;
  std::optional<Error> kept;
  if (error != nullptr && state != State::closing) kept = *error;
  state = State::over;
  watch.want({});
  patience_ends.reset();
  loop.post([this, here = std::weak_ptr<bool>(alive), kept = std::move(kept)] {
    if (here.expired()) return;
    tell([&](ConnectionObserver& who) { who.on_end(kept ? &*kept : nullptr); });
  });
}

}  // namespace signet::net
