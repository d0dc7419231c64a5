// Queue ids: 14 characters \w{8}\d{6} like sendmail's: Y M D h m s in base 60, two
// base-60 sequence characters, six digits (our: pid or instance number). One source per process
// part; thread-safe. Unique across restarts because the second, sequence and pid differ; the spool
// refuses an id that is already there.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "signet/base/clock.h"

namespace signet::mail {

class QueueIds final {
 public:
  // `process`: last six digits of the pid. `start`: first sequence number, random in production.
  QueueIds(std::uint32_t process, std::uint32_t start);
  // Never repeats within this object: past 3600 ids in one second, borrows the next second.
  [[nodiscard]] std::string next(WallTime now);

 private:
  std::atomic<std::uint64_t> last_{0};  // second * 3600 + sequence
  std::uint32_t process_;
  std::uint32_t start_;
};

}  // namespace signet::mail
