// <key>.body while it is written: content too large for a record. Body worker thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "queue/file_system.h"
#include "signet/queue/spool.h"

namespace signet::queue {

class BodyFile final {
 public:
  BodyFile(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  void write(std::string_view octets);  // an error is kept for finish()
  // Up to `most` octets of what was written.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const;
  [[nodiscard]] Result<std::shared_ptr<const File>> finish();  // synced; its directory is not
  void remove();

 private:
  FileSystem& files_;
  std::string path_;
  std::shared_ptr<File> file_;
  std::uint64_t bytes_ = 0;
  std::optional<Error> error_;
};

}  // namespace signet::queue
