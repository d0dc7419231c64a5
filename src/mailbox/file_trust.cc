#include "signet/mailbox/file_trust.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace signet::mailbox {
namespace {

constexpr std::size_t kMostListBytes = 4 * 1024 * 1024;

std::optional<std::string> fault_of_folder(const std::string& folder, const FileTrust& trust) {
  struct stat state {};
  if (stat(folder.c_str(), &state) != 0) return std::nullopt;
  if (trust.own_folders && state.st_uid != 0 && state.st_uid != geteuid()) {
    return "Directory belongs to another user";
  }
  if (trust.sticky_bit && (state.st_mode & S_ISVTX) != 0) return std::nullopt;
  if ((state.st_mode & S_IWOTH) != 0 && !trust.unsafe_folder) return "World writable directory";
  if ((state.st_mode & S_IWGRP) != 0 && !trust.unsafe_folder && !trust.group_writable_folder) {
    return "Group writable directory";
  }
  return std::nullopt;
}

// Where the kernel says that the opened file is: no link leads past it.
Result<std::string> real_path(int fd) {
  std::array<char, 4096> target{};
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  const auto length = readlink(self.c_str(), target.data(), target.size());
  if (length <= 0) return system_error("asking where an open file is", errno);
  return std::string(target.data(), static_cast<std::size_t>(length));
}

std::optional<std::string> fault_of_open_file(int fd, const struct stat& state,
                                              const FileTrust& trust, std::optional<uid_t> owner) {
  if (owner && state.st_uid != *owner && state.st_uid != 0) return "Permission denied";
  if ((state.st_mode & S_IWOTH) != 0 && !trust.world_writable) return "World writable file";
  if ((state.st_mode & S_IWGRP) != 0 && !trust.group_writable) return "Group writable file";
  const auto real = real_path(fd);
  if (!real) return real.error().what;
  return fault_of_folders(*real, trust);
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, 64 * 1024> piece{};
  while (true) {
    const auto got = read(fd, piece.data(), piece.size());
    const int code = errno;
    if (got < 0 && code == EINTR) continue;
    if (got < 0) return system_error("reading " + path, code);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kMostListBytes) return permanent(path + ": file too large");
  }
}

}  // namespace

std::optional<std::string> fault_of_folders(const std::string& path, const FileTrust& trust) {
  for (auto folder = std::filesystem::path(path).parent_path();; folder = folder.parent_path()) {
    if (auto fault = fault_of_folder(folder.string(), trust)) return fault;
    if (!folder.has_relative_path()) return std::nullopt;
  }
}

Result<ListFile> read_list_file(const std::string& path, const FileTrust& trust,
                                std::optional<uid_t> owner) {
  if (!path.starts_with('/')) return permanent(path + ": no absolute path");
  // A FIFO or a device holds nobody who opens it so, and is not read.
  const Fd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.valid()) {
    const int code = errno;
    if (code == ENXIO) return permanent(path + ": Regular files only");
    return system_error("Cannot open " + path, code);
  }
  struct stat state {};
  if (fstat(file.get(), &state) != 0) return system_error("Cannot open " + path, errno);
  if (!S_ISREG(state.st_mode)) return permanent(path + ": Regular files only");
  auto fault = fault_of_folders(path, trust);
  if (!fault) fault = fault_of_open_file(file.get(), state, trust, owner);
  if (fault) return permanent(path + ": " + *fault);
  auto text = read_all(file.get(), path);
  if (!text) return std::unexpected(std::move(text).error());
  return ListFile{.text = std::move(*text), .owner = state.st_uid};
}

}  // namespace signet::mailbox
