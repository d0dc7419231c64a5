#include "signet/tls/session.h"

#include <openssl/err.h>

#include <array>
#include <utility>

#include "signet/base/check.h"
#include "signet/base/clock.h"
#include "tls/context_core.h"
#include "tls/explain.h"
#include "tls/memory_bio.h"
#include "tls/openssl.h"
#include "tls/peer_certificate.h"
#include "tls/session_settings.h"

namespace signet::tls {

struct Session::Core {
  Progress judge(int result);
  void keep_for_resumption() const;

  std::shared_ptr<const Context> context;
  std::string resumption_key;
  WallTime proven{};  // of the session that is offered
  Wire wire;
  SslHandle ssl;
  Failure failure;
  bool certificate_requested = true;
  bool shut = false;    // nothing more is written
  bool broken = false;  // failed: `failure` says how
};

int session_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

namespace {

// A session keeps all certificates that the server has shown, and there may be thousands of
// sessions.
bool is_small(const SSL* ssl) {
  constexpr int kMostBytes = 16 * 1024;
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  int bytes = 0;
  for (int i = 0; i < sk_X509_num(chain); ++i) bytes += i2d_X509(sk_X509_value(chain, i), nullptr);
  return bytes <= kMostBytes;
}

}  // namespace

int on_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  const auto* core = static_cast<const Session::Core*>(SSL_get_ex_data(ssl, session_index()));
  if (core == nullptr || core->resumption_key.empty() || SSL_SESSION_is_resumable(session) == 0 ||
      !is_small(ssl)) {
    return 0;
  }
  const bool resumed = SSL_session_reused(ssl) == 1;
  core->context->core().sessions.put(core->resumption_key,
                                     {.session = SslSession(SSL_SESSION_dup(session)),
                                      .proven = resumed ? core->proven : read_clocks().wall});
  return 0;  // the cache has a copy: OpenSSL marks its own when the connection breaks
}

// TLS 1.2: the server need not send a new ticket, and the old one may be used again.
void Session::Core::keep_for_resumption() const {
  if (resumption_key.empty() || SSL_session_reused(ssl.get()) != 1) return;
  if (SSL_version(ssl.get()) >= TLS1_3_VERSION) return;
  (void)on_new_session(ssl.get(), SSL_get_session(ssl.get()));
}

// After an operation that did not succeed.
Progress Session::Core::judge(int result) {
  const int error = SSL_get_error(ssl.get(), result);
  failure.ssl_error = error;
  switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Progress::want_more;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::closed;
    default:
      break;
  }
  auto errors = take_errors();
  failure.reason = std::move(errors.reason);
  failure.queue = std::move(errors.lines);
  broken = true;
  shut = true;  // no close_notify after a fatal error (SSL_shutdown(3))
  return Progress::failed;
}

Session::Session(std::shared_ptr<const Context> context, const SessionOptions& options)
    : core_(std::make_unique<Core>()) {
  ERR_clear_error();
  core_->context = std::move(context);
  core_->resumption_key = options.resumption_key;
  const auto& shared = core_->context->core();
  core_->ssl.reset(SSL_new(shared.ssl.get()));
  SIGNET_CHECK(core_->ssl != nullptr);
  SSL* ssl = core_->ssl.get();
  BIO* bio = make_bio(core_->wire);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_ex_data(ssl, session_index(), core_.get());
  core_->certificate_requested =
      shared.role == Role::client ||
      options.settings.request_certificate.value_or(shared.request_certificate);
  if (auto fault = apply(ssl, shared, options.settings)) {
    core_->failure = std::move(*fault);
    core_->broken = core_->shut = true;
  }
  if (shared.role == Role::server) {
    SSL_set_accept_state(ssl);
    return;
  }
  SSL_set_connect_state(ssl);
  if (!options.server_name.empty()) {
    SSL_set_tlsext_host_name(ssl, options.server_name.c_str());
  }
  if (!core_->resumption_key.empty()) {
    const auto earlier = shared.sessions.take(core_->resumption_key, read_clocks().wall);
    core_->proven = earlier.proven;
    if (earlier.session) SSL_set_session(ssl, earlier.session.get());
  }
}

Session::~Session() {
  if (core_->ssl) SSL_set_ex_data(core_->ssl.get(), session_index(), nullptr);
}

void Session::feed(std::string_view ciphertext) { core_->wire.in.append(ciphertext); }
void Session::feed_end() { core_->wire.ended = true; }

Progress Session::handshake() {
  if (core_->broken) return Progress::failed;
  ERR_clear_error();
  const int result = SSL_do_handshake(core_->ssl.get());
  if (result != 1) return core_->judge(result);
  core_->keep_for_resumption();
  return Progress::done;
}

Progress Session::read(std::string& out) {
  static thread_local std::array<char, 16384> chunk;  // a record's most
  if (core_->broken) return Progress::failed;
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(core_->ssl.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (got <= 0) return core_->judge(got);
    out.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

void Session::write(std::string_view plaintext) {
  while (!plaintext.empty() && !core_->shut) {
    ERR_clear_error();
    std::size_t written = 0;
    const int result = SSL_write_ex(core_->ssl.get(), plaintext.data(), plaintext.size(), &written);
    if (result != 1) {
      // Our BIO takes everything, so this is a broken session; read() will say so too.
      (void)core_->judge(result);
      return;
    }
    plaintext.remove_prefix(written);
  }
}

void Session::shut_down() {
  if (std::exchange(core_->shut, true)) return;
  ERR_clear_error();
  SSL_shutdown(core_->ssl.get());
}

std::string_view Session::output() const { return core_->wire.outgoing(); }
void Session::sent(std::size_t bytes) { core_->wire.take_out(bytes); }
const Failure& Session::failure() const { return core_->failure; }

Peer Session::peer() const {
  const SSL* ssl = core_->ssl.get();
  const auto& shared = core_->context->core();
  Peer peer;
  peer.version = SSL_get_version(ssl);
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl)) {
    peer.cipher = SSL_CIPHER_get_name(cipher);
    peer.cipher_bits = SSL_CIPHER_get_bits(cipher, &peer.algorithm_bits);
  }
  peer.certificate_requested = core_->certificate_requested;
  peer.resumed = SSL_session_reused(ssl) == 1;
  peer.fingerprint_by_wish = shared.fingerprint_by_wish;
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return peer;
  peer.certificate_presented = true;
  // A resumed session carries the result of its first handshake, when the certificate was younger.
  peer.verify_code = SSL_get_verify_result(ssl);
  if (peer.resumed && peer.verify_code == X509_V_OK &&
      X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    peer.verify_code = X509_V_ERR_CERT_HAS_EXPIRED;
  }
  peer.verified = peer.verify_code == X509_V_OK;
  peer.verify_message = X509_verify_cert_error_string(peer.verify_code);
  describe(certificate.get(), shared.fingerprint, peer);
  if (!peer.verified) peer.explanation = explain(peer.verify_code, chain_of(ssl), shared.role);
  return peer;
}

std::vector<ChainEntry> Session::chain() const { return chain_of(core_->ssl.get()); }

}  // namespace signet::tls
