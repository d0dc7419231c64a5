// Messages that are held: accepted with QUARANTINE, on disk, tried by nobody until they are
// released. Which key belongs to which queue id; and orders of release that came before their
// message was looked at. Owned by Courier; loop thread.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "signet/base/clock.h"
#include "signet/queue/spool.h"

namespace signet::deliver {

class Quarantine final {
 public:
  // False: an order to release it is there already. `fresh`: just accepted, later than any order.
  [[nodiscard]] bool hold(const queue::Message& message, bool fresh = false);
  // Queue ids, or "all": what is held now. Gives the keys of those that are.
  [[nodiscard]] std::vector<queue::Key> release(std::span<const std::string> ids, WallTime now);

 private:
  std::unordered_map<std::string, queue::Key> held_;
  // Let go, and to be read from the spool, which may not know yet.
  std::unordered_set<queue::Key> going_;
  std::unordered_set<std::string> awaited_;       // ids that are not held here, or not yet
  std::unordered_set<std::string> long_awaited_;  // older ones: the first to be forgotten
  WallTime all_before_ = WallTime::min();  // everything that arrived before is to be released
};

}  // namespace signet::deliver
