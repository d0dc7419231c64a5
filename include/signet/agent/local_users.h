// Who has a mailbox here (MailboxDatabase): the system's users, or the names in a file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include <sys/types.h>

#include "signet/base/result.h"
#include "signet/conf/config.h"

namespace signet::agent {

struct MailboxOwner {
  std::string mailbox;       // its name, however the address was written
  bool system_user = false;  // false: no uid of its own, the mailbox belongs to whoever runs us
  uid_t uid = 0;
  gid_t gid = 0;
};

class LocalUsers final {
 public:
  // Reads the file, if it is one. Blocks: start and reload.
  [[nodiscard]] static Result<LocalUsers> open(const conf::MailboxUsers& source);

  // Empty: no such user, not even without "+detail". "postmaster" always exists (RFC 5321 §4.5.1).
  // An error: nobody can say now. May ask the name service: local files in nearly all systems, else
  // it blocks: worker or agent.
  [[nodiscard]] Result<std::optional<MailboxOwner>> find(std::string_view user) const;

 private:
  [[nodiscard]] Result<std::optional<MailboxOwner>> find_exactly(std::string_view user) const;

  bool system_ = true;
  std::unordered_set<std::string> names_;
};

// Could this be the name of a mailbox at all? It becomes a file name: no '/', no leading '.' or
// '-', printable, at most 64 octets.
[[nodiscard]] bool is_mailbox_name(std::string_view user);

}  // namespace signet::agent
