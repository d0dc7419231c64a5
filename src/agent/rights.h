// Whose rights a child of the agent takes on, for good.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "signet/agent/local_users.h"
#include "signet/agent/options.h"

namespace signet::agent {

struct Rights {
  std::string name;  // empty: a number without a name
  uid_t uid = 0;
  gid_t gid = 0;
  std::string home = {};   // empty: none
  std::string shell = {};  // of a user who has chosen what is run; empty: the administrator has
  bool for_root = false;   // used for what root's own files name; those only root may read

  [[nodiscard]] std::string ids() const { return std::to_string(uid) + "/" + std::to_string(gid); }
};

// `user`: empty: DefaultUser, who also stands for root and for users that exist in a file only.
// Nothing: there is no such user. An error: nobody can say now.
[[nodiscard]] Result<std::optional<Rights>> find_rights(const std::string& user,
                                                        const Options& options,
                                                        const LocalUsers& users);
[[nodiscard]] Rights rights_of(const Identity& identity);
// May this user have programs run and files written? sendmail asks /etc/shells.
[[nodiscard]] bool has_valid_shell(const Rights& rights);
// False: we cannot, for want of root.
[[nodiscard]] bool become(const Rights& rights);
// The rights of a user with his own groups, while it lives: in order to read what is his. Root
// stays behind them, so nothing of the user is run meanwhile.
class BorrowedRights final {
 public:
  explicit BorrowedRights(const MailboxOwner& owner);
  BorrowedRights(const BorrowedRights&) = delete;
  BorrowedRights& operator=(const BorrowedRights&) = delete;
  ~BorrowedRights();
  [[nodiscard]] bool held() const { return held_; }

 private:
  const bool lent_;  // by root, who takes them back
  bool held_ = true;
};

// With the group of the folder of mailboxes alone: without it no lock file could be made there.
[[nodiscard]] bool become_recipient(const MailboxOwner& owner,
                                    const std::string& mailbox_directory);

}  // namespace signet::agent
