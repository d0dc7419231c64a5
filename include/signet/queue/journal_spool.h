// The spool on disk: QueueDirectory/journal/<epoch>/ with append-only segments and group commit by
// one committer thread (docs/queue.md is the format). One process holds the lock.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "signet/queue/spool.h"

namespace signet::queue {

struct JournalOptions {
  std::filesystem::path directory;               // QueueDirectory
  std::uint64_t segment_bytes = 64ULL << 20;     // a new segment begins past this
  std::uint64_t body_file_bytes = 256ULL << 10;  // content past this goes to a body file
  std::uint64_t memory_bytes = 256ULL << 20;  // content kept in memory for delivery, all messages
};

// A message that waits from an earlier life of the spool: enough to schedule it, bounded in size.
struct Waiting {
  Key key = 0;
  WallTime arrived{};
  WallTime next_attempt{};
};

struct Recovered {
  std::unique_ptr<Spool> spool{};
  std::vector<Waiting> waiting{};
  std::vector<std::string> remarks{};  // torn tail cut at ..., for the log
};

// Locks, replays, cuts torn tails, starts the committer. Errors: locked by another, unreadable.
[[nodiscard]] Result<Recovered> open_journal(const JournalOptions& options);

// For mailq: reads the journal of a running or stopped daemon without the lock; changes nothing.
// The messages come without content.
[[nodiscard]] Result<std::vector<Message>> list_journal(const std::filesystem::path& directory);

}  // namespace signet::queue
