#include "queue/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "signet/base/fd.h"

namespace signet::queue {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

class RealFile final : public File {
 public:
  RealFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write_at(std::uint64_t offset, std::string_view octets) override {
    while (!octets.empty()) {
      const auto count =
          pwrite(fd_.get(), octets.data(), octets.size(), static_cast<off_t>(offset));
      const int code = errno;
      if (count < 0 && code == EINTR) continue;
      if (count <= 0) return failed("writing", count < 0 ? code : ENOSPC);
      octets.remove_prefix(static_cast<std::size_t>(count));
      offset += static_cast<std::uint64_t>(count);
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    std::size_t total = 0;
    while (total < into.size()) {
      const auto count = pread(fd_.get(), into.data() + total, into.size() - total,
                               static_cast<off_t>(offset + total));
      const int code = errno;
      if (count < 0 && code == EINTR) continue;
      if (count < 0) return failed("reading", code);
      if (count == 0) break;
      total += static_cast<std::size_t>(count);
    }
    return total;
  }

  Result<std::uint64_t> size() const override {
    struct stat facts {};
    const int returned = fstat(fd_.get(), &facts);
    if (const int code = errno; returned != 0) return failed("stat", code);
    return static_cast<std::uint64_t>(facts.st_size);
  }

  Result<void> sync() override {
    const int returned = fdatasync(fd_.get());
    if (const int code = errno; returned != 0) return failed("fdatasync", code);
    return {};
  }

  Result<void> truncate(std::uint64_t size) override {
    const int returned = ftruncate(fd_.get(), static_cast<off_t>(size));
    if (const int code = errno; returned != 0) return failed("truncating", code);
    return {};
  }

  Result<void> reserve(std::uint64_t size) override {
    while (fallocate(fd_.get(), 0, 0, static_cast<off_t>(size)) != 0) {
      const int code = errno;
      if (code == EINTR) continue;
      if (code == EOPNOTSUPP || code == ENOSYS) return {};
      return failed("reserving space", code);
    }
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> failed(std::string_view doing, int code) const {
    return system_error(std::string(doing) + " " + path_, code);
  }
  Fd fd_;
  std::string path_;
};

int flags_of(Open how) {
  switch (how) {
    case Open::read:
      return O_RDONLY;
    case Open::write:
      return O_RDWR;
    case Open::create:
      return O_RDWR | O_CREAT | O_EXCL;
    case Open::lock:
      break;
  }
  return O_RDWR | O_CREAT;
}

Result<void> outcome(std::string_view doing, const std::string& path, int returned) {
  const int code = errno;
  if (returned != 0) return system_error(std::string(doing) + " " + path, code);
  return {};
}

class RealFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, Open how) override {
    Fd fd(::open(path.c_str(), flags_of(how) | O_CLOEXEC | O_NOFOLLOW, kFileMode));
    if (const int code = errno; !fd.valid()) return system_error("opening " + path, code);
    if (how == Open::lock) {
      const int returned = flock(fd.get(), LOCK_EX | LOCK_NB);
      if (const int code = errno; returned != 0) return system_error("locking " + path, code);
    }
    return std::make_unique<RealFile>(std::move(fd), path);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* open = opendir(directory.c_str());
    if (const int code = errno; open == nullptr) return system_error("listing " + directory, code);
    const std::unique_ptr<DIR, int (*)(DIR*)> owner(open, closedir);
    std::vector<std::string> names;
    while (true) {
      errno = 0;
      const auto* entry = readdir(open);
      if (const int code = errno; entry == nullptr) {
        if (code != 0) return system_error("listing " + directory, code);
        return names;
      }
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
  }

  Result<void> remove(const std::string& path) override {
    return outcome("removing", path, std::remove(path.c_str()));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    return outcome("renaming", from, std::rename(from.c_str(), to.c_str()));
  }
  Result<void> link(const std::string& from, const std::string& to) override {
    return outcome("linking", from, ::link(from.c_str(), to.c_str()));
  }
  Result<void> make_directory(const std::string& path) override {
    const int returned = mkdir(path.c_str(), kDirectoryMode);
    if (const int code = errno; returned != 0 && code != EEXIST) {
      return system_error("making " + path, code);
    }
    return {};
  }
  Result<void> sync_directory(const std::string& path) override {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (const int code = errno; !fd.valid()) return system_error("opening " + path, code);
    return outcome("syncing", path, fsync(fd.get()));
  }
  std::uint64_t free_bytes(const std::string& path) override {
    struct statvfs facts {};
    if (statvfs(path.c_str(), &facts) != 0) return 0;
    return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  }
};

}  // namespace

std::unique_ptr<FileSystem> real_file_system() { return std::make_unique<RealFileSystem>(); }

}  // namespace signet::queue
