#include "queue/segment_reader.h"

#include <algorithm>

namespace signet::queue {
namespace {

constexpr std::size_t kWindow = 1U << 20;

constexpr std::size_t kSearchStep = 4096;
static_assert(kSearchStep % kAlignment == 0);

}  // namespace

SegmentReader::SegmentReader(const File& file, std::uint64_t salt, std::uint64_t size,
                             std::uint64_t from)
    : file_(file), salt_(salt), size_(size), at_(from) {}

// Fewer octets than asked only at the end of the segment.
Result<std::string_view> SegmentReader::view(std::uint64_t offset, std::size_t count) {
  if (offset >= size_) return std::string_view();
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset));
  if (offset < window_at_ || offset + count > window_at_ + window_.size()) {
    window_.resize(static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max(count, kWindow), size_ - offset)));
    window_at_ = offset;
    const auto got = file_.read_at(offset, window_);
    if (!got) return std::unexpected(got.error());
    window_.resize(*got);
  }
  return std::string_view(window_).substr(static_cast<std::size_t>(offset - window_at_), count);
}

Result<std::optional<Record>> SegmentReader::record_at(std::uint64_t offset) {
  const auto head = view(offset, kRecordHeaderBytes);
  if (!head) return std::unexpected(head.error());
  const auto header = decode_record_header(*head, {salt_, offset});
  if (!header || offset + record_bytes(header->length) > size_) return std::nullopt;
  const auto whole = view(offset, kRecordHeaderBytes + header->length);
  if (!whole) return std::unexpected(whole.error());
  if (whole->size() < kRecordHeaderBytes + header->length) return std::nullopt;
  const auto payload = whole->substr(kRecordHeaderBytes);
  if (!payload_holds(*header, salt_, payload)) return std::nullopt;
  return Record{*header, offset, payload};
}

// How many octets from here on are zero, in whole steps of the alignment. No record begins with
// such a step: it would have two checksums of zero.
Result<std::uint64_t> SegmentReader::zeros_at(std::uint64_t offset) {
  std::uint64_t zeros = 0;
  while (offset + zeros < size_) {
    const auto octets = view(offset + zeros, kSearchStep);
    if (!octets) return std::unexpected(octets.error());
    if (octets->empty()) return size_ - offset;  // the file is shorter than its size said
    const auto other = octets->find_first_not_of('\0');
    if (other != std::string_view::npos) return zeros + other / kAlignment * kAlignment;
    zeros += octets->size();
  }
  return zeros;
}

Result<std::optional<Record>> SegmentReader::next() {
  bool nothing_but_zeros = true;
  for (std::uint64_t offset = at_; offset < size_; offset += kAlignment) {
    auto found = record_at(offset);
    if (!found) return found;
    if (*found) {
      damage_ += offset - at_;
      at_ = offset + (*found)->bytes();
      return found;
    }
    const auto zeros = zeros_at(offset);
    if (!zeros) return std::unexpected(zeros.error());
    if (*zeros == 0) {
      nothing_but_zeros = false;
    } else {
      offset += *zeros - kAlignment;
    }
  }
  torn_ = !nothing_but_zeros;
  return std::nullopt;
}

Result<std::optional<SegmentHeader>> read_segment_header(const File& file) {
  std::string octets(kSegmentHeaderBytes, '\0');
  const auto got = file.read_at(0, octets);
  if (!got) return std::unexpected(got.error());
  octets.resize(*got);
  return decode_segment_header(octets);
}

}  // namespace signet::queue
