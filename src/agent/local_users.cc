#include "signet/agent/local_users.h"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

#include "agent/name_service.h"
#include "signet/base/text.h"
#include "signet/mail/address.h"

namespace signet::agent {
namespace {

constexpr std::size_t kLongestName = 64;

// What getpwnam_r(3) names as codes of "not found". Others: the name service has no answer now.
bool says_not_found(int code) {
  return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

Result<std::optional<MailboxOwner>> find_system_user(const std::string& user) {
  std::vector<char> buffer;
  passwd entry{};
  int code = 0;
  const auto* found = find_entry(&getpwnam_r, user, entry, buffer, code);
  if (found == nullptr && says_not_found(code)) return std::nullopt;
  if (found == nullptr) return temporary("asking for user " + user + ": " + error_text(code));
  return MailboxOwner{
      .mailbox = found->pw_name, .system_user = true, .uid = found->pw_uid, .gid = found->pw_gid};
}

}  // namespace

bool is_mailbox_name(std::string_view user) {
  if (user.empty() || user.size() > kLongestName) return false;
  if (user.front() == '.' || user.front() == '-') return false;
  return std::ranges::all_of(user, [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
}

Result<LocalUsers> LocalUsers::open(const conf::MailboxUsers& source) {
  LocalUsers users;
  users.system_ = source.kind == conf::MailboxUsers::Kind::passwd;
  if (users.system_) return users;
  std::ifstream file(source.file);
  if (!file) return permanent("cannot open " + source.file + " (MailboxDatabase)");
  for (std::string line; std::getline(file, line);) {
    const auto name = trim(std::string_view(line).substr(0, line.find('#')));
    if (!name.empty()) users.names_.insert(to_lower(name));
  }
  return users;
}

Result<std::optional<MailboxOwner>> LocalUsers::find(std::string_view user) const {
  auto owner = find_exactly(user);
  if (!owner || *owner) return owner;
  const auto split = mail::split_detail(user);
  return split.detail ? find_exactly(split.user) : owner;
}

Result<std::optional<MailboxOwner>> LocalUsers::find_exactly(std::string_view user) const {
  const std::string name = to_lower(user);
  if (!is_mailbox_name(name)) return std::nullopt;
  if (!system_) {
    if (names_.contains(name) || name == "postmaster") return MailboxOwner{.mailbox = name};
    return std::nullopt;
  }
  auto owner = find_system_user(name);
  // Without an alias the postmaster's mail is root's, or ours where there is no root to become.
  if (owner && !*owner && name == "postmaster") return find_system_user("root");
  return owner;
}

}  // namespace signet::agent
