#include "queue/record.h"

#include "queue/coding.h"
#include "queue/crc32c.h"
#include "signet/base/check.h"

namespace signet::queue {
namespace {

constexpr std::string_view kMagic = "SIGNETJ1";
constexpr std::size_t kSummedHeader = 32;  // octets of the segment header under its checksum

std::uint32_t sum_of(std::uint64_t salt) {
  std::string octets;
  Encoder(octets).u64(salt);
  return crc32c(0, octets);
}

std::uint32_t sum_of(Position at) {
  std::string octets;
  Encoder encoder(octets);
  encoder.u64(at.salt);
  encoder.u64(at.offset);
  return crc32c(0, octets);
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string out(kMagic);
  Encoder encoder(out);
  encoder.u64(header.number);
  encoder.u64(header.salt);
  encoder.u64(header.next_key);
  encoder.u32(crc32c(0, out));
  out.resize(kSegmentHeaderBytes, '\0');
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view octets) {
  if (octets.size() < kSegmentHeaderBytes || !octets.starts_with(kMagic)) return std::nullopt;
  Decoder decoder(octets.substr(kMagic.size()));
  SegmentHeader header;
  header.number = decoder.u64();
  header.salt = decoder.u64();
  header.next_key = decoder.u64();
  if (decoder.u32() != crc32c(0, octets.substr(0, kSummedHeader))) return std::nullopt;
  return header;
}

void append_record(std::string& out, Position at, const RecordHeader& header, std::string_view meta,
                   std::string_view content) {
  SIGNET_CHECK(meta.size() <= kMaxPayload && content.size() <= kMaxPayload - meta.size());
  const auto length = static_cast<std::uint32_t>(meta.size() + content.size());
  std::string rest;  // of the header, after its own checksum
  Encoder encoder(rest);
  encoder.u32(crc32c(crc32c(sum_of(at.salt), meta), content));
  encoder.u32(length);
  encoder.u32(static_cast<std::uint32_t>(header.type));
  encoder.u64(header.key);
  Encoder(out).u32(crc32c(sum_of(at), rest));
  out += rest;
  out += meta;
  out += content;
  out.append(record_bytes(length) - kRecordHeaderBytes - length, '\0');
}

std::optional<RecordHeader> decode_record_header(std::string_view octets, Position at) {
  if (octets.size() < kRecordHeaderBytes) return std::nullopt;
  Decoder decoder(octets.substr(0, kRecordHeaderBytes));
  const auto sum = decoder.u32();
  RecordHeader header;
  header.payload_sum = decoder.u32();
  header.length = decoder.u32();
  const auto type = decoder.u32();
  header.key = decoder.u64();
  if (type < 1 || type > 3 || header.length > kMaxPayload) return std::nullopt;
  header.type = static_cast<RecordType>(type);
  if (sum != crc32c(sum_of(at), octets.substr(4, kRecordHeaderBytes - 4))) return std::nullopt;
  return header;
}

bool payload_holds(const RecordHeader& header, std::uint64_t salt, std::string_view payload) {
  return payload.size() == header.length && crc32c(sum_of(salt), payload) == header.payload_sum;
}

}  // namespace signet::queue
