// Who we are and whom we know: class w, class R, and a client that is this very host. Pure.
#pragma once

#include <string_view>

#include "signet/base/ip.h"
#include "signet/policy/server.h"

namespace signet::policy {

// RELAY_DOMAIN: a domain (and, unless relay_hosts_only, what is below it).
[[nodiscard]] bool is_relay_domain(const SiteOptions& site, std::string_view domain);
// Class VirtHost (with virtuser_entire_domain, and what is below it).
[[nodiscard]] bool is_virtual_domain(const SiteOptions& site, std::string_view domain);
// RELAY_DOMAIN: an address or a prefix of whole groups, "10.9.8".
[[nodiscard]] bool is_relay_address(const SiteOptions& site, const IpAddress& address);
// 127.0.0.1, ::1, or no network at all: a program on this host.
[[nodiscard]] bool is_local_client(const IpAddress& address);
// The same, or its verified name is one of ours.
[[nodiscard]] bool is_ourselves(const SiteOptions& site, const mail::PeerFacts& peer);
// "[1.2.3.4]", "[IPv6:...]": the address inside.
[[nodiscard]] std::optional<IpAddress> parse_literal(std::string_view domain);

}  // namespace signet::policy
