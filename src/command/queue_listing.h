// The queue of a configuration for those who look into it: read from the journal, which works
// whether the daemon runs or not.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "signet/daemon/daemon.h"
#include "signet/queue/journal_spool.h"

namespace signet::command {

struct QueueListing {
  std::string directory;
  std::vector<queue::Message> messages;
};

// Where it cannot be read, or may not be seen by this user, that was said, and the error is the
// exit status.
[[nodiscard]] std::expected<QueueListing, int> read_queue(
    const daemon::ConfigurationSource& source);

}  // namespace signet::command
