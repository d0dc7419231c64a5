// A disk in memory that can lose power and can fail. It keeps apart what was written and what was
// synced: after crash() only the latter is sure to be there, as a file system promises and no more.
// Counts the operations that change something, and fails where the test says. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "queue/file_system.h"

namespace signet::test {

// What of the unsynced survives a power cut.
enum class Survives {
  nothing,     // the strictest disk
  everything,  // the kernel had written all of it, but we were not told
  torn,        // everything, but the last write of each file only in part
  some,        // any part of any write and any name, in any order
};

class CrashDisk {
 public:
  CrashDisk();

  // The system calls of one life of a process. Power and faults count from here.
  [[nodiscard]] std::unique_ptr<queue::FileSystem> boot();

  void cut_power_at(std::uint64_t operation);  // this one and all later ones fail
  void fail_at(std::uint64_t operation, int code, std::uint64_t times = 1);
  void fill();  // no file can grow until heal()
  void heal();
  [[nodiscard]] std::uint64_t operations() const;
  [[nodiscard]] bool dead() const;  // the power is cut
  [[nodiscard]] std::uint64_t faults() const;
  [[nodiscard]] std::uint64_t syncs() const;
  [[nodiscard]] std::uint64_t bytes_written() const;

  // Power comes back: what is on the disk now.
  [[nodiscard]] std::unique_ptr<CrashDisk> crash(Survives survives, std::uint32_t seed) const;
  [[nodiscard]] std::string read(const std::string& path) const;  // for looking into it
  void damage(const std::string& path, std::uint64_t offset);     // flips a bit, synced
  [[nodiscard]] std::vector<std::string> files() const;

  struct State;

 private:
  explicit CrashDisk(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace signet::test
