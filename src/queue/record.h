// Frames of the journal: segment header and record header with their checksums (docs/queue.md).
// Pure; what is inside a payload is message_record's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signet/queue/spool.h"

namespace signet::queue {

inline constexpr std::size_t kSegmentHeaderBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 24;
inline constexpr std::size_t kAlignment = 8;
inline constexpr std::uint32_t kMaxPayload = 64U << 20;

static_assert(kSegmentHeaderBytes % kAlignment == 0 && kRecordHeaderBytes % kAlignment == 0);

enum class RecordType : std::uint32_t {
  message = 1,   // everything about a message
  progress = 2,  // its progress state, replacing the earlier one
  gone = 3,      // it is finished
};

struct SegmentHeader {
  std::uint64_t number = 0;
  std::uint64_t salt = 0;
  Key next_key = 1;  // no key at or above it was given out before
  bool operator==(const SegmentHeader&) const = default;
};

[[nodiscard]] std::string encode(const SegmentHeader& header);  // kSegmentHeaderBytes octets
[[nodiscard]] std::optional<SegmentHeader> decode_segment_header(std::string_view octets);

struct RecordHeader {
  RecordType type = RecordType::message;
  std::uint32_t length = 0;  // of the payload
  std::uint32_t payload_sum = 0;
  Key key = 0;
};

// Where a record stands; part of its checksum.
struct Position {
  std::uint64_t salt = 0;
  std::uint64_t offset = 0;
};

// Octets that a record with this payload takes in the file.
[[nodiscard]] constexpr std::uint64_t record_bytes(std::uint64_t payload) {
  return (kRecordHeaderBytes + payload + kAlignment - 1) / kAlignment * kAlignment;
}

// Appends the record whose payload is `meta` followed by `content`.
void append_record(std::string& out, Position at, const RecordHeader& header, std::string_view meta,
                   std::string_view content = {});
// Empty when the checksum, the type or the length is wrong. `octets`: kRecordHeaderBytes of them.
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::string_view octets,
                                                               Position at);
[[nodiscard]] bool payload_holds(const RecordHeader& header, std::uint64_t salt,
                                 std::string_view payload);

}  // namespace signet::queue
