#include "queue/journal.h"

#include <random>

#include "signet/base/check.h"

namespace signet::queue {
namespace {

constexpr std::uint64_t kSpillBytes = 1ULL << 20;  // gathered octets that are written early

constexpr std::uint64_t kSmallShare = 64;  // of a whole segment: merged with others

std::uint64_t new_salt() {
  std::random_device random;
  return static_cast<std::uint64_t>(random()) << 32 | random();
}

}  // namespace

Journal::Journal(JournalParts parts)
    : parts_(std::move(parts)),
      compaction_(parts_.files, parts_.epoch, parts_.index),
      last_segment_(parts_.last_segment) {
  parts_.index.with(
      [&](Index& index) { index.set_small_bytes(parts_.segment_bytes / kSmallShare); });
}

Journal::~Journal() {
  // Only what a batch has synced is kept; a reader takes the zeros that may stay for the end.
  if (active_) [[maybe_unused]]
    const auto cut = active_->file()->truncate(active_->synced());
}

// A segment to write to exists: the old one while it has room, else a new one.
Result<void> Journal::begin_batch() {
  if (spill_failed_) return temporary("the journal could not be written");
  if (active_ && (!changes_.empty() || active_->end() < parts_.segment_bytes)) return {};
  if (active_) {
    const auto number = active_->number();
    const auto end = active_->end();
    const auto file = active_->file();
    if (!begin_segment()) return {};  // no space for a new one: the old one goes on
    [[maybe_unused]] const auto cut = file->truncate(end);  // only gives back reserved space
    seal(number, end);
    return {};
  }
  if (auto settled = settle_poisoned(); !settled) return settled;
  return begin_segment();
}

Result<void> Journal::begin_segment() {
  const SegmentHeader header{
      .number = ++last_segment_, .salt = new_salt(), .next_key = parts_.next_key.load()};
  auto created = ActiveSegment::create(parts_.files, parts_.epoch, header, parts_.reserve_bytes);
  if (!created) return std::unexpected(std::move(created).error().within("new segment"));
  active_ = std::move(*created);
  parts_.index.with([&](Index& index) {
    index.add_segment(
        active_->number(),
        Segment{.file = active_->file(), .salt = header.salt, .bytes = kSegmentHeaderBytes});
  });
  return {};
}

void Journal::seal(std::uint32_t number, std::uint64_t bytes) {
  parts_.index.with([&](Index& index) {
    auto* segment = index.segment(number);
    SIGNET_CHECK(segment != nullptr);
    segment->bytes = bytes;
    segment->sealed = true;
  });
}

// What was answered must be whole before anything is promised again.
Result<void> Journal::settle_poisoned() {
  if (!poisoned_) return {};
  // Not cut: messages answered with an error may come back as duplicates after a restart.
  if (poisoned_->file->truncate(poisoned_->synced)) {
    [[maybe_unused]] const auto synced = poisoned_->file->sync();
  }
  SegmentReader reader(*poisoned_->file, poisoned_->salt, poisoned_->synced);
  while (true) {
    const auto record = reader.next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
  }
  if (reader.damage() != 0 || reader.at() != poisoned_->synced) {
    return temporary(segment_path(parts_.epoch, poisoned_->number) +
                     " lost what it had promised to keep");
  }
  seal(poisoned_->number, poisoned_->synced);
  poisoned_.reset();
  return {};
}

void Journal::poison() {
  if (active_) {
    poisoned_ = std::make_unique<Poisoned>(
        Poisoned{active_->number(), active_->salt(), active_->synced(), active_->file()});
  }
  active_.reset();
  changes_.clear();
  states_.clear();
  new_bodies_ = false;
  spill_failed_ = false;
  compaction_.on_failed();
}

Result<void> Journal::spill() {
  if (active_->gathered() < kSpillBytes) return {};
  auto done = active_->flush();
  if (!done) spill_failed_ = true;
  return done;
}

Result<Staged> Journal::stage(const NewMessage& message) {
  if (auto ready = begin_batch(); !ready) return std::unexpected(std::move(ready).error());
  const auto meta = encode_meta(*message.message);
  if (meta.size() > kMaxPayload || message.content.size() > kMaxPayload - meta.size()) {
    return permanent("message too large for the journal");
  }
  const auto bytes = record_bytes(meta.size() + message.content.size());
  if (auto room = active_->ensure(bytes + parts_.notes_bytes); !room) {
    return std::unexpected(std::move(room).error());
  }
  const auto place =
      active_->append({.type = RecordType::message, .key = message.key}, meta, message.content);
  const bool body = message.message->body_bytes > 0;
  new_bodies_ = new_bodies_ || body;
  changes_.push_back({Change::What::message, message.key, place, 0, body});
  if (auto spilled = spill(); !spilled) return std::unexpected(std::move(spilled).error());
  return Staged{active_->file(), place.offset + kRecordHeaderBytes + meta.size()};
}

void Journal::note(Progress progress) { notes_.emplace_back(std::move(progress)); }

void Journal::note_gone(Key key) { notes_.emplace_back(key); }

bool Journal::has_work() { return failed() || !notes_.empty() || compaction_.has_work(); }

Result<void> Journal::finish() {
  if (spill_failed_) {
    poison();
    return temporary("the journal could not be written");
  }
  if (auto ready = begin_batch(); !ready) return ready;
  stage_moves();
  stage_notes();
  auto written = write_out();
  if (!written) {
    poison();
    return written;
  }
  apply_changes();
  compaction_.on_synced();
  return {};
}

Result<void> Journal::write_out() {
  if (spill_failed_) return temporary("the journal could not be written");
  if (new_bodies_) {
    if (auto done = parts_.files.sync_directory(parts_.epoch); !done) return done;
  }
  if (active_->end() == active_->synced()) return {};
  return active_->sync();
}

// Before the notes: a gone record always comes after the copy of what it ends.
void Journal::stage_moves() {
  // Without room nothing moves, but a segment that nobody needs is removed all the same.
  const bool room = active_->ensure(2 * parts_.move_bytes + parts_.notes_bytes).has_value();
  for (const auto& move : compaction_.next_moves(room ? parts_.move_bytes : 0)) {
    const auto place =
        active_->append({.type = move.type, .key = move.key}, move.meta, move.content);
    switch (move.type) {
      case RecordType::message:
        changes_.push_back({Change::What::message, move.key, place, 0, move.body});
        break;
      case RecordType::progress:
        changes_.push_back({Change::What::progress, move.key, place});
        break;
      case RecordType::gone:
        changes_.push_back({Change::What::bury, move.key, place, move.target});
        break;
    }
  }
}

void Journal::stage_notes() {
  std::unordered_set<Key> ending;
  for (const auto& note : notes_) {
    if (const auto* key = std::get_if<Key>(&note)) ending.insert(*key);
  }
  for (const auto& note : notes_) {
    if (const auto* key = std::get_if<Key>(&note)) {
      stage_gone(*key);
    } else if (const auto& progress = std::get<Progress>(note); !ending.contains(progress.key)) {
      stage_progress(progress);
    }
    if (!spill()) return;  // write_out() says so
  }
}

void Journal::stage_progress(const Progress& progress) {
  auto state = states_.find(progress.key);
  if (state == states_.end()) {
    const auto found =
        parts_.index.with([&](Index& index) { return look_up(index, progress.key); });
    if (!found) return;
    auto fetched = fetch(*found, progress.key);
    // What cannot be read now is reported by the next load.
    if (!fetched) return;
    state = states_.emplace(progress.key, std::move(fetched->message.state)).first;
  }
  apply(progress, state->second);
  const auto place =
      active_->append({.type = RecordType::progress, .key = progress.key}, encode(state->second));
  changes_.push_back({Change::What::progress, progress.key, place});
}

void Journal::stage_gone(Key key) {
  const auto entry = parts_.index.with([&](Index& index) { return index.find(key); });
  if (!entry) return;
  const auto place =
      active_->append({.type = RecordType::gone, .key = key}, encode_gone(entry->message.segment));
  changes_.push_back({Change::What::gone, key, place, entry->message.segment, entry->body});
}

void Journal::apply_changes() {
  parts_.index.with([&](Index& index) {
    for (const auto& change : changes_) {
      switch (change.what) {
        case Change::What::message:
          index.put_message(change.key, change.place, change.body);
          break;
        case Change::What::progress:
          index.put_progress(change.key, change.place);
          break;
        case Change::What::gone:
          index.put_gone(change.key, change.place.segment, change.target);
          break;
        case Change::What::bury:
          index.bury(change.place.segment, change.target);
          break;
      }
    }
    index.segment(active_->number())->bytes = active_->end();
  });
  for (const auto& change : changes_) {
    if (change.what != Change::What::gone || !change.body) continue;
    // One that stays is an orphan, removed at the next start.
    [[maybe_unused]] const auto removed = parts_.files.remove(body_path(parts_.epoch, change.key));
  }
  changes_.clear();
  states_.clear();
  notes_.clear();
  new_bodies_ = false;
}

}  // namespace signet::queue
