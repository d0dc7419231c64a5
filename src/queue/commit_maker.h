// The key to Committed's constructor: only a spool (journal_spool.cc, the tests' MemorySpool) uses
// it, and only after the message is where it promised to put it.
#pragma once

#include <memory>
#include <utility>

#include "signet/queue/spool.h"

namespace signet::queue {

class CommitMaker final {
 public:
  [[nodiscard]] static Committed make(std::shared_ptr<Message> message) {
    return Committed(std::move(message));
  }
};

}  // namespace signet::queue
