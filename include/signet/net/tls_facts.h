// Turns what a TLS session proved into the facts that policy and maillog speak of: ${verify} and
// the escaped certificate names; and settings that policy found into those of a session. The one
// place where OpenSSL's words become sendmail's, and back.
#pragma once

#include "signet/mail/facts.h"
#include "signet/mail/tls_settings.h"
#include "signet/tls/session.h"

namespace signet::net {

[[nodiscard]] mail::TlsFacts to_facts(const tls::Peer& peer, tls::Role role);
// The error names an option that OpenSSL does not have.
[[nodiscard]] Result<tls::Settings> to_settings(const mail::TlsSettings& wanted);

}  // namespace signet::net
