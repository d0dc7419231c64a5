// How often each next hop failed in a row, remembered beyond its Destination, which ends when it
// has nothing to do. Bounded: the one that failed longest ago is forgotten first. Owned by the
// Courier; loop thread.
#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "signet/base/clock.h"

namespace signet::deliver {

class Failures final {
 public:
  explicit Failures(std::size_t most) : most_(most) {}

  // Once more; gives how often before. Remembered until then.
  int note(const std::string& key, TimePoint now, TimePoint until) {
    int before = 0;
    if (const auto at = by_key_.find(key); at != by_key_.end()) {
      if (at->second->until > now) before = at->second->count;
      forget(key);
    }
    if (entries_.size() >= most_) forget(std::string(entries_.front().key));
    entries_.push_back({key, before + 1, until});
    by_key_[entries_.back().key] = std::prev(entries_.end());
    return before;
  }
  void forget(const std::string& key) {
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return;
    const auto entry = at->second;
    by_key_.erase(at);
    entries_.erase(entry);
  }
  void clear() {
    by_key_.clear();
    entries_.clear();
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    int count;
    TimePoint until;
  };
  const std::size_t most_;
  std::list<Entry> entries_;  // in the order of the last failure
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace signet::deliver
