#include "tls/context_core.h"

namespace signet::tls {

void ResumptionCache::put(const std::string& key, Resumable one) {
  part_of(key).with([&](Part& part) {
    if (const auto old = part.by_key.find(key); old != part.by_key.end()) {
      const auto entry = old->second;
      part.by_key.erase(old);  // first: its key lives in the entry
      part.by_age.erase(entry);
    }
    part.by_age.emplace_front(key, std::move(one));
    part.by_key.emplace(part.by_age.front().first, part.by_age.begin());
    if (part.by_age.size() > kMostInPart) {
      part.by_key.erase(part.by_age.back().first);
      part.by_age.pop_back();
    }
  });
}

Resumable ResumptionCache::take(const std::string& key, WallTime now) {
  return part_of(key).with([&](Part& part) {
    Resumable found{};
    if (const auto at = part.by_key.find(key); at != part.by_key.end()) {
      const auto entry = at->second;
      part.by_key.erase(at);
      found = std::move(entry->second);
      part.by_age.erase(entry);
    }
    if (now - found.proven >= kSessionLife) found.session.reset();
    return found;
  });
}

}  // namespace signet::tls
