// The epochs of a queue directory: finds home, locks it, replays it, and moves the mail of older
// epochs into it (docs/queue.md, "Adoption"). Blocks; runs once, at the start.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "queue/journal.h"
#include "queue/replay.h"
#include "signet/base/guarded.h"

namespace signet::queue {

struct Home {
  std::string epoch;             // its directory
  std::unique_ptr<File> lock{};  // held while this lives
  Replayed replayed{};
};

// Makes the first epoch when there is none. Temporary error when home is locked by another.
[[nodiscard]] Result<Home> open_home(FileSystem& files, const std::string& queue_directory);

struct Adoption {
  FileSystem& files;
  std::string queue_directory;
  std::string home;
  Guarded<Index>& index;
  std::atomic<Key>& next_key;
};
struct Adopted {
  std::vector<Waiting> waiting;
  std::vector<std::string> remarks;
};
// Moves what is in older epochs into `journal`. Error: the journal is failed and nothing moved.
[[nodiscard]] Result<Adopted> adopt_older(const Adoption& adoption, Journal& journal);

// "<queue_directory>/journal/<n>" for every epoch, in order of number.
[[nodiscard]] Result<std::vector<std::string>> epochs_of(FileSystem& files,
                                                         const std::string& queue_directory);

}  // namespace signet::queue
