// The queue for mailq: read without the lock, beside a daemon that may be writing.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "queue/epochs.h"
#include "queue/load_message.h"
#include "queue/replay.h"
#include "signet/queue/journal_spool.h"

namespace signet::queue {
namespace {

constexpr int kTries = 5;

Result<std::vector<Message>> list_epoch(FileSystem& files, const std::string& epoch) {
  auto replayed = replay(files, epoch, Repair::none);
  if (!replayed) return std::unexpected(std::move(replayed).error());
  std::vector<Message> here;
  for (const auto key : replayed->index.keys()) {
    auto fetched = fetch(*look_up(replayed->index, key), key);
    // One that cannot be read is the daemon's to report.
    if (fetched) here.push_back(std::move(*message_of(key, std::move(*fetched))));
  }
  return here;
}

// A segment that is removed while we read has had its messages moved, perhaps to where we do not
// look any more: then we read again.
Result<std::vector<Message>> list_steadily(FileSystem& files, const std::string& epoch) {
  Result<std::vector<Message>> listed;
  for (int tries = 0; tries < kTries; ++tries) {
    const auto before = files.list(epoch);
    if (!before) return std::unexpected(before.error());
    listed = list_epoch(files, epoch);
    if (!listed) return listed;
    const bool steady = std::ranges::all_of(*before, [&](const std::string& name) {
      return !number_of(name, ".segment") || files.open(epoch + "/" + name, Open::read);
    });
    if (steady) break;
  }
  return listed;
}

}  // namespace

Result<std::vector<Message>> list_journal(const std::filesystem::path& directory) {
  const auto files = real_file_system();
  std::vector<Message> all;
  const auto epochs = epochs_of(*files, directory.string());
  if (!epochs && epochs.error().system_code == ENOENT) return all;  // nothing was ever queued
  if (!epochs) return std::unexpected(epochs.error());
  for (const auto& epoch : *epochs) {
    auto here = list_steadily(*files, epoch);
    // Adopted and removed meanwhile.
    if (!here && here.error().system_code == ENOENT) continue;
    if (!here) return here;
    all.insert(all.end(), std::make_move_iterator(here->begin()),
               std::make_move_iterator(here->end()));
  }
  return all;
}

}  // namespace signet::queue
