// The file operations of the journal behind a seam: the real ones here, a disk that loses what was
// not synced in tests/crash. Thread-safe; may block: never on a loop.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/result.h"

namespace signet::queue {

class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset, std::string_view octets) = 0;
  // Fills `into`; less only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset,
                                                    std::span<char> into) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<void> truncate(std::uint64_t size) = 0;
  // The file is at least `size` long, its blocks are its own, and what was never written is zero.
  // A file system that cannot promise blocks says yes.
  [[nodiscard]] virtual Result<void> reserve(std::uint64_t size) = 0;
};

enum class Open {
  read,    // existing
  write,   // existing, to read and write
  create,  // must not exist
  lock,    // made if missing; locked against others until the File is destroyed
};

// Eight functions, one more than an interface should have: each is one system call that matters.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // Open::lock: temporary error with EWOULDBLOCK when another holds it.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path, Open how) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& path) = 0;  // file, empty directory
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> link(const std::string& from, const std::string& to) = 0;
  // No error when it is there already.
  [[nodiscard]] virtual Result<void> make_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Result<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual std::uint64_t free_bytes(const std::string& path) = 0;
};

[[nodiscard]] std::unique_ptr<FileSystem> real_file_system();

}  // namespace signet::queue
