#include "agent/rights.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace signet::agent {
namespace {

constexpr std::string_view kAnyShell = "/SENDMAIL/ANY/SHELL/";

// No other process of that user may look into us.
bool take_on(uid_t uid, gid_t gid) {
  return setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0 &&
         prctl(PR_SET_DUMPABLE, 0) == 0;
}

}  // namespace

Rights rights_of(const Identity& identity) {
  Rights rights{.name = identity.user, .uid = identity.uid, .gid = identity.gid};
  if (const passwd* entry = getpwuid(identity.uid)) {
    rights.name = entry->pw_name;
    rights.home = entry->pw_dir;
  }
  return rights;
}

Result<std::optional<Rights>> find_rights(const std::string& user, const Options& options,
                                          const LocalUsers& users) {
  if (user.empty()) return rights_of(options.default_user);
  const auto owner = users.find(user);
  if (!owner) return std::unexpected(owner.error());
  if (!*owner) return std::nullopt;
  const auto& [name, system_user, uid, gid] = **owner;
  if (!system_user || uid == 0) {
    auto rights = rights_of(options.default_user);
    rights.for_root = system_user;
    return rights;
  }
  const passwd* entry = getpwuid(uid);
  if (entry == nullptr) return temporary("no home or shell is known of user " + name);
  return Rights{.name = name,
                .uid = uid,
                .gid = gid,
                .home = entry->pw_dir,
                .shell = *entry->pw_shell == '\0' ? "/bin/sh" : entry->pw_shell};
}

bool has_valid_shell(const Rights& rights) {
  if (rights.shell.empty()) return true;
  bool valid = false;
  setusershell();
  while (const char* shell = getusershell()) {
    valid = valid || rights.shell == shell || shell == kAnyShell;
  }
  endusershell();
  return valid;
}

bool become(const Rights& rights) {
  if (geteuid() != 0) return rights.uid == geteuid();
  const int grouped =
      rights.name.empty() ? setgroups(1, &rights.gid) : initgroups(rights.name.c_str(), rights.gid);
  return rights.uid != 0 && grouped == 0 && take_on(rights.uid, rights.gid);
}

BorrowedRights::BorrowedRights(const MailboxOwner& owner)
    : lent_(geteuid() == 0 && owner.system_user) {
  if (lent_) {
    held_ = initgroups(owner.mailbox.c_str(), owner.gid) == 0 && setegid(owner.gid) == 0 &&
            seteuid(owner.uid) == 0;
  } else {
    held_ = !owner.system_user || owner.uid == geteuid();
  }
}

BorrowedRights::~BorrowedRights() {
  if (lent_ && (seteuid(0) != 0 || setegid(getgid()) != 0 || setgroups(0, nullptr) != 0)) _exit(1);
}

bool become_recipient(const MailboxOwner& owner, const std::string& mailbox_directory) {
  if (geteuid() != 0) return owner.uid == geteuid() || !owner.system_user;
  if (!owner.system_user) return true;  // started by root for users that exist in a file only
  struct stat directory {};
  const bool known = stat(mailbox_directory.c_str(), &directory) == 0;
  return setgroups(known ? 1 : 0, &directory.st_gid) == 0 && take_on(owner.uid, owner.gid);
}

}  // namespace signet::agent
