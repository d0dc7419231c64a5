#include "queue/body_file.h"

#include <algorithm>

namespace signet::queue {

void BodyFile::write(std::string_view octets) {
  if (error_) return;
  if (!file_) {
    auto opened = files_.open(path_, Open::create);
    if (!opened) {
      error_ = std::move(opened).error();
      return;
    }
    file_ = std::move(*opened);
  }
  if (auto done = file_->write_at(bytes_, octets); !done) {
    error_ = std::move(done).error();
    return;
  }
  bytes_ += octets.size();
}

Result<std::string> BodyFile::read(std::uint64_t offset, std::size_t most) const {
  if (error_) return std::unexpected(*error_);
  const auto left = bytes_ - std::min(offset, bytes_);
  std::string octets(std::min<std::uint64_t>(most, left), '\0');
  if (octets.empty()) return octets;
  auto got = file_->read_at(offset, octets);
  if (!got) return std::unexpected(std::move(got).error());
  octets.resize(*got);
  return octets;
}

Result<std::shared_ptr<const File>> BodyFile::finish() {
  if (error_) return std::unexpected(*error_);
  if (auto done = file_->sync(); !done) return std::unexpected(std::move(done).error());
  return file_;
}

void BodyFile::remove() {
  if (!file_) return;
  // One that stays is an orphan, removed at the next start.
  [[maybe_unused]] const auto removed = files_.remove(path_);
}

}  // namespace signet::queue
