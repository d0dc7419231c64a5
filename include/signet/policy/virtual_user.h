// REWRITE_RECIPIENT, FEATURE(ldap_routing), FEATURE(virtusertable): who gets the mail for an
// address that is called otherwise, that a directory knows, or of a virtual domain. Asked when a
// recipient is named, so that the queue knows addresses only as they are delivered. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/reply.h"
#include "signet/policy/server.h"
#include "signet/table/table.h"

namespace signet::policy {

struct VirtualOptions {
  const SiteOptions* site = nullptr;
  const table::Table* virtusertable = nullptr;  // may be null
  const table::Table* mailertable = nullptr;  // knows where the rest of a domain goes; may be null
};

struct VirtualUser {
  struct Step {
    std::string rule;   // "virtusertable:@example.org", "ldap_routing:user@example.org"
    std::string value;  // the right-hand side of that entry
  };
  std::string address;               // who gets the mail: "u@example.org", or a local user
  std::optional<mail::Reply> error;  // nobody does: this is said
  std::string trouble;               // what an administrator must mend; empty: nothing
  std::vector<Step> steps;           // the entries that led there, in order
};
// A result in a virtual domain is looked up again.
[[nodiscard]] VirtualUser find_virtual_user(const VirtualOptions& options,
                                            std::string_view recipient);

}  // namespace signet::policy
