// A certificate file judged as if a client had shown it: for `signet explain`.
#pragma once

#include <string>

#include "signet/base/result.h"
#include "signet/tls/session.h"

namespace signet::tls {

// `file`: PEM, leaf first, the chain may follow. Blocks on disk. The facts about version and cipher
// stay empty.
[[nodiscard]] Result<Peer> examine(const Context& server, const std::string& file);

}  // namespace signet::tls
