// Reads one message from where the index says it is. Blocks on disk; any thread: what it needs was
// taken out of the index before, and a removed segment stays readable while its File lives.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "queue/index.h"
#include "queue/message_record.h"
#include "signet/base/result.h"

namespace signet::queue {

// The files of an entry, held open.
struct Found {
  Entry entry;
  std::shared_ptr<const File> message_file{};
  std::uint64_t message_salt = 0;
  std::shared_ptr<const File> progress_file{};
  std::uint64_t progress_salt = 0;
};
[[nodiscard]] std::optional<Found> look_up(Index& index, Key key);

struct Fetched {
  StoredMessage message;  // with its progress
  std::string payload;    // of the message record
  std::size_t content_at = 0;
  std::uint64_t content_offset = 0;  // of the content octets in the segment

  [[nodiscard]] std::string_view content() const {
    return std::string_view(payload).substr(content_at);
  }
};
// Permanent error when the record does not hold any more.
[[nodiscard]] Result<Fetched> fetch(const Found& found, Key key);

// "7.segment", "12.body": names in an epoch.
[[nodiscard]] std::string segment_path(const std::string& epoch, std::uint64_t number);
[[nodiscard]] std::string damaged_path(const std::string& epoch, std::uint64_t number);
[[nodiscard]] std::string body_path(const std::string& epoch, Key key);
// The number in "7.segment" for the suffix ".segment"; empty for other names.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view name,
                                                     std::string_view suffix);

}  // namespace signet::queue
