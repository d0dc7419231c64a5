#include "queue/segment_reader.h"

#include <gtest/gtest.h>

#include <cstring>

namespace signet::queue {
namespace {

constexpr std::uint64_t kSalt = 77;

class MemoryFile final : public File {
 public:
  explicit MemoryFile(std::string octets) : octets_(std::move(octets)) {}
  Result<void> write_at(std::uint64_t, std::string_view) override { return {}; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) const override {
    if (offset >= octets_.size()) return 0U;
    const auto count = std::min<std::uint64_t>(into.size(), octets_.size() - offset);
    std::memcpy(into.data(), octets_.data() + offset, count);
    return count;
  }
  Result<std::uint64_t> size() const override { return octets_.size(); }
  Result<void> sync() override { return {}; }
  Result<void> truncate(std::uint64_t) override { return {}; }
  Result<void> reserve(std::uint64_t) override { return {}; }

 private:
  std::string octets_;
};

struct Seen {
  std::vector<Key> keys;
  std::uint64_t end = 0;
  std::uint64_t damage = 0;
  bool torn = false;
};

Seen read_all(const std::string& octets) {
  const MemoryFile file(octets);
  SegmentReader reader(file, kSalt, octets.size());
  Seen seen;
  while (true) {
    const auto record = reader.next();
    EXPECT_TRUE(record);
    if (!record || !*record) break;
    seen.keys.push_back((*record)->header.key);
    EXPECT_EQ((*record)->payload, std::string((*record)->header.key * 10, 'p'));
  }
  seen.end = reader.at();
  seen.damage = reader.damage();
  seen.torn = reader.torn();
  return seen;
}

// Records 1, 2, 3 with 10, 20, 30 octets.
std::string segment() {
  std::string octets = encode(SegmentHeader{.number = 1, .salt = kSalt, .next_key = 1});
  for (Key key = 1; key <= 3; ++key) {
    append_record(octets, {kSalt, octets.size()}, {.key = key}, std::string(key * 10, 'p'));
  }
  return octets;
}

TEST(SegmentReader, ReadsInOrder) {
  const auto octets = segment();
  const auto seen = read_all(octets);
  EXPECT_EQ(seen.keys, (std::vector<Key>{1, 2, 3}));
  EXPECT_EQ(seen.end, octets.size());
  EXPECT_EQ(seen.damage, 0U);
  EXPECT_FALSE(seen.torn);
}

TEST(SegmentReader, ZerosAreTheEnd) {
  for (const std::size_t zeros : {1U, 7U, 8U, 4095U, 4096U, 5000000U}) {
    const auto seen = read_all(segment() + std::string(zeros, '\0'));
    EXPECT_EQ(seen.keys.size(), 3U) << zeros;
    EXPECT_EQ(seen.end, segment().size());
    EXPECT_FALSE(seen.torn) << zeros;
  }
}

TEST(SegmentReader, StopsAtATornTailOfAnyLength) {
  const auto octets = segment();
  const auto third = record_bytes(30);
  for (std::size_t left = 1; left < third; ++left) {
    const auto torn = octets.substr(0, octets.size() - third + left);
    for (const auto& text : {torn, torn + std::string(100, '\0')}) {
      const auto seen = read_all(text);
      // Of the last record only padding may be missing from the file; then zeros complete it.
      if (seen.keys.size() == 3) {
        EXPECT_GE(left, kRecordHeaderBytes + 30);
        continue;
      }
      EXPECT_EQ(seen.keys, (std::vector<Key>{1, 2})) << left;
      EXPECT_EQ(seen.end, octets.size() - third);
      EXPECT_TRUE(seen.torn) << left;
    }
  }
}

TEST(SegmentReader, GoesOnAfterDamage) {
  const auto octets = segment();
  const auto second = kSegmentHeaderBytes + record_bytes(10);
  for (std::uint64_t at = second; at < second + kRecordHeaderBytes + 20; ++at) {
    auto bad = octets;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    const auto seen = read_all(bad);
    EXPECT_EQ(seen.keys, (std::vector<Key>{1, 3})) << at;
    EXPECT_EQ(seen.damage, record_bytes(20));
    EXPECT_FALSE(seen.torn);
  }
}

TEST(SegmentReader, AHoleOfZerosIsDamageWhenRecordsFollow) {
  auto octets = segment();
  const auto second = kSegmentHeaderBytes + record_bytes(10);
  octets.replace(second, record_bytes(20), record_bytes(20), '\0');
  const auto seen = read_all(octets);
  EXPECT_EQ(seen.keys, (std::vector<Key>{1, 3}));
  EXPECT_EQ(seen.damage, record_bytes(20));
}

TEST(SegmentReader, RecordsOfAnotherLifeAreNotRead) {
  auto octets = segment();
  const auto end = octets.size();
  append_record(octets, {kSalt + 1, end}, {.key = 9}, "stale");
  auto seen = read_all(octets);
  EXPECT_EQ(seen.keys.size(), 3U);
  EXPECT_TRUE(seen.torn);
  // A record image inside a mail, at another offset than its own.
  octets = segment();
  std::string image;
  append_record(image, {kSalt, kSegmentHeaderBytes}, {.key = 1}, std::string(10, 'p'));
  octets += image;
  seen = read_all(octets);
  EXPECT_EQ(seen.keys.size(), 3U);
}

TEST(SegmentReader, BeginsWhereItWasTold) {
  const auto octets = segment();
  const MemoryFile file(octets);
  SegmentReader reader(file, kSalt, octets.size(), kSegmentHeaderBytes + record_bytes(10));
  EXPECT_EQ((**reader.next()).header.key, 2U);
}

}  // namespace
}  // namespace signet::queue
