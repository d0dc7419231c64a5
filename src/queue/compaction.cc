#include "queue/compaction.h"

#include <cerrno>

namespace signet::queue {

bool Compaction::has_work() {
  return victim_ || index_.with([](Index& index) { return index.victim() != 0; });
}

void Compaction::choose() {
  if (victim_) return;
  index_.with([&](Index& index) {
    const auto number = index.victim();
    if (number == 0) return;
    auto* segment = index.segment(number);
    const bool empty = Index::useful(*segment) == 0 && !segment->begun;
    // Only once something of it is copied do two message records of one key exist.
    if (!empty) segment->begun = true;
    victim_ = Victim{.number = number,
                     .salt = segment->salt,
                     .bytes = segment->bytes,
                     .all_given = empty,
                     .file = segment->file};
  });
}

std::optional<Move> Compaction::move_of(const Record& record) {
  const Key key = record.header.key;
  const Place here{victim_->number, static_cast<std::uint32_t>(record.bytes()), record.offset};
  Move move{.type = record.header.type, .key = key};
  if (record.header.type == RecordType::gone) {
    const auto target = decode_gone(record.payload).value_or(0);
    const bool needed = target != victim_->number && index_.with([&](Index& index) {
      return index.segment(static_cast<std::uint32_t>(target)) != nullptr;
    });
    if (!needed) return std::nullopt;
    move.target = static_cast<std::uint32_t>(target);
    move.meta = record.payload;
    return move;
  }
  const auto found = index_.with([&](Index& index) { return look_up(index, key); });
  if (!found) return std::nullopt;
  if (record.header.type == RecordType::progress) {
    // The progress of a message in the victim moves with the message.
    if (found->entry.progress != here || found->entry.message.segment == victim_->number) {
      return std::nullopt;
    }
    move.meta = record.payload;
    return move;
  }
  if (found->entry.message != here) return std::nullopt;
  auto fetched = fetch(*found, key);
  if (!fetched) return std::nullopt;  // it counts as live and makes the segment damaged
  move.meta = encode_meta(fetched->message);
  move.content = fetched->content();
  move.body = found->entry.body;
  return move;
}

std::vector<Move> Compaction::next_moves(std::uint64_t most) {
  choose();
  std::vector<Move> moves;
  if (!victim_ || victim_->all_given) return moves;
  SegmentReader reader(*victim_->file, victim_->salt, victim_->bytes, victim_->at);
  std::uint64_t octets = 0;
  while (octets < most) {
    const auto record = reader.next();
    if (!record) {
      give_up();
      return {};
    }
    if (!*record) {
      victim_->all_given = true;
      break;
    }
    if (auto move = move_of(**record)) {
      octets += (*record)->bytes();
      moves.push_back(std::move(*move));
    }
  }
  victim_->given = reader.at();
  return moves;
}

void Compaction::on_synced() {
  if (!victim_) return;
  victim_->at = victim_->given;
  if (victim_->all_given) remove_victim();
}

void Compaction::on_failed() {
  if (!victim_) return;
  victim_.reset();  // what was moved before is in the index; the rest is found again
}

void Compaction::give_up() {
  index_.with([&](Index& index) {
    if (auto* segment = index.segment(victim_->number)) segment->stuck = true;
  });
  victim_.reset();
}

void Compaction::remove_victim() {
  const auto number = victim_->number;
  const bool damaged = index_.with([&](Index& index) {
    const auto* segment = index.segment(number);
    return segment->damaged || segment->live > 0;  // what is still live could not be read
  });
  const auto path = segment_path(epoch_, number);
  auto removed = damaged ? files_.rename(path, damaged_path(epoch_, number)) : files_.remove(path);
  if (!removed && removed.error().system_code == ENOENT) removed = {};
  if (removed) removed = files_.sync_directory(epoch_);
  if (!removed) return;  // tried again with the next batch
  index_.with([&](Index& index) { index.forget_segment(number); });
  victim_.reset();
}

}  // namespace signet::queue
