#include "agent/forward_files.h"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>

#include "agent/evidence.h"
#include "signet/base/text.h"
#include "signet/conf/macros.h"

namespace signet::agent {
namespace {

// Empty: this user has no such file; where he has no home, or no detail that could be part of a
// name.
std::string forward_path(const std::string& form, const Options& options, const MailboxOwner& owner,
                         const std::string& detail) {
  const passwd* entry = owner.system_user ? getpwuid(owner.uid) : nullptr;
  bool good = true;
  std::string path = conf::expand(form, [&](std::string_view name) -> std::optional<std::string> {
    if (name == "u") return owner.mailbox;
    if (name == "w") return options.nick;
    if (name == "j") return options.host;
    if (name == "z" && entry != nullptr) return std::string(entry->pw_dir);
    if (name == "h" && detail.find('/') == std::string::npos) return conf::literal(detail);
    good = false;
    return std::nullopt;
  });
  return good && path.starts_with('/') ? path : std::string();
}

bool is_absent(int code) {
  return code == ENOENT || code == ENOTDIR || code == EACCES || code == ELOOP;
}

}  // namespace

Result<std::optional<deliver::MembersFile>> find_forward(const Options& options,
                                                         const MailboxOwner& owner,
                                                         const std::string& detail,
                                                         std::string& remark) {
  for (const auto& form : options.forward_paths) {
    const auto path = forward_path(form, options, owner, detail);
    if (path.empty()) continue;
    auto file = read_in_time(path, options.forward_trust, geteuid(), options.file_patience);
    if (file && !trim(file->text).empty()) {
      return deliver::MembersFile{.path = path,
                                  .text = std::move(file->text),
                                  .user = owner.system_user ? owner.mailbox : std::string()};
    }
    if (file || is_absent(file.error().system_code)) continue;
    if (file.error().kind == ErrorKind::temporary) return std::unexpected(file.error());
    const bool folder = file.error().what.ends_with("directory");
    if (!folder || !options.quiet_about_folders) remark = "forward: " + file.error().what;
  }
  return std::nullopt;
}

}  // namespace signet::agent
