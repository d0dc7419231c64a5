// Reading certificates and keys into a context, with the rules for safe files.
#pragma once

#include <optional>

#include "signet/tls/context.h"
#include "tls/openssl.h"

namespace signet::tls {

// Empty: the pair is in use. Several pairs of different kinds (RSA, ECDSA) may be given in turn.
[[nodiscard]] std::optional<Complaint> use_key_pair(SSL_CTX* context, const KeyPair& pair,
                                                    const Options& options);
// For one session, instead of the pairs of its context.
[[nodiscard]] std::optional<Complaint> use_key_pair(SSL* ssl, const KeyPair& pair,
                                                    const FileRules& rules);

}  // namespace signet::tls
