// Judging the other side's certificate. The handshake never fails because of one: what was found is
// recorded, and policy decides.
#pragma once

#include <openssl/ssl.h>

namespace signet::tls {

void record_verification(SSL_CTX* context);

}  // namespace signet::tls
