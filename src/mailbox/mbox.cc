// mbox: one file a user. Locked the two ways other programs look for: FILE.lock and fcntl(2).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

// FILE.lock, made with O_EXCL. A busy mailbox is left to the next attempt: the queue waits better
// than a process does.
class DotLock final {
 public:
  static Result<DotLock> take(const std::string& mailbox) {
    DotLock lock(mailbox + ".lock");
    for (int attempt = 0; attempt < 2; ++attempt) {
      const Fd made(open(lock.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
      if (made.valid()) {
        lock.held_ = true;
        return lock;
      }
      if (errno != EEXIST) return system_error("locking " + mailbox, errno);
      lock.remove_if_stale();
    }
    return temporary("mailbox " + mailbox + " is locked");
  }
  DotLock(DotLock&& other) noexcept
      : path_(std::move(other.path_)), held_(std::exchange(other.held_, false)) {}
  DotLock& operator=(DotLock&&) = delete;
  ~DotLock() {
    if (held_) unlink(path_.c_str());
  }

 private:
  static constexpr std::time_t kStaleAfter = 15 * 60;
  explicit DotLock(std::string path) : path_(std::move(path)) {}
  void remove_if_stale() const {
    struct stat state {};
    if (stat(path_.c_str(), &state) == 0 && state.st_mtime + kStaleAfter < std::time(nullptr)) {
      unlink(path_.c_str());
    }
  }

  std::string path_;
  bool held_ = false;
};

// A regular file of one name, ours; never through a link that somebody put there.
Result<Fd> open_mbox(const std::string& path) {
  Fd file(
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!file.valid()) return system_error("opening " + path, errno);
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("opening " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent(path + " is not a regular file");
  if (state.st_nlink != 1) return permanent(path + " has more than one name");
  if (state.st_uid != geteuid()) return permanent(path + " belongs to another user");
  return file;
}

Result<void> lock_whole(int fd, const std::string& path) {
  struct flock all {};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  if (fcntl(fd, F_SETLK, &all) == 0) return {};
  if (errno == EACCES || errno == EAGAIN) return temporary("mailbox " + path + " is locked");
  return system_error("locking " + path, errno);
}

std::string from_line(const Letter& letter) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(letter.when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  const std::size_t size = std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &local);
  const std::string sender = letter.sender.empty() ? "MAILER-DAEMON" : letter.sender;
  return "From " + sender + "  " + std::string(date, size) + "\n";
}

Result<void> append(int fd, const Letter& letter) {
  Output output(fd);
  if (auto written = output.write(from_line(letter)); !written) return written;
  if (auto written = write_letter(output, letter, FromLines::quoted); !written) return written;
  if (auto written = output.write("\n"); !written) return written;
  if (auto flushed = output.flush(); !flushed) return flushed;
  if (fsync(fd) != 0) return system_error("syncing the mailbox", errno);
  return {};
}

}  // namespace

Result<void> deliver_mbox(const std::string& path, const Letter& letter) {
  auto lock = DotLock::take(path);
  if (!lock) return std::unexpected(std::move(lock).error());
  auto file = open_mbox(path);
  if (!file) return std::unexpected(std::move(file).error());
  if (auto locked = lock_whole(file->get(), path); !locked) return locked;
  struct stat before {};
  if (fstat(file->get(), &before) != 0) return system_error("looking at " + path, errno);
  if (auto appended = append(file->get(), letter); !appended) {
    // Nothing of it may stay.
    if (ftruncate(file->get(), before.st_size) != 0) {
      return std::unexpected(
          std::move(appended).error().within("the mailbox could not be cut back"));
    }
    return appended;
  }
  if (auto closed = file->close(); !closed) return closed;
  // The file may be new: its name has to last too.
  return before.st_size != 0 ? Result<void>()
                             : sync_folder(std::filesystem::path(path).parent_path().string());
}

}  // namespace signet::mailbox
