// The aliases: who gets the mail for a user of this host. Asked when a recipient is named, behind
// virtusertable, so that the queue knows addresses only as they are delivered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/reply.h"
#include "signet/policy/virtual_user.h"
#include "signet/table/table.h"

namespace signet::policy {

using AliasMaps = std::vector<std::shared_ptr<const table::Table>>;  // asked in this order

inline constexpr std::size_t kMostMembers = 1000;  // of one recipient, all its lists together

struct AliasOptions {
  VirtualOptions virtual_users;
  const AliasMaps* maps = nullptr;
  std::size_t most_deep = 10;  // MaxAliasRecursion
  // Is there a mailbox of this name? Where aliases lead in a circle it decides who gets the mail.
  std::function<bool(std::string_view user)> is_local_user{};
};

struct Recipients {
  std::vector<std::string> addresses;     // who gets the mail, each once
  std::optional<mail::Reply> error;       // nobody does: this is said
  std::string trouble;                    // what an administrator must mend; empty: nothing
  std::vector<VirtualUser::Step> steps;   // the entries that led there, in order
  std::optional<std::string> local_user;  // no alias: the mailbox it is for, which may not exist
};
// Asks maps, and is_local_user at most once a name: on the thread that may wait for both.
[[nodiscard]] Recipients find_recipients(const AliasOptions& options, std::string_view recipient);

}  // namespace signet::policy
