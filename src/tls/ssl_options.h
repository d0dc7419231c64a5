// ServerSSLOptions and ClientSSLOptions: OpenSSL's SSL_OP_ names and numbers as bits.
#pragma once

#include <cstdint>
#include <span>

#include "signet/tls/context.h"

namespace signet::tls {

struct SslBits {
  std::uint64_t set = 0;
  std::uint64_t cleared = 0;
};
// In the order given: what is named later wins. Names that OpenSSL does not have count nothing; the
// configuration refuses them before.
[[nodiscard]] SslBits bits_of(std::span<const SslOption> options);

}  // namespace signet::tls
