#include "mailbox/mbox_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "signet/base/fd.h"
#include "signet/base/text.h"

namespace signet::mailbox {
namespace {

constexpr Duration kLongestStep = std::chrono::milliseconds(100);
constexpr std::time_t kStaleAfter = 15 * 60;

std::string host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

// Others look for the number alone, and it is the first word.
void write_owner(int fd) {
  const std::string owner = std::to_string(getpid()) + ' ' + host() + '\n';
  [[maybe_unused]] const auto written = write(fd, owner.data(), owner.size());
}

// Written by a process of this host that is no more: it was killed while it held the lock. The
// folder may be shared with other hosts, whose processes we cannot see.
bool owner_is_gone(const std::string& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::array<char, 512> text{};
  const auto got = file.valid() ? read(file.get(), text.data(), text.size()) : 0;
  if (got <= 0) return false;
  const std::string_view owner(text.data(), static_cast<std::size_t>(got));
  const auto blank = std::min(owner.find(' '), owner.size());
  const auto number = parse_number(owner.substr(0, blank));
  if (!number || *number == 0 || *number > INT32_MAX) return false;
  if (owner.substr(blank) != ' ' + host() + '\n') return false;
  return kill(static_cast<pid_t>(*number), 0) != 0 && errno == ESRCH;
}

}  // namespace

bool Waiting::wait() {
  if (left_ <= Duration(0)) return false;
  std::this_thread::sleep_for(std::min(step_, left_));
  left_ -= step_;
  step_ = std::min<Duration>(step_ * 2, kLongestStep);
  return true;
}

Result<DotLock> DotLock::take(const std::string& mailbox, Waiting& waiting) {
  DotLock lock(mailbox + ".lock");
  do {
    const Fd made(open(lock.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    const int code = errno;
    if (made.valid()) {
      lock.held_ = true;
      write_owner(made.get());
      return lock;
    }
    // Who may not make files in the folder of mailboxes has the other lock alone.
    if (code == EACCES || code == EPERM || code == EROFS) return lock;
    if (code == ENOENT) return temporary("locking " + mailbox + ": its folder is missing");
    if (code != EEXIST) return system_error("locking " + mailbox, code);
  } while (lock.remove_if_stale() || waiting.wait());
  return temporary("mailbox " + mailbox + " is locked");
}

DotLock::DotLock(DotLock&& other) noexcept
    : path_(std::move(other.path_)), held_(std::exchange(other.held_, false)) {}

DotLock::~DotLock() {
  if (held_) unlink(path_.c_str());
}

// Two that do this at once may both go on: the fcntl lock still parts them.
bool DotLock::remove_if_stale() const {
  struct stat state {};
  return lstat(path_.c_str(), &state) == 0 && S_ISREG(state.st_mode) &&
         (state.st_mtime + kStaleAfter < std::time(nullptr) || owner_is_gone(path_)) &&
         unlink(path_.c_str()) == 0;
}

Result<void> lock_whole(int fd, const std::string& path, Waiting& waiting) {
  struct flock all {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  do {
    if (fcntl(fd, F_SETLK, &all) == 0) return {};
    if (errno != EACCES && errno != EAGAIN && errno != EINTR) {
      return system_error("locking " + path, errno);
    }
  } while (waiting.wait());
  return temporary("mailbox " + path + " is locked");
}

}  // namespace signet::mailbox
