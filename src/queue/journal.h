// The writing half of an epoch: batches of records, one sync each, and compaction that rides along
// (docs/queue.md, "Order of steps"). Owned by the committer, its thread only. Has no thread and no
// clock of its own, so that tests can cut it after every file operation.
//
// A batch: stage() for each new message, then finish(). note() and note_gone() may come at any time
// and ride with the next batch; they are kept until a batch succeeds.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "queue/active_segment.h"
#include "queue/compaction.h"
#include "queue/file_system.h"
#include "queue/index.h"
#include "queue/message_record.h"
#include "signet/base/guarded.h"

namespace signet::queue {

struct NewMessage {
  Key key = 0;
  const StoredMessage* message = nullptr;
  std::string_view content;  // what stands in the record; <key>.body, if any, is synced
};

// Where the content octets of a staged message are once its batch is finished.
struct Staged {
  std::shared_ptr<const File> file;
  std::uint64_t content_offset = 0;
};

struct JournalParts {
  FileSystem& files;
  std::string epoch;  // its directory
  Guarded<Index>& index;
  const std::atomic<Key>& next_key;
  std::uint64_t segment_bytes = 64ULL << 20;
  std::uint32_t last_segment = 0;            // highest number in use
  std::uint64_t reserve_bytes = 1ULL << 20;  // of disk, at a time
  std::uint64_t notes_bytes = 256ULL << 10;  // of what is reserved, not for messages
  std::uint64_t move_bytes = 512ULL << 10;   // that compaction adds to one batch
};

class Journal final {
 public:
  explicit Journal(JournalParts parts);
  ~Journal();  // gives back reserved space
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Error: this message is not in the batch (too large, no space, journal failed).
  [[nodiscard]] Result<Staged> stage(const NewMessage& message);
  void note(Progress progress);
  void note_gone(Key key);
  // Error: no message of the batch is safe; notes are kept.
  [[nodiscard]] Result<void> finish();

  // finish() would have something to do.
  [[nodiscard]] bool has_work();
  [[nodiscard]] bool failed() const { return active_ == nullptr; }

 private:
  struct Change {  // to the index, when the batch is synced
    enum class What { message, progress, gone, bury } what;
    Key key;
    Place place;
    std::uint32_t target = 0;
    bool body = false;
  };
  using Note = std::variant<Progress, Key>;

  [[nodiscard]] Result<void> begin_batch();
  [[nodiscard]] Result<void> begin_segment();
  [[nodiscard]] Result<void> settle_poisoned();
  void poison();
  void seal(std::uint32_t number, std::uint64_t bytes);
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<void> write_out();

  void stage_moves();
  void stage_notes();
  void stage_progress(const Progress& progress);
  void stage_gone(Key key);
  void apply_changes();

  JournalParts parts_;
  Compaction compaction_;
  std::uint32_t last_segment_;
  std::unique_ptr<ActiveSegment> active_;
  struct Poisoned {
    std::uint32_t number;
    std::uint64_t salt;
    std::uint64_t synced;
    std::shared_ptr<File> file;
  };
  std::unique_ptr<Poisoned> poisoned_;
  std::vector<Note> notes_;
  std::vector<Change> changes_;
  std::unordered_map<Key, State> states_;  // as of this batch
  bool new_bodies_ = false;
  bool spill_failed_ = false;
};

}  // namespace signet::queue
