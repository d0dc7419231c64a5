// What a Connection is inside. The owner's calls are in connection.cc, what the loop calls in
// connection_core.cc, the handshake and what comes under TLS in connection_tls.cc. A function that
// may call the observer returns whether the connection is still there and not over: if not, its
// caller touches nothing and returns too.
#pragma once

#include <memory>
#include <optional>

#include "net/buffer.h"
#include "signet/net/connection.h"

namespace signet::net {

struct Connection::Core {
  enum class State {
    connecting,   // connect() under way
    open,         // plain, or TLS that stands
    handshaking,  // nothing but the handshake is sent or read
    closing,      // last words leave; what comes is thrown away
    over,         // on_end is posted or told
  };

  Core(loop::Loop& owner, Fd descriptor, ConnectionObserver& who, ConnectionLimits bounds, State at)
      : loop(owner),
        fd(std::move(descriptor)),
        observer(who),
        limits(bounds),
        state(at),
        watch(owner, fd.get(), [this](loop::Ready ready) { on_ready(ready); }) {}

  // A socket that connects; the code says why it does not.
  struct Started {
    Fd socket;
    int code = 0;
  };
  static std::unique_ptr<Core> begin(Started started, loop::Loop& owner, ConnectionObserver& who,
                                     ConnectionLimits bounds);

  // Called by the loop.
  void on_ready(loop::Ready ready);
  void on_connect_result();
  bool read_some();
  bool on_read_end(const Error* error);  // null: the peer has sent its last byte
  bool flush_and_tell();

  // Under TLS.
  bool advance_handshake();
  bool fail_handshake();
  bool take_ciphertext(std::string_view bytes);
  bool read_plaintext();

  // None of these calls the observer.
  [[nodiscard]] bool flush();  // false: over
  [[nodiscard]] bool on_write_failed(int code);
  void schedule_flush();
  void update_watch();
  void start_tls(std::shared_ptr<const tls::Context> context, const tls::SessionOptions& options);
  void begin_close(Duration linger);
  void finish(const Error* error);

  [[nodiscard]] bool wants_input() const;
  [[nodiscard]] bool takes(std::string_view to_write) const {
    return !to_write.empty() && (state == State::open || state == State::connecting) && !lost;
  }
  [[nodiscard]] std::string_view next_output() const;
  [[nodiscard]] std::size_t unsent() const {
    return output.size() + (tls ? tls->output().size() : 0);
  }

  // Calls the observer; false when that destroyed the connection.
  template <class Call>
  bool tell(Call&& call) {
    bool gone = false;
    destroyed = &gone;
    call(observer);
    if (!gone) destroyed = nullptr;
    return !gone;
  }

  loop::Loop& loop;
  Fd fd;
  ConnectionObserver& observer;
  const ConnectionLimits limits;
  State state;
  tls::Role role = tls::Role::server;
  bool paused = false;
  bool secured = false;
  bool peer_ended = false;    // nothing more will come
  bool flush_posted = false;  // at the end of this round
  bool full = false;          // the kernel takes no more now
  bool shut = false;          // our direction is closed
  bool* destroyed = nullptr;  // while the observer is called
  Buffer input;
  Buffer output;  // plaintext; under TLS the session keeps what is to be sent
  std::unique_ptr<tls::Session> tls;
  std::size_t discarded = 0;
  std::unique_ptr<Error> lost;  // writing failed; what the peer said before is still read
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // for what was posted
  Duration patience{};  // while closing: for the peer to close too
  std::unique_ptr<loop::Timer> patience_ends;
  loop::FdWatch watch;
};

}  // namespace signet::net
