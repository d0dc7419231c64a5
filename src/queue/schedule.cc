#include "signet/queue/schedule.h"

#include <algorithm>

namespace signet::queue {
namespace {

constexpr int kMostDoublings = 30;  // far past any bound; keeps the shift defined
constexpr std::int64_t kJitterParts = 8;

// Null: of normal urgency, which is the rule.
const Patience* exception(const RetryOptions& options, mail::Urgency urgency) {
  if (urgency == mail::Urgency::urgent) return &options.urgent;
  if (urgency == mail::Urgency::non_urgent) return &options.non_urgent;
  return nullptr;
}

}  // namespace

std::chrono::seconds RetryOptions::expire_after(mail::Urgency urgency) const {
  const Patience* other = exception(*this, urgency);
  return other != nullptr ? other->expire.value_or(expire) : expire;
}

std::chrono::seconds RetryOptions::warn_after(mail::Urgency urgency) const {
  const Patience* other = exception(*this, urgency);
  return other != nullptr ? other->warn.value_or(warn) : warn;
}

std::chrono::seconds backoff(int attempts, const RetryOptions& options, std::uint32_t random) {
  const auto doublings = std::clamp(attempts - 1, 0, kMostDoublings);
  const std::int64_t first = std::max<std::int64_t>(options.first.count(), 1);
  const std::int64_t most = std::max<std::int64_t>(options.most.count(), 1);
  const std::int64_t plain =
      first > (most >> doublings) ? most : std::min(first << doublings, most);
  // -1/8 .. +1/8 of the wait, so that mail that failed together does not come back together.
  const std::int64_t swing = plain / kJitterParts;
  const std::int64_t jitter =
      swing == 0
          ? 0
          : static_cast<std::int64_t>(random % static_cast<std::uint64_t>(2 * swing + 1)) - swing;
  return std::max(std::chrono::seconds{plain + jitter}, options.least);
}

void Schedule::add(Key key, WallTime due) {
  remove(key);
  by_key_[key] = by_time_.emplace(due, key);
}

void Schedule::remove(Key key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  by_time_.erase(found->second);
  by_key_.erase(found);
}

std::optional<WallTime> Schedule::next_due() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first;
}

std::vector<Key> Schedule::take_due(WallTime now, std::size_t most) {
  std::vector<Key> due;
  while (due.size() < most && !by_time_.empty() && by_time_.begin()->first <= now) {
    due.push_back(by_time_.begin()->second);
    remove(due.back());
  }
  return due;
}

std::size_t Schedule::size() const { return by_time_.size(); }

}  // namespace signet::queue
