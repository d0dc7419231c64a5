#include "signet/policy/ldap_routing.h"

#include <optional>
#include <utility>

#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::policy {
namespace {

struct DirectoryEntry {
  std::string key;
  std::string address;
  std::string host;

  [[nodiscard]] bool is_there() const { return !address.empty() || !host.empty(); }
};

class DirectorySearch final {
 public:
  DirectorySearch(const LdapRouting& routing, std::string domain)
      : routing_(routing), at_("@" + std::move(domain)) {}

  // The address; without its detail; its domain.
  [[nodiscard]] Result<LdapRoute> find(const std::string& local) {
    using Detail = LdapRouting::Detail;
    const auto split = mail::split_detail(local);
    const std::string user(split.user);
    const std::string detail =
        routing_.detail == Detail::preserve ? local.substr(user.size()) : std::string();
    auto entry = ask(local);
    if (entry && !entry->is_there() && split.detail && routing_.detail != Detail::whole) {
      entry = ask(user);
      if (entry) add_detail(*entry, detail);
    }
    if (entry && !entry->is_there() && routing_.whole_domains) {
      entry = ask({});
      if (entry) add_detail(*entry, detail);
    }
    if (!entry) return std::unexpected(std::move(entry).error().within("ldap_routing"));
    LdapRoute route;
    route.nobody = !entry->is_there() && routing_.must_exist;
    if (entry->is_there()) {
      route.rule = "ldap_routing:" + entry->key;
      route.value = entry->address + (entry->host.empty() ? "" : " at " + entry->host);
    }
    route.address = std::move(entry->address);
    route.host = std::move(entry->host);
    return route;
  }

 private:
  [[nodiscard]] Result<DirectoryEntry> ask(const std::string& local) const {
    DirectoryEntry entry{.key = local + at_, .address = {}, .host = {}};
    auto address = routing_.addresses->find(entry.key);
    if (!address) return std::unexpected(std::move(address).error());
    auto host = routing_.hosts->find(entry.key);
    if (!host) return std::unexpected(std::move(host).error());
    entry.address = trim(address->value_or(""));
    entry.host = trim(host->value_or(""));
    return entry;
  }

  static void add_detail(DirectoryEntry& entry, const std::string& detail) {
    const auto at = entry.address.find('@');
    if (at != std::string::npos) entry.address.insert(at, detail);
  }

  const LdapRouting& routing_;
  const std::string at_;
};

}  // namespace

Result<LdapRoute> find_ldap_route(const SiteOptions& site, const mail::Address& address) {
  const LdapRouting* routing = site.ldap_routing.get();
  const std::string domain = address.domain_key();
  if (routing == nullptr || domain.empty()) return LdapRoute();
  const bool equivalent = !routing->domains.contains(domain);
  if (equivalent && !routing->equivalents.contains(domain)) return LdapRoute();
  DirectorySearch search(*routing, equivalent ? routing->equivalent_name : domain);
  auto route = search.find(address.local);
  // On this host is where the address leads anyway.
  if (route && is_local_domain(site, route->host)) route->host.clear();
  return route;
}

}  // namespace signet::policy
