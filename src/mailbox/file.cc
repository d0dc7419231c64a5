// Files that aliases and .forward files name: letters one behind the other, as in an mbox, without
// its dot-lock, which no reader of such a file looks for.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "mailbox/mbox_lock.h"
#include "mailbox/writers.h"

namespace signet::mailbox {
namespace {

constexpr int kAppend =
    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Below the folder of SafeFileEnvironment no link counts, and no path leads out. A path may be
// written with that folder in front or without.
Result<Fd> open_below(const std::string& folder, std::string path) {
  const Fd root(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return system_error("opening " + folder + " (SafeFileEnvironment)", errno);
  if (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')) {
    path.erase(0, folder.size());
  }
  path.erase(0, path.find_first_not_of('/'));
  open_how how{};
  how.flags = kAppend;
  how.mode = 0600;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  Fd file(static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  const int code = errno;
  if (!file.valid() && code == EXDEV) return permanent(path + " leads out of " + folder);
  if (!file.valid()) return system_error("opening " + path + " in " + folder, code);
  return file;
}

Result<Fd> open_anywhere(const FilePlace& place) {
  if (auto fault = fault_of_folders(place.path, place.trust)) {
    return permanent(place.path + ": " + *fault);
  }
  std::error_code failed;
  const auto folder =
      std::filesystem::canonical(std::filesystem::path(place.path).parent_path(), failed);
  if (failed) return permanent(place.path + ": " + failed.message());
  if (auto fault = fault_of_folders((folder / "x").string(), place.trust)) {
    return permanent(place.path + ": " + *fault);
  }
  Fd file(open(place.path.c_str(), kAppend, 0600));
  if (!file.valid()) return system_error("opening " + place.path, errno);
  return file;
}

Result<void> judge(int fd, const FilePlace& place) {
  struct stat state {};
  if (fstat(fd, &state) != 0) return system_error("opening " + place.path, errno);
  if (!S_ISREG(state.st_mode)) return permanent(place.path + ": Regular files only");
  if (state.st_nlink > 1) return permanent(place.path + " has more than one name");
  if (state.st_uid != geteuid()) return permanent(place.path + " belongs to another user");
  if ((state.st_mode & S_IWOTH) != 0) return permanent(place.path + ": World writable file");
  if ((state.st_mode & S_IWGRP) != 0) return permanent(place.path + ": Group writable file");
  return {};
}

Result<void> append_form(int fd, off_t length, const FilePlace& place, const Letter& letter) {
  auto gap = gap_after(fd, length);
  if (!gap) return std::unexpected(std::move(gap).error());
  Output output(fd);
  if (auto written = output.write(*gap); !written) return written;
  if (auto written = write_letter(output, letter, place.form); !written) return written;
  if (auto written = output.write("\n"); !written) return written;
  if (auto flushed = output.flush(); !flushed) return flushed;
  if (fsync(fd) != 0) return system_error("syncing " + place.path, errno);
  return {};
}

}  // namespace

Result<void> deliver_file(const FilePlace& place, const Letter& letter) {
  if (place.path == "/dev/null") return {};
  if (!place.path.starts_with('/')) return permanent(place.path + ": no absolute path");
  auto file =
      place.environment.empty() ? open_anywhere(place) : open_below(place.environment, place.path);
  if (!file) return std::unexpected(std::move(file).error());
  if (auto good = judge(file->get(), place); !good) return good;
  Waiting waiting(place.lock_patience);
  if (auto locked = lock_whole(file->get(), place.path, waiting); !locked) return locked;
  struct stat state {};
  if (fstat(file->get(), &state) != 0) return system_error("looking at " + place.path, errno);
  if (auto appended = append_form(file->get(), state.st_size, place, letter); !appended) {
    // Nothing of it may stay.
    if (ftruncate(file->get(), state.st_size) != 0 || fsync(file->get()) != 0) {
      return std::unexpected(std::move(appended).error().within("the file could not be cut back"));
    }
    return appended;
  }
  std::error_code failed;
  const auto real =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file->get()), failed);
  if (auto closed = file->close(); !closed) return closed;
  // The file may be new: its name has to last too.
  return state.st_size != 0 || failed ? Result<void>() : sync_folder(real.parent_path().string());
}

}  // namespace signet::mailbox
