#include "queue/fetch.h"

#include "queue/record.h"
#include "signet/base/text.h"

namespace signet::queue {
namespace {

struct Wanted {
  const File& file;
  std::uint64_t salt;
  Place place;
  RecordType type;
};

Result<std::string> fetch_payload(const Wanted& wanted, Key key) {
  std::string octets(wanted.place.bytes, '\0');
  const auto got = wanted.file.read_at(wanted.place.offset, octets);
  if (!got) return std::unexpected(got.error());
  octets.resize(*got);
  const auto header = decode_record_header(octets, {wanted.salt, wanted.place.offset});
  const bool right = header && header->key == key && header->type == wanted.type &&
                     octets.size() >= kRecordHeaderBytes + header->length;
  if (right) {
    octets.resize(kRecordHeaderBytes + header->length);
    octets.erase(0, kRecordHeaderBytes);
    if (payload_holds(*header, wanted.salt, octets)) return octets;
  }
  return permanent("the record at " + std::to_string(wanted.place.segment) + ".segment octet " +
                   std::to_string(wanted.place.offset) + " is damaged");
}

}  // namespace

std::optional<Found> look_up(Index& index, Key key) {
  const auto entry = index.find(key);
  if (!entry) return std::nullopt;
  Found found{.entry = *entry};
  if (const auto* in = index.segment(entry->message.segment)) {
    found.message_file = in->file;
    found.message_salt = in->salt;
  }
  if (const auto* in = index.segment(entry->progress.segment)) {
    found.progress_file = in->file;
    found.progress_salt = in->salt;
  }
  return found;
}

Result<Fetched> fetch(const Found& found, Key key) {
  const auto& place = found.entry.message;
  if (!found.message_file) {
    return permanent(std::to_string(place.segment) + ".segment is not there any more");
  }
  auto payload =
      fetch_payload({*found.message_file, found.message_salt, place, RecordType::message}, key);
  if (!payload) return std::unexpected(payload.error());
  auto decoded = decode_message(*payload);
  if (!decoded) {
    return permanent("a message in " + std::to_string(place.segment) + ".segment makes no sense");
  }
  Fetched fetched{.message = std::move(decoded->message),
                  .payload = std::move(*payload),
                  .content_at = decoded->content_at,
                  .content_offset = place.offset + kRecordHeaderBytes + decoded->content_at};
  if (found.progress_file) {
    const auto progress = fetch_payload(
        {*found.progress_file, found.progress_salt, found.entry.progress, RecordType::progress},
        key);
    // A progress that cannot be read is forgotten like one that was not synced: the message stays.
    auto state = progress ? decode_state(*progress) : std::nullopt;
    if (state && state->done.size() == fetched.message.state.done.size()) {
      fetched.message.state = std::move(*state);
    }
  }
  return fetched;
}

std::string segment_path(const std::string& epoch, std::uint64_t number) {
  return epoch + "/" + std::to_string(number) + ".segment";
}

std::string damaged_path(const std::string& epoch, std::uint64_t number) {
  return epoch + "/" + std::to_string(number) + ".damaged";
}

std::string body_path(const std::string& epoch, Key key) {
  return epoch + "/" + std::to_string(key) + ".body";
}

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  const auto number = parse_number(name);
  if (!number || *number == 0 || std::to_string(*number) != name) return std::nullopt;
  return number;
}

}  // namespace signet::queue
