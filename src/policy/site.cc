#include "policy/site.h"

#include <algorithm>

#include "signet/base/text.h"
#include "signet/mail/address.h"
#include "signet/policy/ldap_routing.h"

namespace signet::policy {
namespace {

// `longer` begins with `prefix` and goes on at a group boundary.
bool has_prefix(std::string_view longer, std::string_view prefix) {
  if (prefix.empty() || !istarts_with(longer, prefix)) return false;
  return longer.size() == prefix.size() || longer[prefix.size()] == '.' ||
         longer[prefix.size()] == ':';
}

bool is_below(std::string_view domain, std::string_view parent) {
  return domain.size() > parent.size() + 1 && !parent.empty() &&
         domain[domain.size() - parent.size() - 1] == '.' &&
         iequals(domain.substr(domain.size() - parent.size()), parent);
}

}  // namespace

std::optional<IpAddress> parse_literal(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
  return IpAddress::parse(domain.substr(1, domain.size() - 2));
}

bool is_local_domain(const SiteOptions& site, std::string_view domain) {
  if (domain.empty()) return false;
  if (const auto address = parse_literal(domain)) {
    return std::ranges::any_of(site.local_domains, [&](const std::string& ours) {
      return ours.starts_with('[') && parse_literal(ours) == address;
    });
  }
  return std::ranges::any_of(site.local_domains,
                             [&](const std::string& ours) { return iequals(ours, domain); });
}

std::optional<std::string> user_of_this_host(const SiteOptions& site, std::string_view address) {
  auto parsed = mail::parse_address(address);
  if (!parsed) return std::nullopt;
  if (parsed->domain.empty()) return std::move(parsed->local);
  if (!is_local_domain(site, parsed->domain_key())) return std::nullopt;
  // A sticky host does not ask: what names it belongs to the hub.
  const auto& local = site.local_mail;
  if (local.sticky && !local.hub.empty() && !is_local_domain(site, trim(local.hub))) {
    return std::nullopt;
  }
  const auto way = find_ldap_route(site, *parsed);
  if (!way || way->is_elsewhere()) return std::nullopt;
  return std::move(parsed->local);
}

bool is_relay_domain(const SiteOptions& site, std::string_view domain) {
  if (domain.empty()) return false;
  return std::ranges::any_of(site.relay_domains, [&](const std::string& known) {
    return iequals(domain, known) || (!site.relay_hosts_only && is_below(domain, known));
  });
}

bool is_virtual_domain(const SiteOptions& site, std::string_view domain) {
  return std::ranges::any_of(site.virtual_domains, [&](const std::string& known) {
    return iequals(domain, known) || (site.virtual_entire_domains && is_below(domain, known));
  });
}

bool is_relay_address(const SiteOptions& site, const IpAddress& address) {
  if (site.relay_domains.empty()) return false;
  const std::string text = address.to_mail_string();
  return std::ranges::any_of(site.relay_domains, [&](const std::string& known) {
    return site.relay_hosts_only ? iequals(text, known) : has_prefix(text, known);
  });
}

// 127.0.0.1 alone: other addresses of 127/8 may stand for other hosts, and sendmail asks the map.
bool is_local_client(const IpAddress& address) {
  static const IpAddress kLoopback4 = IpAddress::v4({127, 0, 0, 1});
  return address.is_any() || address == kLoopback4 || (address.is_v6() && address.is_loopback());
}

bool is_ourselves(const SiteOptions& site, const mail::PeerFacts& peer) {
  if (is_local_client(peer.remote.ip)) return true;
  return peer.resolve == mail::Resolve::ok && is_local_domain(site, peer.name);
}

}  // namespace signet::policy
