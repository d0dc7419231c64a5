#include "signet/agent/identity.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "agent/name_service.h"
#include "signet/base/text.h"

namespace signet::agent {
namespace {

constexpr std::uint64_t kMostId = 0xfffffffe;  // the next one means "unchanged" to the kernel

std::optional<Identity> look_up(const std::string& user, const std::string& group) {
  Identity identity;
  identity.drop = true;
  std::vector<char> buffer;
  int code = 0;
  passwd user_entry{};
  ::group group_entry{};
  if (const auto number = parse_number(user)) {
    if (*number > kMostId) return std::nullopt;
    identity.uid = static_cast<uid_t>(*number);
    identity.gid = static_cast<gid_t>(*number);
  } else if (find_entry(&getpwnam_r, user, user_entry, buffer, code) != nullptr) {
    identity.uid = user_entry.pw_uid;
    identity.gid = user_entry.pw_gid;
    identity.user = user;
  } else {
    return std::nullopt;
  }
  if (group.empty()) return identity;
  if (const auto number = parse_number(group)) {
    if (*number > kMostId) return std::nullopt;
    identity.gid = static_cast<gid_t>(*number);
  } else if (find_entry(&getgrnam_r, group, group_entry, buffer, code) != nullptr) {
    identity.gid = group_entry.gr_gid;
  } else {
    return std::nullopt;
  }
  return identity;
}

}  // namespace

std::optional<Identity> find_identity(const std::string& text) {
  const auto colon = text.find(':');
  return look_up(text.substr(0, colon),
                 colon == std::string::npos ? std::string() : text.substr(colon + 1));
}

Result<void> drop_privileges(const Identity& identity) {
  if (identity.drop) {
    const int grouped = identity.user.empty() ? setgroups(0, nullptr)
                                              : initgroups(identity.user.c_str(), identity.gid);
    if (grouped != 0) return system_error("setgroups", errno);
    if (setresgid(identity.gid, identity.gid, identity.gid) != 0) {
      return system_error("setresgid", errno);
    }
    if (setresuid(identity.uid, identity.uid, identity.uid) != 0) {
      return system_error("setresuid", errno);
    }
    if (setuid(0) == 0) return permanent("privileges came back after they were dropped");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("no_new_privs", errno);
  return {};
}

}  // namespace signet::agent
