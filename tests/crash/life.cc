#include "crash/life.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "queue/body_file.h"
#include "queue/load_message.h"

namespace signet::test {
namespace {

constexpr std::uint64_t kSegmentBytes = 3000;  // many segments, much compaction
constexpr std::size_t kBodyFrom = 500;         // content past this goes to a body file
constexpr int kMostSettling = 400;
const std::string kQueue = "/queue";

}  // namespace

void Ledger::only(const std::set<std::string>& there) {
  for (const auto& [id, content] : contents_) {
    if (!there.contains(id)) buried_.insert(id);
  }
}

void Ledger::compare(const std::multimap<std::string, std::string>& found) const {
  for (const auto& id : promised_) {
    EXPECT_EQ(found.count(id), 1U) << "promised: " << id;
  }
  for (const auto& [id, content] : found) {
    const auto offered = contents_.find(id);
    if (offered == contents_.end()) {
      ADD_FAILURE() << "never offered: " << id;
    } else {
      EXPECT_EQ(content, offered->second) << id;
    }
    EXPECT_EQ(found.count(id), 1U) << "twice: " << id;
    EXPECT_FALSE(buried_.contains(id)) << "came back: " << id;
  }
}

Life::Life(CrashDisk& disk, Ledger& ledger) : disk_(disk), ledger_(ledger) {}

bool Life::begin() {
  files_ = disk_.boot();
  auto home = queue::open_home(*files_, kQueue);
  if (!home) return false;
  epoch_ = home->epoch;
  lock_ = std::move(home->lock);
  next_key_ = home->replayed.next_key;
  index_.with([&](queue::Index& index) { index = std::move(home->replayed.index); });
  remarks_ = std::move(home->replayed.remarks);
  journal_ = std::make_unique<queue::Journal>(
      queue::JournalParts{.files = *files_,
                          .epoch = epoch_,
                          .index = index_,
                          .next_key = next_key_,
                          .segment_bytes = kSegmentBytes,
                          .last_segment = home->replayed.last_segment,
                          .reserve_bytes = 1024,
                          .notes_bytes = 256,
                          .move_bytes = 400});
  [[maybe_unused]] const auto begun = journal_->finish();
  auto adopted = queue::adopt_older({*files_, kQueue, epoch_, index_, next_key_}, *journal_);
  if (!adopted) return false;
  for (const auto key : index_.with([](queue::Index& index) { return index.keys(); })) {
    const auto found = index_.with([&](queue::Index& index) { return look_up(index, key); });
    const auto fetched = fetch(*found, key);
    if (fetched) live_[key] = fetched->message.envelope.id;
  }
  if (disk_.dead()) return false;
  ledger_.compare(everything());
  bury_the_rest();
  return true;
}

void Life::bury_the_rest() {
  std::set<std::string> there;
  for (const auto& [key, id] : live_) there.insert(id);
  ledger_.only(there);
}

bool Life::write_body(queue::Key key, const std::string& body) {
  queue::BodyFile file(*files_, queue::body_path(epoch_, key));
  file.write(body.substr(0, body.size() / 2));
  file.write(body.substr(body.size() / 2));
  if (file.finish()) return true;
  file.remove();
  return false;
}

struct Life::Offer {
  queue::Key key;
  queue::StoredMessage message;
  std::string content;
};

void Life::batch(std::mt19937& random) {
  const int count = static_cast<int>(random() % 4);
  std::vector<std::unique_ptr<Offer>> staged;
  for (int i = 0; i < count; ++i) {
    auto offer = std::make_unique<Offer>();
    offer->key = next_key_.fetch_add(1);
    auto& envelope = offer->message.envelope;
    envelope.id = "id" + std::to_string(offer->key) + "." + std::to_string(random());
    envelope.recipients = {{"a@example.org"}, {"b@example.org"}};
    offer->message.state.done = {false, false};
    std::string body(random() % (2 * kBodyFrom), static_cast<char>('a' + random() % 26));
    if (body.size() > kBodyFrom) {
      if (!write_body(offer->key, body)) continue;
      if (random() % 4 == 0) continue;  // the client went away: an orphan
      offer->message.body_bytes = body.size();
      offer->content = "head|";
      ledger_.offered(envelope.id, offer->content + body);
    } else {
      offer->content = "head|" + body;
      ledger_.offered(envelope.id, offer->content);
    }
    const auto done =
        journal_->stage({.key = offer->key, .message = &offer->message, .content = offer->content});
    if (done) staged.push_back(std::move(offer));
  }
  if (!journal_->finish()) return;
  for (const auto& one : staged) {
    ledger_.accepted(one->message.envelope.id);
    live_[one->key] = one->message.envelope.id;
  }
}

void Life::work(std::uint32_t seed, int steps) {
  std::mt19937 random(seed);
  for (int i = 0; i < steps; ++i) {
    const auto choice = random() % 10;
    if (choice < 4 || live_.empty()) {
      batch(random);
      continue;
    }
    auto chosen = live_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random() % live_.size()));
    if (choice < 6) {
      journal_->note({.key = chosen->first, .finished = {random() % 2}, .status = "waits"});
    } else {
      ledger_.finishing(chosen->second);
      journal_->note_gone(chosen->first);
      live_.erase(chosen);
    }
  }
}

bool Life::commit(const std::string& id, std::size_t length) {
  queue::StoredMessage message;
  message.envelope.id = id;
  const std::string content(length, 'x');
  ledger_.offered(id, content);
  const auto key = next_key_.fetch_add(1);
  const auto staged = journal_->stage({.key = key, .message = &message, .content = content});
  const auto finished = journal_->finish();
  if (!staged || !finished) return false;
  ledger_.accepted(id);
  live_[key] = id;
  return true;
}

void Life::end(const std::string& id) {
  for (const auto& [key, name] : live_) {
    if (name != id) continue;
    ledger_.finishing(id);
    journal_->note_gone(key);
    live_.erase(key);
    return;
  }
}

void Life::settle() {
  for (int i = 0; i < kMostSettling && journal_->has_work(); ++i) {
    [[maybe_unused]] const auto done = journal_->finish();
  }
  // A message refused by a failing disk may come back (docs/queue.md, "Failure").
  if (!journal_->has_work() && disk_.faults() == 0) bury_the_rest();
}

std::multimap<std::string, std::string> Life::everything() {
  std::multimap<std::string, std::string> all;
  const auto budget = std::make_shared<queue::MemoryBudget>(0);
  for (const auto key : index_.with([](queue::Index& index) { return index.keys(); })) {
    const auto found = index_.with([&](queue::Index& index) { return look_up(index, key); });
    const auto loaded = load_message(*files_, epoch_, found, key, budget);
    if (!loaded) {
      ADD_FAILURE() << "key " << key << ": " << loaded.error().what;
      continue;
    }
    const auto& content = *(*loaded)->content;
    all.emplace((*loaded)->envelope.id, content.read(0, content.size()).value_or("unreadable"));
  }
  return all;
}

std::size_t Life::segments() {
  return index_.with([](queue::Index& index) { return index.segments().size(); });
}

}  // namespace signet::test
