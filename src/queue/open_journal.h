// open_journal over any FileSystem; the public one takes the real disk.
#pragma once

#include <memory>

#include "queue/file_system.h"
#include "signet/queue/journal_spool.h"

namespace signet::queue {

[[nodiscard]] Result<Recovered> open_journal(std::unique_ptr<FileSystem> files,
                                             const JournalOptions& options);

}  // namespace signet::queue
