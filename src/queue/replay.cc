#include "queue/replay.h"

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "queue/fetch.h"
#include "queue/segment_reader.h"

namespace signet::queue {
namespace {

class Replay final {
 public:
  Replay(FileSystem& files, const std::string& epoch, Repair repair)
      : files_(files), epoch_(epoch), repair_(repair) {}

  Result<Replayed> run();

 private:
  Result<void> read_segment(std::uint32_t number);
  Result<void> on_headless(std::uint32_t number, const File& file);
  Result<void> read_records(std::uint32_t number, Segment& segment);
  void on_record(std::uint32_t number, const Record& record);
  void on_end(std::uint32_t number, const SegmentReader& reader);
  Result<void> settle_bodies(const std::vector<std::string>& names);
  void remark(std::uint32_t number, const std::string& text) {
    done_.remarks.push_back(segment_path(epoch_, number) + ": " + text);
  }
  [[nodiscard]] bool last(std::uint32_t number) const { return number == done_.last_segment; }

  FileSystem& files_;
  const std::string& epoch_;
  Repair repair_;
  Replayed done_;
};

Result<Replayed> Replay::run() {
  const auto names = files_.list(epoch_);
  if (!names) return std::unexpected(names.error());
  std::vector<std::uint32_t> numbers;
  for (const auto& name : *names) {
    const auto segment = number_of(name, ".segment");
    const auto damaged = number_of(name, ".damaged");
    // A number is never used twice, not even that of a segment set aside.
    const auto used = segment ? segment : damaged;
    if (!used || *used > UINT32_MAX) continue;
    done_.last_segment = std::max(done_.last_segment, static_cast<std::uint32_t>(*used));
    if (segment) numbers.push_back(static_cast<std::uint32_t>(*segment));
  }
  std::ranges::sort(numbers);
  for (const auto number : numbers) {
    if (auto done = read_segment(number); !done) {
      // Beside a running writer a segment may have been removed meanwhile.
      if (repair_ == Repair::none && done.error().system_code == ENOENT) continue;
      return std::unexpected(std::move(done).error());
    }
  }
  if (auto done = settle_bodies(*names); !done) return std::unexpected(std::move(done).error());
  return std::move(done_);
}

Result<void> Replay::read_segment(std::uint32_t number) {
  auto opened =
      files_.open(segment_path(epoch_, number), repair_ == Repair::cut ? Open::write : Open::read);
  if (!opened) return std::unexpected(std::move(opened).error());
  Segment segment{.file = std::move(*opened), .sealed = true};
  const auto size = segment.file->size();
  if (!size) return std::unexpected(size.error());
  const auto header = read_segment_header(*segment.file);
  if (!header) return std::unexpected(header.error());
  if (!*header || (*header)->number != number) return on_headless(number, *segment.file);
  segment.salt = (*header)->salt;
  segment.bytes = *size;
  done_.next_key = std::max(done_.next_key, (*header)->next_key);
  return read_records(number, segment);
}

// Nothing is ever written to a segment before its header is safe: one without a header is a
// creation cut short, or it is damaged.
Result<void> Replay::on_headless(std::uint32_t number, const File& file) {
  std::string octets(1U << 16, '\0');
  const auto got = file.read_at(kSegmentHeaderBytes, octets);
  if (!got) return std::unexpected(got.error());
  octets.resize(*got);
  const bool empty = octets.find_first_not_of('\0') == std::string::npos;
  if (!empty) remark(number, "its header is damaged; set aside, no message in it can be read");
  if (repair_ == Repair::none) return {};
  const auto path = segment_path(epoch_, number);
  return empty ? files_.remove(path) : files_.rename(path, damaged_path(epoch_, number));
}

Result<void> Replay::read_records(std::uint32_t number, Segment& segment) {
  const auto file = segment.file;
  SegmentReader reader(*file, segment.salt, segment.bytes);
  done_.index.add_segment(number, segment);
  while (true) {
    const auto record = reader.next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    on_record(number, **record);
  }
  const bool shorter = reader.at() < segment.bytes;
  on_end(number, reader);
  if (shorter && last(number) && repair_ == Repair::cut) {
    auto cut = file->truncate(reader.at());
    if (cut) cut = file->sync();
    // Not cut, it is read the same way next time.
    if (!cut) remark(number, cut.error().what);
  }
  return {};
}

void Replay::on_record(std::uint32_t number, const Record& record) {
  const Key key = record.header.key;
  const Place place{number, static_cast<std::uint32_t>(record.bytes()), record.offset};
  done_.next_key = std::max(done_.next_key, key + 1);
  auto& index = done_.index;
  switch (record.header.type) {
    case RecordType::message:
      if (const auto glance = glance_at_message(record.payload)) {
        index.put_message(key, place, glance->body_bytes > 0);
        done_.waiting[key] = {key, glance->arrived, glance->next_attempt};
      }
      break;
    case RecordType::progress: {
      const auto found = done_.waiting.find(key);
      const auto glance = glance_at_progress(record.payload);
      if (!glance || found == done_.waiting.end()) break;
      index.put_progress(key, place);
      found->second.next_attempt = glance->next_attempt;
      break;
    }
    case RecordType::gone: {
      const auto target = decode_gone(record.payload).value_or(0);
      index.put_gone(key, number, static_cast<std::uint32_t>(target));
      done_.waiting.erase(key);
      break;
    }
  }
}

void Replay::on_end(std::uint32_t number, const SegmentReader& reader) {
  auto* segment = done_.index.segment(number);
  segment->bytes = reader.at();
  if (reader.damage() > 0) {
    remark(number, std::to_string(reader.damage()) +
                       " octets between records are damaged; what follows them is kept");
  }
  if (reader.torn()) {
    remark(number,
           "torn after octet " + std::to_string(reader.at()) + "; what follows is no record");
  }
  // In the last segment a power cut explains it, and nobody was told that it was safe.
  segment->damaged = !last(number) && (reader.damage() > 0 || reader.torn());
}

Result<void> Replay::settle_bodies(const std::vector<std::string>& names) {
  std::unordered_set<Key> present;
  for (const auto& name : names) {
    const auto key = number_of(name, ".body");
    if (!key) continue;
    done_.next_key = std::max(done_.next_key, *key + 1);
    const auto entry = done_.index.find(*key);
    if (entry && entry->body) {
      present.insert(*key);
    } else if (repair_ == Repair::cut) {
      // An orphan that stays is tried again next time.
      [[maybe_unused]] const auto removed = files_.remove(body_path(epoch_, *key));
    }
  }
  for (const auto& [key, unused] : done_.waiting) {
    const auto entry = done_.index.find(key);
    if (repair_ == Repair::cut && entry && entry->body && !present.contains(key)) {
      done_.remarks.push_back(body_path(epoch_, key) + " is missing: its message cannot be read");
    }
  }
  return {};
}

}  // namespace

Result<Replayed> replay(FileSystem& files, const std::string& epoch, Repair repair) {
  return Replay(files, epoch, repair).run();
}

}  // namespace signet::queue
