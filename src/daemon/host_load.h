// How much the host has to do: its load average and its free memory, as the kernel says; asked anew
// at most once a second. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace signet::daemon {

// Of the last minute.
[[nodiscard]] double load_average();

// A line of /proc/meminfo by its name, "MemAvailable".
class MemoryWatch final {
 public:
  explicit MemoryWatch(std::string resource) : resource_(std::move(resource)) {}
  MemoryWatch(const MemoryWatch&) = delete;
  // Less than so many kilobytes? Nobody knows where there is no such line: no.
  [[nodiscard]] bool is_below(std::uint64_t kilobytes);
  // What the line says now; 0: there is none.
  [[nodiscard]] std::uint64_t read() const;

 private:
  const std::string resource_;
  std::atomic<std::uint64_t> known_{0};
  std::atomic<std::int64_t> asked_at_{0};
};

}  // namespace signet::daemon
