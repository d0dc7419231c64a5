#include "daemon/privileges.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "signet/base/fd.h"
#include "signet/base/text.h"

namespace signet::daemon {
namespace {

constexpr const char* kDefaultUser = "signet";

}  // namespace

Result<agent::Identity> engine_identity(const conf::Config& config) {
  agent::Identity identity;
  if (geteuid() != 0) {
    identity.remark = "not started by root: parent, engine and agent keep the user they have";
    return identity;
  }
  if (!config.run_as_user.empty()) {
    auto found = agent::find_identity(config.run_as_user);
    if (!found) return permanent("RunAsUser=" + config.run_as_user + ": no such user or group");
    if (found->uid == 0) found->drop = false;  // the site's own wish
    return *found;
  }
  if (auto found = agent::find_identity(kDefaultUser)) return *found;
  identity.remark = "the engine keeps running as root: make a user `signet` or set RunAsUser";
  return identity;
}

Result<void> prepare_queue_directory(const std::string& path, const agent::Identity& identity) {
  std::error_code failed;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, failed);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("making the queue directory " + path, errno);
  }
  struct stat state {};
  if (stat(path.c_str(), &state) != 0) return system_error("looking at " + path, errno);
  if ((state.st_mode & S_IWOTH) != 0) {
    return permanent(path + " (QueueDirectory) may be written by everybody");
  }
  if (!identity.drop) return {};
  // One that is there already and belongs to the engine stays as it is; root's is handed over.
  if (lstat(path.c_str(), &state) != 0) return system_error("looking at " + path, errno);
  if (!S_ISDIR(state.st_mode)) return permanent(path + " (QueueDirectory) is not a folder");
  if (state.st_uid == identity.uid) return {};
  if (state.st_uid != 0) return permanent(path + " (QueueDirectory) belongs to another user");
  if (lchown(path.c_str(), identity.uid, identity.gid) != 0) {
    return system_error("giving " + path + " to the engine", errno);
  }
  return {};
}

void detach_streams(Detach what) {
  const Fd nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nowhere.valid()) return;
  dup2(nowhere.get(), STDIN_FILENO);
  dup2(nowhere.get(), STDOUT_FILENO);
  if (what == Detach::errors_too) dup2(nowhere.get(), STDERR_FILENO);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

}  // namespace signet::daemon
