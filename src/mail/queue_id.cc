#include "signet/mail/queue_id.h"

#include <algorithm>
#include <ctime>

namespace signet::mail {
namespace {

constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";
constexpr std::uint64_t kBase = 60;
constexpr std::uint64_t kPerSecond = kBase * kBase;
constexpr std::uint32_t kProcesses = 1'000'000;
static_assert(sizeof kDigits == kBase + 1);

char digit(std::uint64_t value) { return kDigits[value % kBase]; }
char digit(int value) { return digit(static_cast<std::uint64_t>(value)); }

}  // namespace

QueueIds::QueueIds(std::uint32_t process, std::uint32_t start)
    : process_(process % kProcesses), start_(static_cast<std::uint32_t>(start % kPerSecond)) {}

std::string QueueIds::next(WallTime now) {
  const auto seconds = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
  const std::uint64_t earliest = static_cast<std::uint64_t>(seconds) * kPerSecond;
  std::uint64_t last = last_.load(std::memory_order_relaxed);
  std::uint64_t mine = 0;
  do {
    mine = std::max(last + 1, earliest);
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_relaxed));

  const auto second = static_cast<std::time_t>(mine / kPerSecond);
  const std::uint64_t sequence = (mine + start_) % kPerSecond;
  std::tm utc{};
  ::gmtime_r(&second, &utc);
  std::string id(14, '0');
  id[0] = digit(utc.tm_year);
  id[1] = digit(utc.tm_mon);
  id[2] = digit(utc.tm_mday);
  id[3] = digit(utc.tm_hour);
  id[4] = digit(utc.tm_min);
  id[5] = digit(utc.tm_sec);
  id[6] = digit(sequence / kBase);
  id[7] = digit(sequence);
  std::uint32_t process = process_;
  for (std::size_t i = id.size(); i > 8; process /= 10)
    id[--i] = static_cast<char>('0' + process % 10);
  return id;
}

}  // namespace signet::mail
