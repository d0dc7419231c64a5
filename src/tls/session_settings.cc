#include "tls/session_settings.h"

#include <utility>

#include "tls/key_files.h"
#include "tls/ssl_options.h"

namespace signet::tls {
namespace {

// OpenSSL said no to `what`.
Failure refused(std::string what) {
  return {.reason = std::move(what) + " failed", .ssl_error = 0, .queue = take_errors().lines};
}

}  // namespace

std::optional<Failure> apply(SSL* ssl, const Context::Core& context, const Settings& settings) {
  if (settings == Settings{}) return std::nullopt;
  const SslBits wish = bits_of(settings.ssl_options);
  SSL_set_options(ssl, wish.set);
  SSL_clear_options(ssl, wish.cleared & ~std::uint64_t{SSL_OP_NO_RENEGOTIATION});
  if (!settings.cipher_list.empty() &&
      SSL_set_cipher_list(ssl, settings.cipher_list.c_str()) != 1) {
    return refused("SSL_set_cipher_list(" + settings.cipher_list + ")");
  }
  if (!settings.cipher_suites.empty() &&
      SSL_set_ciphersuites(ssl, settings.cipher_suites.c_str()) != 1) {
    return refused("SSL_set_ciphersuites(" + settings.cipher_suites + ")");
  }
  if (settings.key_pair) {
    if (auto fault = use_key_pair(ssl, *settings.key_pair, context.files)) {
      return Failure{.reason = "file " + fault->file + " unsafe: " + fault->reason,
                     .ssl_error = 0,
                     .queue = {}};
    }
  }
  if (settings.crl_required) {
    X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl),
                                X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }
  if (context.role == Role::server) {
    const bool ask = settings.request_certificate.value_or(context.request_certificate);
    SSL_set_verify(ssl, ask ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    // What another session proved under other settings does not count here.
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
  }
  return std::nullopt;
}

std::optional<Failure> try_settings(const Context& context, const Settings& settings) {
  const SslHandle trial(SSL_new(context.core().ssl.get()));
  if (!trial) return refused("SSL_new");
  return apply(trial.get(), context.core(), settings);
}

}  // namespace signet::tls
