// mbox: one file a user, letters one behind the other.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include "mailbox/mbox_lock.h"
#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

// A regular file of one name, ours; never through a link that somebody put there.
Result<Fd> open_mbox(const std::string& path) {
  Fd file(
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!file.valid()) {
    const int code = errno;
    if (code == ENOENT) return temporary("opening " + path + ": its folder is missing");
    if (code == ELOOP) return permanent(path + " is a symbolic link");
    return system_error("opening " + path, code);
  }
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("opening " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent(path + " is not a regular file");
  if (state.st_nlink > 1) return permanent(path + " has more than one name");
  if (state.st_uid != geteuid()) return permanent(path + " belongs to another user");
  return file;
}

// Its length; an error when a mail program has put another file in its place meanwhile.
Result<off_t> length_now(int fd, const std::string& path) {
  struct stat open_file {};
  struct stat named_file {};
  if (fstat(fd, &open_file) != 0) return system_error("looking at " + path, errno);
  if (lstat(path.c_str(), &named_file) != 0 || named_file.st_ino != open_file.st_ino ||
      named_file.st_dev != open_file.st_dev) {
    return temporary("mailbox " + path + " was replaced");
  }
  return open_file.st_size;
}

std::string from_line(const Letter& letter) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(letter.when);
  std::tm local{};
  localtime_r(&seconds, &local);
  char date[64];
  const std::size_t size = std::strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &local);
  std::string sender = letter.sender.empty() ? "MAILER-DAEMON" : shown_sender(letter);
  std::ranges::replace(sender, ' ', '_');  // a quoted local part: readers split at blanks
  return "From " + sender + "  " + std::string(date, size) + "\n";
}

Result<void> append(int fd, off_t length, const Letter& letter) {
  Output output(fd);
  auto gap = gap_after(fd, length);
  if (!gap) return std::unexpected(std::move(gap).error());
  if (auto written = output.write(*gap); !written) return written;
  if (auto written = output.write(from_line(letter)); !written) return written;
  if (auto written = write_letter(output, letter, FromLines::quoted); !written) return written;
  if (auto written = output.write("\n"); !written) return written;
  if (auto flushed = output.flush(); !flushed) return flushed;
  if (fsync(fd) != 0) return system_error("syncing the mailbox", errno);
  return {};
}

}  // namespace

Result<std::string> gap_after(int fd, off_t length) {
  if (length == 0) return std::string();
  char last[2] = {'\n', '\n'};
  const auto wanted = std::min<off_t>(length, 2);
  char* const at = last + (2 - wanted);
  const auto got = pread(fd, at, static_cast<std::size_t>(wanted), length - wanted);
  if (got < 0) return system_error("reading the mailbox", errno);
  if (last[1] != '\n') return std::string("\n\n");
  return std::string(last[0] != '\n' || length == 1 ? "\n" : "");
}

Result<void> deliver_mbox(const std::string& path, Duration lock_patience, const Letter& letter) {
  Waiting waiting(lock_patience);
  auto lock = DotLock::take(path, waiting);
  if (!lock) return std::unexpected(std::move(lock).error());
  auto file = open_mbox(path);
  if (!file) return std::unexpected(std::move(file).error());
  if (auto locked = lock_whole(file->get(), path, waiting); !locked) return locked;
  const auto length = length_now(file->get(), path);
  if (!length) return std::unexpected(length.error());
  if (auto appended = append(file->get(), *length, letter); !appended) {
    // Nothing of it may stay.
    if (ftruncate(file->get(), *length) != 0 || fsync(file->get()) != 0) {
      return std::unexpected(
          std::move(appended).error().within("the mailbox could not be cut back"));
    }
    return appended;
  }
  if (auto closed = file->close(); !closed) return closed;
  // The file may be new: its name has to last too.
  return *length != 0 ? Result<void>()
                      : sync_folder(std::filesystem::path(path).parent_path().string());
}

}  // namespace signet::mailbox
