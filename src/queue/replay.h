// Reads an epoch from its first segment to its last and builds the index (docs/queue.md, "Reading
// after a crash"). Blocks; before any thread of the spool runs, or for mailq beside a running one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "queue/file_system.h"
#include "queue/index.h"
#include "signet/queue/journal_spool.h"

namespace signet::queue {

enum class Repair {
  none,  // read only: somebody else may be writing
  cut,   // we hold the lock: cuts torn tails, removes orphans
};

struct Replayed {
  Index index;
  std::unordered_map<Key, Waiting> waiting;
  std::vector<std::string> remarks;
  std::uint32_t last_segment = 0;
  Key next_key = 1;
};

// Error: a file that is there could not be read.
[[nodiscard]] Result<Replayed> replay(FileSystem& files, const std::string& epoch, Repair repair);

}  // namespace signet::queue
