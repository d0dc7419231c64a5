#include "daemon/host_load.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "signet/base/text.h"

namespace signet::daemon {
namespace {

// True once a second, for one of those who ask.
bool is_time(std::atomic<std::int64_t>& asked_at) {
  const auto second =
      std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count();
  return asked_at.exchange(second) != second;
}

}  // namespace

// The kernel reckons it anew every five seconds; a second old is new enough.
double load_average() {
  static std::atomic<double> known{0};
  static std::atomic<std::int64_t> asked_at{0};
  if (is_time(asked_at)) {
    double found = 0;
    if (::getloadavg(&found, 1) == 1) known = found;
  }
  return known;
}

std::uint64_t MemoryWatch::read() const {
  std::ifstream lines("/proc/meminfo");
  for (std::string line; std::getline(lines, line);) {
    const auto parts = words(line);
    if (parts.size() < 2 || !iequals(parts[0], resource_ + ":")) continue;
    return parse_number(parts[1]).value_or(0);
  }
  return 0;
}

bool MemoryWatch::is_below(std::uint64_t kilobytes) {
  if (is_time(asked_at_)) known_ = read();
  return known_ != 0 && known_ < kilobytes;
}

}  // namespace signet::daemon
