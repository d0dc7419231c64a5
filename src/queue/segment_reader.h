// Reads the records of one segment in order, over damaged places and up to the end that a crash
// left (docs/queue.md, "Reading after a crash"). Blocks on disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/file_system.h"
#include "queue/record.h"
#include "signet/base/result.h"

namespace signet::queue {

struct Record {
  RecordHeader header;
  std::uint64_t offset = 0;  // of the header
  std::string_view payload;  // until the next call of next()
  [[nodiscard]] std::uint64_t bytes() const { return record_bytes(header.length); }
};

class SegmentReader final {
 public:
  // `file` outlives the reader; records start below `size`; `from`: offset of a record or the
  // first one.
  SegmentReader(const File& file, std::uint64_t salt, std::uint64_t size,
                std::uint64_t from = kSegmentHeaderBytes);
  // Empty at the end.
  [[nodiscard]] Result<std::optional<Record>> next();

  [[nodiscard]] std::uint64_t at() const { return at_; }          // after the last record so far
  [[nodiscard]] std::uint64_t damage() const { return damage_; }  // octets skipped between records
  [[nodiscard]] bool torn() const { return torn_; }  // at the end: octets that are no record

 private:
  [[nodiscard]] Result<std::string_view> view(std::uint64_t offset, std::size_t count);
  [[nodiscard]] Result<std::optional<Record>> record_at(std::uint64_t offset);
  [[nodiscard]] Result<std::uint64_t> zeros_at(std::uint64_t offset);

  const File& file_;
  std::uint64_t salt_;
  std::uint64_t size_;
  std::uint64_t at_;
  std::uint64_t damage_ = 0;
  bool torn_ = false;
  std::string window_;
  std::uint64_t window_at_ = 0;
};

// The header, empty when it does not hold.
[[nodiscard]] Result<std::optional<SegmentHeader>> read_segment_header(const File& file);

}  // namespace signet::queue
