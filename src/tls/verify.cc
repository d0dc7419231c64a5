#include "tls/verify.h"

#include <openssl/x509_vfy.h>

namespace signet::tls {
namespace {

// Does this session want a revocation list of every authority? Its settings say it on the session;
// the context never does.
bool wants_every_list(const X509_STORE_CTX* check) {
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl == nullptr) return false;
  const auto flags = X509_VERIFY_PARAM_get_flags(SSL_get0_param(const_cast<SSL*>(ssl)));
  return (flags & X509_V_FLAG_CRL_CHECK_ALL) != 0;
}

// Called at each step. A certification authority without a revocation list is no fault of the
// certificate, unless the session says so; every other error ends the check with its code.
int on_step(int good, X509_STORE_CTX* check) noexcept {
  if (good == 0 && X509_STORE_CTX_get_error(check) == X509_V_ERR_UNABLE_TO_GET_CRL &&
      !wants_every_list(check)) {
    X509_STORE_CTX_set_error(check, X509_V_OK);
    return 1;
  }
  return good;
}

int on_certificate(X509_STORE_CTX* check, void*) noexcept {
  (void)verify_recorded(check);
  return 1;
}

}  // namespace

long verify_recorded(X509_STORE_CTX* check) noexcept {
  X509_STORE_CTX_set_verify_cb(check, &on_step);
  if (X509_verify_cert(check) <= 0 && X509_STORE_CTX_get_error(check) == X509_V_OK) {
    X509_STORE_CTX_set_error(check, X509_V_ERR_UNSPECIFIED);
  }
  return X509_STORE_CTX_get_error(check);
}

void record_verification(SSL_CTX* context) {
  SSL_CTX_set_cert_verify_callback(context, &on_certificate, nullptr);
}

}  // namespace signet::tls
