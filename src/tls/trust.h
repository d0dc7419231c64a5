// Whom a context trusts: CACertFile, CACertPath and CRLFile.
#pragma once

#include <vector>

#include "signet/tls/context.h"
#include "tls/openssl.h"

namespace signet::tls {

// Gives what went wrong. Without any trust TLS still works and nobody is verified; sendmail offers
// no STARTTLS then, which helps no one.
[[nodiscard]] std::vector<Complaint> load_trust(SSL_CTX* context, const Options& options);
// A list that cannot be read is said and ignored, as sendmail does.
[[nodiscard]] std::vector<Complaint> load_revocation(SSL_CTX* context, const Options& options);

}  // namespace signet::tls
