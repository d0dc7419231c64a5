// The aliases: who gets the mail for a user of this host. Asked when a recipient is named, behind
// virtusertable, so that the queue knows recipients only as they are delivered; and for the members
// of lists and .forward files when those have been read.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/envelope.h"
#include "signet/mail/reply.h"
#include "signet/policy/alias_text.h"
#include "signet/policy/virtual_user.h"
#include "signet/table/table.h"

namespace signet::policy {

using AliasMaps = std::vector<std::shared_ptr<const table::Table>>;  // asked in this order

inline constexpr std::size_t kMostMembers = 1000;       // of one recipient, all its lists together
inline constexpr std::size_t kMostListMembers = 10000;  // of the :include: lists of one message

struct AliasOptions {
  VirtualOptions virtual_users;
  const AliasMaps* maps = nullptr;
  std::size_t most_deep = 10;  // MaxAliasRecursion
  // Is there a mailbox of this name? Where aliases lead in a circle it decides who gets the mail.
  std::function<bool(std::string_view user)> is_local_user{};
};

struct Recipients {
  std::vector<mail::Recipient> members;    // who gets the mail, each once
  std::optional<mail::Reply> error;        // nobody does: this is said
  std::string trouble;                     // what an administrator must mend; empty: nothing
  std::vector<VirtualUser::Step> steps;    // the entries that led there, in order
  std::optional<std::string> local_user;   // no alias: the mailbox it is for, which may not exist
  std::vector<std::string> empty_lists{};  // by key: of the lists asked for, which lead to nobody
  std::vector<std::string> expanded_lists{};  // and which to several
  // Members that are users of this host by best MX: their names, in lower case.
  std::map<std::string, std::string> local_names{};
};
// Asks maps, and is_local_user at most once a name: on the thread that may wait for both.
[[nodiscard]] Recipients find_recipients(const AliasOptions& options, std::string_view recipient);

// The name by which a user with a .forward file stands in a trail: in lower case, without detail.
[[nodiscard]] std::string forwarding_name(std::string_view user);

// What stood in a list or .forward file, as far as members count.
struct ListText {
  MemberText read;
  std::string user;  // with whose rights its programs and files are used; empty: DefaultUser
};
[[nodiscard]] ListText read_list_text(std::string_view text, std::string user);
using ListTexts = std::map<std::string, ListText>;  // by key_of_list()
inline constexpr std::string_view kIncludeMark = ":include:";
// The name of a list, and who reads it.
[[nodiscard]] std::string key_of_list(const mail::Recipient& list);
// The files that led to a recipient, the one that names it last.
[[nodiscard]] std::vector<std::string> files_behind(const mail::Recipient& recipient);
// The members of lists as far as their texts are known; lists that are not stay among the members.
// `trouble`: lines that were passed over.
[[nodiscard]] Recipients find_members(const AliasOptions& options,
                                      std::span<const mail::Recipient> lists,
                                      const ListTexts& texts);

}  // namespace signet::policy
