// Judging the other side's certificate. The handshake never fails because of one: what was found is
// recorded, and policy decides.
#pragma once

#include <openssl/ssl.h>

namespace signet::tls {

void record_verification(SSL_CTX* context);
// The same outside of a handshake: X509_V_*, also left in `check`.
long verify_recorded(X509_STORE_CTX* check) noexcept;

}  // namespace signet::tls
