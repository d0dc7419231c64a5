// FEATURE(ldap_routing): a directory says for addresses at domains of class LDAPRoute which address
// gets the mail, and on which host. As sendmail's ruleset LDAPExpand. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "signet/base/result.h"
#include "signet/mail/address.h"
#include "signet/policy/rewrite.h"
#include "signet/table/table.h"

namespace signet::policy {

struct LdapRouting {
  enum class Detail { whole, strip, preserve };  // of user+detail, where it has no entry itself

  std::shared_ptr<const table::Table> hosts;      // mailHost
  std::shared_ptr<const table::Table> addresses;  // mailRoutingAddress
  NameSet domains;                                // class LDAPRoute
  NameSet equivalents;             // class LDAPRouteEquiv: looked up at the masquerade name
  std::string equivalent_name;     // $M
  bool must_exist = false;         // who has no entry is nobody
  bool sender_must_exist = false;  // the same of senders
  bool whole_domains = true;       // @domain is looked up too
  Detail detail = Detail::whole;

  [[nodiscard]] bool waits() const { return hosts->waits() || addresses->waits(); }
};

struct LdapRoute {
  std::string address;  // gets the mail; empty: the one that was asked for
  std::string host;     // where; empty: wherever the address leads
  bool nobody = false;  // there is no entry, and there must be one
  std::string rule;     // "ldap_routing:user@example.org"; empty: nothing was found
  std::string value;    // what it says

  [[nodiscard]] bool is_elsewhere() const { return !host.empty(); }
};
// `site.ldap_routing` may be null. An error: the directory could not be asked.
[[nodiscard]] Result<LdapRoute> find_ldap_route(const SiteOptions& site,
                                                const mail::Address& address);

}  // namespace signet::policy
