// What an address says on its way out: masquerading, genericstable, domaintable, a domain for bare
// users. As sendmail's rulesets 3, 93 and 94 and those of its mailers. Pure.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "signet/base/result.h"
#include "signet/policy/server.h"
#include "signet/table/table.h"

namespace signet::policy {

// A class of names; case does not count.
class NameSet final {
 public:
  void add(std::string_view name);
  [[nodiscard]] bool contains(std::string_view name) const;
  // It, or one of the domains above it.
  [[nodiscard]] bool covers(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> names_;
};

struct RewriteOptions {
  std::string masquerade;          // M; empty: no address is hidden
  NameSet masqueraded;             // class M, beside class w
  NameSet excepted;                // class N, with all hosts below
  NameSet exposed;                 // class E: users
  bool envelope = false;           // masquerade_envelope
  bool entire_domain = false;      // masquerade_entire_domain
  bool recipients = false;         // allmasquerade
  bool limited = false;            // limited_masquerade: class w is not hidden
  bool local_as_it_is = false;     // local_no_masquerade
  bool local_by_lmtp = false;      // local_lmtp: senders of local mail as those of other mail
  bool always_add_domain = false;  // in mail for mailboxes too
  std::string added_domain;        // its argument; empty: as elsewhere
  std::shared_ptr<const table::Table> generics;  // may be null
  NameSet generics_domains;                      // class G
  bool generics_entire_domain = false;
  std::shared_ptr<const table::Table> domains;  // domaintable; may be null
};

enum class Role { sender, recipient };
enum class Place { envelope, header };
enum class Way { local, smtp, relay };
[[nodiscard]] Way way_of(std::string_view mailer);

struct Usage {
  Role role = Role::sender;
  Place place = Place::header;
  Way way = Way::smtp;
};

struct RewrittenAddress {
  std::string address;
  std::string rule;   // "MASQUERADE_AS", "genericstable:user@host", ...; empty: nothing changed
  std::string value;  // the right-hand side of a map's entry
};
// What is no address stays as it is. An error: a map could not be asked.
[[nodiscard]] Result<RewrittenAddress> rewrite_address(const SiteOptions& site,
                                                       const RewriteOptions& options,
                                                       std::string_view address, Usage usage);
// domaintable alone: what a client's sender or recipient means. `domains` may be null.
[[nodiscard]] Result<RewrittenAddress> rename_domain(const table::Table* domains,
                                                     std::string_view address);

}  // namespace signet::policy
