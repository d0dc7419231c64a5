// Anonymous suites (no certificates at all), where CipherList asks for them by name.
#pragma once

#include <string_view>

#include <openssl/ssl.h>

namespace signet::tls {

// Does the list name them ("ADH", "AECDH", "aNULL", not behind '!' or '-')?
[[nodiscard]] bool asks_for_anonymous(std::string_view cipher_list);
// Would a session of this context take part in one?
[[nodiscard]] bool offers_anonymous(SSL_CTX* context);
// OpenSSL's security level forbids them; allows just them, everything else stays at its level.
void allow_anonymous(SSL_CTX* context);

}  // namespace signet::tls
