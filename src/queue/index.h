// What is where: one entry a message, one row a segment, and which segment may go next. In memory
// only; rebuilt by replay. Not thread-safe: the spool keeps it in a Guarded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "queue/file_system.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// A record on disk.
struct Place {
  std::uint32_t segment = 0;  // 0: nowhere
  std::uint32_t bytes = 0;    // with header and padding
  std::uint64_t offset = 0;
  bool operator==(const Place&) const = default;
};

struct Entry {
  Place message;
  Place progress;  // the last one, if newer than the message record
  bool body = false;
};
static_assert(sizeof(Entry) <= 40, "a million messages wait");

struct Segment {
  std::shared_ptr<File> file;
  std::uint64_t salt = 0;
  std::uint64_t bytes = 0;        // up to the end of its last record
  std::uint64_t live = 0;         // octets of records that an entry points to
  bool sealed = false;            // nothing is written to it any more
  bool begun = false;             // older copies of moved messages may be in it: it must go first
  bool damaged = false;           // has unreadable places
  bool stuck = false;             // could not be read or removed: left alone until the next start
  std::uint64_t needed_gone = 0;  // sum of `buries`
  std::map<std::uint32_t, std::uint32_t>
      buries{};  // segment -> gone records here for messages there
};

class Index final {
 public:
  // Sealed segments below this are merged: every start and every failure leaves one.
  void set_small_bytes(std::uint64_t bytes) { small_bytes_ = bytes; }
  void add_segment(std::uint32_t number, Segment segment);
  void forget_segment(std::uint32_t number);
  [[nodiscard]] Segment* segment(std::uint32_t number);  // null: not on disk
  [[nodiscard]] const std::map<std::uint32_t, Segment>& segments() const { return segments_; }

  void put_message(Key key, Place place, bool body);  // new, or moved here
  void put_progress(Key key, Place place);            // of an unknown message: ignored
  // Gone, said by a record in segment `by` about a message record in `target`.
  void put_gone(Key key, std::uint32_t by, std::uint32_t target);
  void bury(std::uint32_t by, std::uint32_t target);  // a gone record moved to `by`

  [[nodiscard]] std::optional<Entry> find(Key key) const;
  [[nodiscard]] std::vector<Key> keys() const;  // in order of arrival
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Octets of a segment that a later start needs.
  [[nodiscard]] static std::uint64_t useful(const Segment& segment);
  // The sealed segment to compact or remove next; 0: none is worth it.
  [[nodiscard]] std::uint32_t victim() const;

 private:
  void release(Place place);
  std::uint64_t small_bytes_ = 0;
  std::map<std::uint32_t, Segment> segments_;
  std::unordered_map<Key, Entry> entries_;
};

}  // namespace signet::queue
