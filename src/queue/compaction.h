// Which records of the victim are still needed, step by step, and the removal of the victim when
// all of them have moved. The writing is Journal's. Committer thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "queue/fetch.h"
#include "queue/file_system.h"
#include "queue/index.h"
#include "queue/segment_reader.h"
#include "signet/base/guarded.h"

namespace signet::queue {

// A record to be written again: a message with its progress folded in, or another record as it is.
struct Move {
  RecordType type = RecordType::message;
  Key key = 0;
  std::string meta{};
  std::string content{};
  bool body = false;         // message
  std::uint32_t target = 0;  // gone: where the message record is
};

class Compaction final {
 public:
  Compaction(FileSystem& files, std::string epoch, Guarded<Index>& index)
      : files_(files), epoch_(std::move(epoch)), index_(index) {}

  [[nodiscard]] bool has_work();
  // The next records to move, about `most` octets of them; empty: nothing to move now.
  [[nodiscard]] std::vector<Move> next_moves(std::uint64_t most);
  void on_synced();  // what next_moves gave is on disk: removes the victim when that was all
  void on_failed();  // it is not: begins again

 private:
  struct Victim {
    std::uint32_t number = 0;
    std::uint64_t salt = 0;
    std::uint64_t bytes = 0;
    std::uint64_t at = kSegmentHeaderBytes;     // moved up to here
    std::uint64_t given = kSegmentHeaderBytes;  // given out, not yet synced
    bool all_given = false;
    std::shared_ptr<File> file;
  };

  void choose();
  [[nodiscard]] std::optional<Move> move_of(const Record& record);
  void give_up();
  void remove_victim();

  FileSystem& files_;
  std::string epoch_;
  Guarded<Index>& index_;
  std::optional<Victim> victim_;
};

}  // namespace signet::queue
