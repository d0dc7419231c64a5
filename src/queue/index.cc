#include "queue/index.h"

#include <algorithm>

#include "queue/record.h"

namespace signet::queue {
namespace {

// A segment is rewritten when less than 1/4 of it is useful: at most 1/3 octet is moved for each
// octet that compaction frees.
constexpr std::uint64_t kUsefulShare = 4;
constexpr std::uint64_t kGoneBytes = record_bytes(sizeof(std::uint64_t));

}  // namespace

void Index::add_segment(std::uint32_t number, Segment segment) {
  segments_[number] = std::move(segment);
}

void Index::forget_segment(std::uint32_t number) {
  segments_.erase(number);
  for (auto& [other, segment] : segments_) {
    const auto found = segment.buries.find(number);
    if (found == segment.buries.end()) continue;
    segment.needed_gone -= found->second;
    segment.buries.erase(found);
  }
}

Segment* Index::segment(std::uint32_t number) {
  const auto found = segments_.find(number);
  return found == segments_.end() ? nullptr : &found->second;
}

void Index::release(Place place) {
  if (auto* in = segment(place.segment)) in->live -= std::min<std::uint64_t>(in->live, place.bytes);
}

void Index::put_message(Key key, Place place, bool body) {
  auto& entry = entries_[key];
  if (entry.message.segment != 0) {
    release(entry.message);
    release(entry.progress);
    auto* older = segment(entry.message.segment);
    if (older != nullptr && entry.message.segment != place.segment) older->begun = true;
  }
  entry = Entry{place, {}, body};
  if (auto* in = segment(place.segment)) in->live += place.bytes;
}

void Index::put_progress(Key key, Place place) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  release(found->second.progress);
  found->second.progress = place;
  if (auto* in = segment(place.segment)) in->live += place.bytes;
}

void Index::put_gone(Key key, std::uint32_t by, std::uint32_t target) {
  if (const auto found = entries_.find(key); found != entries_.end()) {
    release(found->second.message);
    release(found->second.progress);
    entries_.erase(found);
  }
  bury(by, target);
}

void Index::bury(std::uint32_t by, std::uint32_t target) {
  auto* in = segment(by);
  if (in == nullptr || by == target || !segments_.contains(target)) return;
  ++in->buries[target];
  ++in->needed_gone;
}

std::optional<Entry> Index::find(Key key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::vector<Key> Index::keys() const {
  std::vector<Key> all;
  all.reserve(entries_.size());
  for (const auto& [key, entry] : entries_) all.push_back(key);
  std::ranges::sort(all);
  return all;
}

std::uint64_t Index::useful(const Segment& segment) {
  return segment.live + segment.needed_gone * kGoneBytes;
}

// One that was begun goes before all others: only then is a removed segment never the one whose
// gone record hides an older copy.
std::uint32_t Index::victim() const {
  std::uint32_t best = 0;
  for (const auto& [number, segment] : segments_) {
    if (segment.begun) return segment.stuck || !segment.sealed ? 0 : number;
    const bool worth =
        useful(segment) * kUsefulShare < segment.bytes || segment.bytes < small_bytes_;
    if (best == 0 && worth && segment.sealed && !segment.stuck) best = number;
  }
  return best;
}

}  // namespace signet::queue
