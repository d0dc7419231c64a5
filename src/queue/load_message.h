// A Message made from what is on disk. Blocks: reader thread, or mailq.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue/content.h"
#include "queue/fetch.h"
#include "queue/file_system.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// Without content: enough for mailq.
[[nodiscard]] std::shared_ptr<Message> message_of(Key key, Fetched fetched);

// Content stays in memory while `budget` has room. Permanent error when the message or a part of it
// is not there.
[[nodiscard]] Result<std::shared_ptr<Message>> load_message(
    FileSystem& files, const std::string& epoch, const std::optional<Found>& found, Key key,
    const std::shared_ptr<MemoryBudget>& budget);

}  // namespace signet::queue
