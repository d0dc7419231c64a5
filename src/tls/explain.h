// Why a certificate did not verify, in plain words, and the one thing to do about it.
#pragma once

#include <vector>

#include "signet/tls/session.h"
#include "tls/openssl.h"

namespace signet::tls {

[[nodiscard]] ChainEntry entry_of(X509* certificate);
// What the peer sent, leaf first; bounded.
[[nodiscard]] std::vector<ChainEntry> chain_of(const SSL* ssl);

// `code`: X509_V_*, not X509_V_OK. `role`: ours.
[[nodiscard]] Explanation explain(long code, const std::vector<ChainEntry>& chain, Role role);

}  // namespace signet::tls
