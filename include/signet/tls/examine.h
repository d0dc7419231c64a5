// Certificate files: judged as if a client had shown them, for `signet explain`; their dates, for
// `signet check`.
#pragma once

#include <string>

#include "signet/base/result.h"
#include "signet/tls/session.h"

namespace signet::tls {

// `file`: PEM, leaf first, the chain may follow. Blocks on disk. The facts about version and cipher
// stay empty.
[[nodiscard]] Result<Peer> examine(const Context& server, const std::string& file);

// The first certificate of a PEM file, the one that would be shown: until when it is valid.
[[nodiscard]] Result<ChainEntry> read_certificate(const std::string& file);

}  // namespace signet::tls
