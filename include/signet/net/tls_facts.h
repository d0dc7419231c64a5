// Turns what a TLS session proved into the facts that policy and maillog speak of: ${verify} and
// the escaped certificate names. The one place where OpenSSL's words become
// sendmail's.
#pragma once

#include "signet/mail/facts.h"
#include "signet/tls/session.h"

namespace signet::net {

[[nodiscard]] mail::TlsFacts to_facts(const tls::Peer& peer, tls::Role role);

}  // namespace signet::net
