// Settings of one session, put on OpenSSL's handle.
#pragma once

#include <optional>

#include "signet/tls/session.h"
#include "tls/context_core.h"
#include "tls/openssl.h"

namespace signet::tls {

// Empty: all of them are in force. Before the handshake.
[[nodiscard]] std::optional<Failure> apply(SSL* ssl, const Context::Core& context,
                                           const Settings& settings);

}  // namespace signet::tls
