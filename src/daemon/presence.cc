#include "daemon/presence.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "signet/daemon/daemon.h"

namespace signet::daemon {

Result<Fd> lock_queue(const std::string& directory) {
  Fd folder(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return system_error("opening " + directory, errno);
  if (flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    if (code == EWOULDBLOCK) return permanent(directory + " is in use by another daemon");
    return system_error("locking " + directory, code);
  }
  return folder;
}

// A new file each time: whoever may read the old one may hold a lock on it.
Result<Fd> hold_pid_file(const std::string& path, const std::string& command_line) {
  remove_pid_file(path);
  constexpr int kFlags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  Fd file(open(path.c_str(), kFlags, 0644));
  if (!file.valid()) return system_error("opening " + path, errno);
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("looking at " + path, errno);
  if (!S_ISREG(state.st_mode)) return file;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file.get(), F_SETLK, &lock) != 0) return system_error("locking " + path, errno);
  const std::string text = std::to_string(getpid()) + '\n' + command_line + '\n';
  if (write(file.get(), text.data(), text.size()) < 0) {
    return system_error("writing " + path, errno);
  }
  return file;
}

void remove_pid_file(const std::string& path) {
  struct stat state {};
  if (lstat(path.c_str(), &state) == 0 && S_ISREG(state.st_mode)) unlink(path.c_str());
}

// Only who may write the file can hold a lock that is in the way of reading it.
Result<pid_t> running_daemon(const conf::Config& config) {
  const std::string& path = config.pid_file;
  const Fd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid()) return system_error("opening " + path, errno);
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(file.get(), F_GETLK, &lock) != 0) return system_error("asking for " + path, errno);
  if (lock.l_type == F_UNLCK || lock.l_pid <= 1) return permanent(path + " is nobody's");
  return lock.l_pid;
}

}  // namespace signet::daemon
