#include "daemon/presence.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "signet/daemon/daemon.h"

namespace signet::daemon {
namespace {

Result<Fd> open_directory(const std::string& path) {
  Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return system_error("opening " + path, errno);
  return folder;
}

}  // namespace

Result<Fd> lock_queue(const std::string& directory) {
  auto folder = open_directory(directory);
  if (!folder) return folder;
  if (flock(folder->get(), LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    if (code == EWOULDBLOCK) return permanent(directory + " is in use by another daemon");
    return system_error("locking " + directory, code);
  }
  return folder;
}

Result<void> write_pid_file(const std::string& path, const std::string& command_line) {
  constexpr int kFlags =
      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Fd file(open(path.c_str(), kFlags, 0644));
  if (!file.valid()) return system_error("opening " + path, errno);
  const std::string text = std::to_string(getpid()) + '\n' + command_line + '\n';
  const auto written = write(file.get(), text.data(), text.size());
  if (written < 0) return system_error("writing " + path, errno);
  return file.close();
}

void remove_pid_file(const std::string& path) {
  struct stat state {};
  if (lstat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode)) unlink(path.c_str());
}

// A pid file may outlive its daemon, and its number may be another program's by now: the lock says
// whether there is one.
Result<pid_t> running_daemon(const conf::Config& config) {
  const auto folder = open_directory(config.queue_directory);
  if (!folder) return std::unexpected(folder.error());
  if (flock(folder->get(), LOCK_SH | LOCK_NB) == 0) return permanent("its queue is not in use");
  if (errno != EWOULDBLOCK) return system_error("locking " + config.queue_directory, errno);
  std::ifstream file(config.pid_file);
  pid_t daemon = 0;
  if (!(file >> daemon) || daemon <= 1) return permanent("no number in " + config.pid_file);
  return daemon;
}

}  // namespace signet::daemon
