// When to try which message again. Schedule: keys ordered by due time, one object a loop.
// backoff(): the pure rule. Loop thread of its owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/weight.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// How long a message is tried, and when its sender hears that it waits; empty: as one of normal
// urgency.
struct Patience {
  std::optional<std::chrono::seconds> expire;
  std::optional<std::chrono::seconds> warn;
};

struct RetryOptions {
  std::chrono::seconds first{300};                     // wait after the first failed attempt
  std::chrono::seconds most{4 * 3600};                 // MaxQueueAge: waits double up to this
  std::chrono::seconds least{0};                       // MinQueueAge
  std::chrono::seconds expire{5 * 24 * 3600};          // Timeout.queuereturn
  std::chrono::seconds expire_notices{5 * 24 * 3600};  // Timeout.queuereturn.dsn: from <>
  std::chrono::seconds warn{4 * 3600};                 // Timeout.queuewarn; 0: never
  Patience urgent{};
  Patience non_urgent{};

  [[nodiscard]] std::chrono::seconds expire_after(mail::Urgency urgency) const;
  [[nodiscard]] std::chrono::seconds warn_after(mail::Urgency urgency) const;
};

// Wait before attempt number `attempts` + 1: doubling from `first`, bounded, with jitter of +-1/8
// from `random` (any 32 bits).
[[nodiscard]] std::chrono::seconds backoff(int attempts, const RetryOptions& options,
                                           std::uint32_t random);

class Schedule final {
 public:
  void add(Key key, WallTime due);  // or moves it
  void remove(Key key);
  [[nodiscard]] std::optional<WallTime> next_due() const;
  [[nodiscard]] std::vector<Key> take_due(WallTime now, std::size_t most);
  [[nodiscard]] std::size_t size() const;

 private:
  std::multimap<WallTime, Key> by_time_;
  std::unordered_map<Key, std::multimap<WallTime, Key>::iterator> by_key_;
};

}  // namespace signet::queue
