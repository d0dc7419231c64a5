// A connection's handshake and what comes under TLS.
#include "net/connection_core.h"
#include "signet/net/tls_facts.h"

namespace signet::net {

void Connection::Core::start_tls(std::shared_ptr<const tls::Context> context,
                                 const tls::SessionOptions& options) {
  role = context->role();
  tls = std::make_unique<tls::Session>(std::move(context), options);
  state = State::handshaking;
  // The client speaks first; nothing of that may be told before the owner's call has returned.
  loop.post([this, here = std::weak_ptr<bool>(alive)] {
    if (!here.expired() && state == State::handshaking) advance_handshake();
  });
}

bool Connection::Core::advance_handshake() {
  switch (tls->handshake()) {
    case tls::Progress::want_more:
      return flush();
    case tls::Progress::failed:
    case tls::Progress::closed:
      return fail_handshake();
    case tls::Progress::done:
      break;
  }
  state = State::open;
  secured = true;
  if (!flush()) return false;
  const mail::TlsFacts facts = to_facts(tls->peer(), role);
  if (!tell([&](ConnectionObserver& who) { who.on_handshake(facts); })) return false;
  if (state != State::open) return state != State::over;
  return read_plaintext();  // came with the last message of the handshake
}

// The alert, which tells the peer why, leaves before the end. Also a connection that breaks at this
// tells its owner first why the handshake failed.
bool Connection::Core::fail_handshake() {
  const tls::Failure failure = tls->failure();
  (void)flush();
  if (!tell([&](ConnectionObserver& who) { who.on_handshake_failed(failure); })) return false;
  begin_close(kLinger);
  return state != State::over;
}

bool Connection::Core::take_ciphertext(std::string_view bytes) {
  tls->feed(bytes);
  return state == State::handshaking ? advance_handshake() : read_plaintext();
}

bool Connection::Core::read_plaintext() {
  const std::size_t before = input.size();
  const auto progress = tls->read(input.tail());
  if (progress == tls::Progress::closed) peer_ended = true;
  if (peer_ended || unsent() != 0) schedule_flush();  // the end; alerts, key updates
  if (input.size() != before && !tell([](ConnectionObserver& who) { who.on_input(); })) {
    return false;
  }
  if (progress != tls::Progress::failed || state != State::open) return state != State::over;
  const Error error{ErrorKind::temporary, "TLS: " + tls->failure().reason, 0};
  if (flush()) finish(&error);
  return false;
}

}  // namespace signet::net
