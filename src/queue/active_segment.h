// The segment that is written: records gather in memory and go out in few large writes. Owned by
// Journal, committer thread only. After a failed write or sync it must not be written again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "queue/file_system.h"
#include "queue/index.h"
#include "queue/record.h"

namespace signet::queue {

class ActiveSegment final {
 public:
  // A new file with its header, synced, and its directory entry, synced. Leaves nothing usable when
  // it fails.
  [[nodiscard]] static Result<std::unique_ptr<ActiveSegment>> create(FileSystem& files,
                                                                     const std::string& epoch,
                                                                     const SegmentHeader& header,
                                                                     std::uint64_t reserve_step);

  // The next `bytes` will find room on the disk.
  [[nodiscard]] Result<void> ensure(std::uint64_t bytes);
  Place append(const RecordHeader& header, std::string_view meta, std::string_view content = {});
  [[nodiscard]] Result<void> flush();  // hands the gathered records to the system
  [[nodiscard]] Result<void> sync();   // and makes them last

  [[nodiscard]] std::uint32_t number() const { return static_cast<std::uint32_t>(header_.number); }
  [[nodiscard]] std::uint64_t salt() const { return header_.salt; }
  [[nodiscard]] std::uint64_t end() const { return written_ + gathered_.size(); }
  [[nodiscard]] std::uint64_t synced() const { return synced_; }
  [[nodiscard]] std::uint64_t gathered() const { return gathered_.size(); }
  [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }

 private:
  ActiveSegment(const SegmentHeader& header, std::shared_ptr<File> file, std::uint64_t step)
      : header_(header), file_(std::move(file)), reserve_step_(step) {}

  SegmentHeader header_;
  std::shared_ptr<File> file_;
  std::string gathered_;
  std::uint64_t written_ = kSegmentHeaderBytes;
  std::uint64_t synced_ = kSegmentHeaderBytes;
  // fdatasync need not write the size of the file while records go into what is reserved.
  std::uint64_t reserve_step_;
  std::uint64_t reserved_ = 0;
};

}  // namespace signet::queue
