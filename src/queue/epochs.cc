#include "queue/epochs.h"

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "queue/fetch.h"

namespace signet::queue {
namespace {

std::string journal_directory(const std::string& queue_directory) {
  return queue_directory + "/journal";
}

Result<void> remove_tree(FileSystem& files, const std::string& directory) {
  const auto names = files.list(directory);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    if (auto done = files.remove(directory + "/" + name); !done) return done;
  }
  return files.remove(directory);
}

// Adopted before, but the removal was cut short.
void remove_done(FileSystem& files, const std::string& journal) {
  const auto names = files.list(journal);
  if (!names) return;
  for (const auto& name : *names) {
    if (!number_of(name, ".done")) continue;
    // What stays is tried again at the next start.
    [[maybe_unused]] const auto removed = remove_tree(files, journal + "/" + name);
  }
}

// Queue ids of the messages that are in home already: an adoption may have been cut short.
Result<std::unordered_set<std::string>> ids_of(Guarded<Index>& index) {
  std::unordered_set<std::string> ids;
  for (const auto key : index.with([](Index& in) { return in.keys(); })) {
    const auto found = index.with([&](Index& in) { return look_up(in, key); });
    const auto fetched = fetch(*found, key);
    if (fetched) {
      ids.insert(fetched->message.envelope.id);
    } else if (fetched.error().kind == ErrorKind::temporary) {
      return std::unexpected(fetched.error());
    }
  }
  return ids;
}

class Mover final {
 public:
  Mover(const Adoption& adoption, Journal& journal, std::unordered_set<std::string> ids)
      : adoption_(adoption), journal_(journal), ids_(std::move(ids)) {}

  Result<void> move(const std::string& epoch);
  Adopted take() { return std::move(adopted_); }

 private:
  Result<void> move_message(const std::string& epoch, Index& index, Key key);
  Result<void> retire(const std::string& epoch, const std::string& suffix);

  const Adoption& adoption_;
  Journal& journal_;
  std::unordered_set<std::string> ids_;
  Adopted adopted_;
};

Result<void> Mover::move(const std::string& epoch) {
  const auto lock = adoption_.files.open(epoch + "/lock", Open::lock);
  if (!lock) {
    adopted_.remarks.push_back(epoch + " is left alone: " + lock.error().what);
    return {};
  }
  auto replayed = replay(adoption_.files, epoch, Repair::cut);
  if (!replayed) return std::unexpected(std::move(replayed).error());
  for (auto& text : replayed->remarks) adopted_.remarks.push_back(std::move(text));
  const auto keys = replayed->index.keys();
  for (const auto key : keys) {
    if (auto done = move_message(epoch, replayed->index, key); !done) return done;
  }
  if (auto done = journal_.finish(); !done) return done;
  adopted_.remarks.push_back(epoch + ": " + std::to_string(keys.size()) +
                             " messages adopted into " + adoption_.home);
  const bool damaged = std::ranges::any_of(replayed->index.segments(),
                                           [](const auto& row) { return row.second.damaged; });
  return retire(epoch, damaged ? ".damaged" : ".done");
}

Result<void> Mover::move_message(const std::string& epoch, Index& index, Key key) {
  auto fetched = fetch(*look_up(index, key), key);
  if (!fetched) {
    if (fetched.error().kind == ErrorKind::temporary) return std::unexpected(fetched.error());
    adopted_.remarks.push_back(epoch + ": a message is lost: " + fetched.error().what);
    return {};
  }
  const auto& message = fetched->message;
  if (!ids_.insert(message.envelope.id).second) return {};
  const Key fresh = adoption_.next_key.fetch_add(1);
  if (message.body_bytes > 0) {
    auto linked = adoption_.files.link(body_path(epoch, key), body_path(adoption_.home, fresh));
    if (!linked && linked.error().system_code == ENOENT) {
      adopted_.remarks.push_back(epoch + ": a message is lost: " + linked.error().what);
      return {};
    }
    if (!linked) return linked;
  }
  const auto staged =
      journal_.stage({.key = fresh, .message = &message, .content = fetched->content()});
  if (!staged) return std::unexpected(staged.error());
  adopted_.waiting.push_back({fresh, message.envelope.arrived, message.state.next_attempt});
  return {};
}

// From here on the epoch is not read again; a damaged one is kept for a human.
Result<void> Mover::retire(const std::string& epoch, const std::string& suffix) {
  const auto journal = journal_directory(adoption_.queue_directory);
  auto done = adoption_.files.rename(epoch, epoch + suffix);
  if (done) done = adoption_.files.sync_directory(journal);
  if (!done) return done;
  remove_done(adoption_.files, journal);
  return {};
}

}  // namespace

Result<std::vector<std::string>> epochs_of(FileSystem& files, const std::string& queue_directory) {
  const auto journal = journal_directory(queue_directory);
  const auto names = files.list(journal);
  if (!names) return std::unexpected(names.error());
  std::vector<std::uint64_t> numbers;
  for (const auto& name : *names) {
    if (const auto number = number_of(name, "")) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  std::vector<std::string> epochs;
  for (const auto number : numbers) epochs.push_back(journal + "/" + std::to_string(number));
  return epochs;
}

Result<Home> open_home(FileSystem& files, const std::string& queue_directory) {
  const auto journal = journal_directory(queue_directory);
  auto made = files.make_directory(queue_directory);
  if (made) made = files.make_directory(journal);
  if (made) made = files.sync_directory(queue_directory);
  if (!made) return std::unexpected(std::move(made).error());
  remove_done(files, journal);
  const auto epochs = epochs_of(files, queue_directory);
  if (!epochs) return std::unexpected(epochs.error());
  Home home{.epoch = epochs->empty() ? journal + "/1" : epochs->back()};
  made = files.make_directory(home.epoch);
  if (made) made = files.sync_directory(journal);
  if (!made) return std::unexpected(std::move(made).error());
  auto lock = files.open(home.epoch + "/lock", Open::lock);
  if (!lock && lock.error().system_code == EWOULDBLOCK) {
    auto error = std::move(lock).error();
    error.what = home.epoch + " is locked by another process";
    return std::unexpected(std::move(error));
  }
  if (!lock) return std::unexpected(std::move(lock).error());
  home.lock = std::move(*lock);
  auto replayed = replay(files, home.epoch, Repair::cut);
  if (!replayed) return std::unexpected(std::move(replayed).error());
  home.replayed = std::move(*replayed);
  return home;
}

Result<Adopted> adopt_older(const Adoption& adoption, Journal& journal) {
  auto epochs = epochs_of(adoption.files, adoption.queue_directory);
  if (!epochs) return std::unexpected(std::move(epochs).error());
  std::erase(*epochs, adoption.home);
  if (epochs->empty()) return Adopted{};
  auto ids = ids_of(adoption.index);
  if (!ids) return std::unexpected(std::move(ids).error());
  Mover mover(adoption, journal, std::move(*ids));
  for (const auto& epoch : *epochs) {
    if (auto done = mover.move(epoch); !done) {
      return std::unexpected(std::move(done).error().within("adopting " + epoch));
    }
  }
  return mover.take();
}

}  // namespace signet::queue
