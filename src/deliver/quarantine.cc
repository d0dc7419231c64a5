#include "deliver/quarantine.h"

#include <utility>

namespace signet::deliver {
namespace {

constexpr std::size_t kMostAwaited = 50000;  // twice; another loop holds most of them

}  // namespace

bool Quarantine::hold(const queue::Message& message, bool fresh) {
  const auto& envelope = message.envelope;
  if (going_.erase(message.key) != 0) return false;
  if (awaited_.erase(envelope.id) + long_awaited_.erase(envelope.id) != 0) return false;
  if (!fresh && envelope.arrived <= all_before_) return false;
  held_[envelope.id] = message.key;
  return true;
}

std::vector<queue::Key> Quarantine::release(std::span<const std::string> ids, WallTime now) {
  std::vector<queue::Key> keys;
  for (const auto& id : ids) {
    if (id == "all") {
      for (const auto& [held, key] : held_) keys.push_back(key);
      held_.clear();
      all_before_ = now;
    } else if (const auto found = held_.find(id); found != held_.end()) {
      keys.push_back(found->second);
      held_.erase(found);
    } else {
      if (awaited_.size() >= kMostAwaited) long_awaited_ = std::exchange(awaited_, {});
      awaited_.insert(id);
    }
  }
  going_.insert(keys.begin(), keys.end());
  return keys;
}

}  // namespace signet::deliver
