#include "queue/active_segment.h"

#include "queue/fetch.h"

namespace signet::queue {
namespace {

constexpr std::size_t kMostGathered = 1U << 20;  // capacity kept between batches

}  // namespace

Result<std::unique_ptr<ActiveSegment>> ActiveSegment::create(FileSystem& files,
                                                             const std::string& epoch,
                                                             const SegmentHeader& header,
                                                             std::uint64_t reserve_step) {
  const auto path = segment_path(epoch, header.number);
  auto file = files.open(path, Open::create);
  if (!file) return std::unexpected(file.error());
  std::unique_ptr<ActiveSegment> active(
      new ActiveSegment(header, std::shared_ptr<File>(std::move(*file)), reserve_step));
  // Without room for a whole step a small one may still do: deliveries must be able to go on.
  if (active->file_->reserve(reserve_step)) active->reserved_ = reserve_step;
  auto made = active->file_->write_at(0, encode(header));
  if (made) made = active->file_->sync();
  if (made) made = files.sync_directory(epoch);
  if (!made) {
    // What cannot be removed is empty and harms nobody.
    [[maybe_unused]] const auto removed = files.remove(path);
    return std::unexpected(std::move(made).error());
  }
  return active;
}

Result<void> ActiveSegment::ensure(std::uint64_t bytes) {
  const auto need = end() + bytes;
  if (need <= reserved_) return {};
  const auto steps = (need + reserve_step_ - 1) / reserve_step_ * reserve_step_;
  if (auto done = file_->reserve(steps); !done) return done;
  reserved_ = steps;
  return {};
}

Place ActiveSegment::append(const RecordHeader& header, std::string_view meta,
                            std::string_view content) {
  const auto offset = end();
  append_record(gathered_, {header_.salt, offset}, header, meta, content);
  return {number(), static_cast<std::uint32_t>(end() - offset), offset};
}

Result<void> ActiveSegment::flush() {
  if (auto done = file_->write_at(written_, gathered_); !done) return done;
  written_ += gathered_.size();
  gathered_.clear();
  if (gathered_.capacity() > 2 * kMostGathered) gathered_.shrink_to_fit();
  return {};
}

Result<void> ActiveSegment::sync() {
  if (auto done = flush(); !done) return done;
  if (auto done = file_->sync(); !done) return done;
  synced_ = written_;
  return {};
}

}  // namespace signet::queue
