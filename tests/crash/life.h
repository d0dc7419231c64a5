// One life of a journal on a CrashDisk, driven step by step on one thread, and the ledger that
// outlives all lives: what was promised, what may be there, what must never be.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crash/crash_disk.h"
#include "queue/epochs.h"
#include "queue/journal.h"

namespace signet::test {

class Ledger final {
 public:
  void offered(const std::string& id, std::string content) { contents_[id] = std::move(content); }
  void accepted(const std::string& id) { promised_.insert(id); }
  void finishing(const std::string& id) { promised_.erase(id); }  // delivered: may go
  // All but these are gone for good: they were not there at a start, or their end is synced.
  void only(const std::set<std::string>& there);
  // Counts what a start found. Failures name what is wrong.
  void compare(const std::multimap<std::string, std::string>& found) const;
  [[nodiscard]] std::size_t promised() const { return promised_.size(); }

 private:
  std::map<std::string, std::string> contents_;  // all that was ever handed to the journal
  std::set<std::string> promised_;
  std::set<std::string> buried_;
};

class Life final {
 public:
  Life(CrashDisk& disk, Ledger& ledger);

  [[nodiscard]] bool begin();  // false: could not open (power, fault)
  // `steps` of work that `seed` chooses: batches, progress, ends, compaction that rides along.
  void work(std::uint32_t seed, int steps);
  void settle();  // writes what is noted, lets compaction run dry
  [[nodiscard]] std::multimap<std::string, std::string> everything();  // id -> content
  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }
  [[nodiscard]] std::size_t segments();
  [[nodiscard]] bool failed() const { return journal_->failed(); }
  bool commit(const std::string& id, std::size_t length);
  void end(const std::string& id);

 private:
  struct Offer;
  void batch(std::mt19937& random);
  void bury_the_rest();
  [[nodiscard]] bool write_body(queue::Key key, const std::string& body);

  CrashDisk& disk_;
  Ledger& ledger_;
  std::unique_ptr<queue::FileSystem> files_;
  std::string epoch_;
  std::unique_ptr<queue::File> lock_;
  Guarded<queue::Index> index_;
  std::atomic<queue::Key> next_key_{1};
  std::unique_ptr<queue::Journal> journal_;
  std::map<queue::Key, std::string> live_;
  std::vector<std::string> remarks_;
};

}  // namespace signet::test
