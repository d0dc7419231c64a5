#include "tls/file_checks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "signet/base/result.h"

namespace signet::tls {
namespace {

// Whoever may write a folder may replace what is in it. As in sendmail the sticky bit helps only
// when the site says so. `place` is `path` without links, or without a relative start.
std::optional<Complaint> fault_of_folders(const std::string& path,
                                          const std::filesystem::path& place,
                                          const FileRules& rules) {
  for (auto folder = place.parent_path();; folder = folder.parent_path()) {
    struct stat state {};
    if (stat(folder.c_str(), &state) == 0) {
      const bool sticky = rules.trust_sticky_bit && (state.st_mode & S_ISVTX) != 0;
      if ((state.st_mode & S_IWOTH) != 0 && !sticky) {
        return complain(path, "World writable directory", "chmod o-w " + folder.string());
      }
      if ((state.st_mode & S_IWGRP) != 0 && !sticky && !rules.group_writable_folder) {
        return complain(path, "Group writable directory", "chmod g-w " + folder.string());
      }
    }
    if (!folder.has_relative_path()) return std::nullopt;
  }
}

}  // namespace

Complaint complain(const std::string& file, std::string reason, std::string remedy) {
  return {.file = file, .reason = std::move(reason), .remedy = std::move(remedy), .fatal = true};
}

std::optional<Complaint> find_fault(const std::string& path, FileUse use, const FileRules& rules) {
  if (!rules.check) return std::nullopt;
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) {
    const int code = errno;
    return complain(path, error_text(code),
                    code == ENOENT ? "make the file, or correct its name in the configuration"
                                   : "let the daemon's user reach " + path);
  }
  if (!S_ISREG(state.st_mode)) return complain(path, "Regular files only", "name a file");
  std::error_code failed;
  const auto named = std::filesystem::absolute(path, failed);
  if (auto fault = fault_of_folders(path, named, rules)) return fault;
  // A link may lead into a folder that others may write.
  const auto real = std::filesystem::canonical(path, failed);
  if (failed) return complain(path, failed.message(), "let the daemon's user reach " + path);
  if (auto fault = fault_of_folders(path, real, rules)) return fault;
  if ((state.st_mode & S_IWOTH) != 0) {
    return complain(path, "World writable file", "chmod o-w " + path);
  }
  if ((state.st_mode & S_IWGRP) != 0) {
    return complain(path, "Group writable file", "chmod g-w " + path);
  }
  if (state.st_uid != 0 && state.st_uid != rules.owner && state.st_uid != geteuid()) {
    return complain(path, "Permission denied", "chown root " + path);
  }
  if (use == FileUse::private_key) {
    if ((state.st_mode & S_IROTH) != 0) {
      return complain(path, "World readable file", "chmod 0600 " + path);
    }
    if ((state.st_mode & S_IRGRP) != 0 && !rules.group_readable_key) {
      return complain(path, "Group readable file", "chmod 0600 " + path);
    }
  }
  if (access(path.c_str(), R_OK) != 0) {
    return complain(path, error_text(errno), "let the daemon's user read " + path);
  }
  return std::nullopt;
}

}  // namespace signet::tls
