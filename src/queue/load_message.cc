#include "queue/load_message.h"

#include <utility>

namespace signet::queue {
namespace {

Result<std::shared_ptr<const Content>> content_of(FileSystem& files, const std::string& epoch,
                                                  const Found& found, const Fetched& fetched,
                                                  Key key) {
  DiskContent::Parts parts{.segment = found.message_file,
                           .offset = fetched.content_offset,
                           .bytes = fetched.content().size()};
  if (fetched.message.body_bytes > 0) {
    auto body = files.open(body_path(epoch, key), Open::read);
    if (!body) return std::unexpected(std::move(body).error());
    const auto size = (*body)->size();
    if (!size) return std::unexpected(size.error());
    if (*size < fetched.message.body_bytes) {
      return permanent(body_path(epoch, key) + " is shorter than it was");
    }
    parts.body = std::move(*body);
    parts.body_bytes = fetched.message.body_bytes;
  }
  return std::make_shared<DiskContent>(std::move(parts));
}

}  // namespace

std::shared_ptr<Message> message_of(Key key, Fetched fetched) {
  auto& state = fetched.message.state;
  auto message = std::make_shared<Message>();
  message->key = key;
  message->envelope = std::move(fetched.message.envelope);
  message->done = std::move(state.done);
  message->attempts = state.attempts;
  message->last_attempt = state.last_attempt;
  message->next_attempt = state.next_attempt;
  message->status = std::move(state.status);
  message->warned = state.warned;
  message->released = state.released;
  return message;
}

Result<std::shared_ptr<Message>> load_message(FileSystem& files, const std::string& epoch,
                                              const std::optional<Found>& found, Key key,
                                              const std::shared_ptr<MemoryBudget>& budget) {
  if (!found) return permanent("no such message");
  auto fetched = fetch(*found, key);
  if (!fetched) return std::unexpected(std::move(fetched).error());
  std::shared_ptr<const Content> kept;
  const auto octets = fetched->content();
  // Read already: kept for delivery while there is room for it.
  if (fetched->message.body_bytes == 0 && budget->take(octets.size())) {
    kept = std::make_shared<MemoryContent>(std::string(octets), budget);
  } else {
    auto content = content_of(files, epoch, *found, *fetched, key);
    if (!content) return std::unexpected(std::move(content).error());
    kept = std::move(*content);
  }
  auto message = message_of(key, std::move(*fetched));
  message->content = std::move(kept);
  return message;
}

}  // namespace signet::queue
