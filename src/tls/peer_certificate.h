// What a certificate says, in the words that sendmail's macros have.
#pragma once

#include "signet/tls/session.h"
#include "tls/openssl.h"

namespace signet::tls {

// X509_NAME_oneline, raw.
[[nodiscard]] std::string one_line(const X509_NAME* name);
// Fills subject, issuer, their CNs, the fingerprint and the DNS names.
void describe(const X509* certificate, const EVP_MD* fingerprint, Peer& peer);

}  // namespace signet::tls
