#include "support/memory_spool.h"

#include <algorithm>
#include <utility>

#include "queue/commit_maker.h"

namespace signet::test {
namespace {

class MemoryContent final : public queue::Content {
 public:
  explicit MemoryContent(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::size_t most) const override {
    return offset >= text_.size() ? std::string() : text_.substr(offset, most);
  }
  [[nodiscard]] std::string_view in_memory() const override { return text_; }

 private:
  std::string text_;
};

}  // namespace

struct MemorySpool::Held {
  loop::Loop* loop;
  std::shared_ptr<queue::Message> message;
  queue::OnCommitted answer;
};

struct MemorySpool::Core {
  void answer(Held one);

  mutable std::mutex mutex;
  queue::Key last_key = 0;
  std::map<queue::Key, std::shared_ptr<queue::Message>> messages;
  std::vector<queue::Progress> progress;
  std::vector<queue::Key> forgotten;
  std::optional<Error> failure;
  std::optional<std::string> failing_sender;
  std::vector<Held> held;
  bool holding = false;
  bool congested = false;
  Room room{.free_bytes = 1ULL << 40, .failed = false};
  std::vector<MemoryDraft*> drafts;
};

class MemorySpool::MemoryDraft final : public queue::Draft {
 public:
  MemoryDraft(std::shared_ptr<Core> core, loop::Loop& loop) : core_(std::move(core)), loop_(loop) {
    const std::scoped_lock lock(core_->mutex);
    core_->drafts.push_back(this);
  }
  ~MemoryDraft() override {
    const std::scoped_lock lock(core_->mutex);
    std::erase(core_->drafts, this);
  }
  MemoryDraft(const MemoryDraft&) = delete;
  MemoryDraft& operator=(const MemoryDraft&) = delete;

  void append(std::string_view bytes) override { text_ += bytes; }
  [[nodiscard]] bool congested() const override {
    const std::scoped_lock lock(core_->mutex);
    return core_->congested;
  }
  void on_relief(loop::Task call) override {
    {
      const std::scoped_lock lock(core_->mutex);
      relief_->call = std::move(call);
      if (core_->congested) return;
    }
    post_relief();
  }
  // What is posted holds the slot weakly: after the draft is gone nothing is called.
  void post_relief() {
    loop_.post([slot = std::weak_ptr(relief_)] {
      const auto kept = slot.lock();
      if (!kept || !kept->call) return;
      auto call = std::exchange(kept->call, nullptr);
      call();
    });
  }

  void read(std::uint64_t offset, std::size_t most, queue::OnRead answer) override {
    auto octets = offset < text_.size() ? text_.substr(offset, most) : std::string();
    loop_.post([here = std::weak_ptr(relief_), octets = std::move(octets),
                answer = std::move(answer)]() mutable {
      if (!here.expired()) answer(std::move(octets));
    });
  }

  [[nodiscard]] loop::Loop& loop() const { return loop_; }
  [[nodiscard]] std::string take_text() { return std::move(text_); }

 private:
  struct Relief {
    loop::Task call;
  };
  std::shared_ptr<Core> core_;
  loop::Loop& loop_;
  std::string text_;
  std::shared_ptr<Relief> relief_ = std::make_shared<Relief>();
};

void MemorySpool::Core::answer(Held one) {
  std::optional<Error> error;
  {
    const std::scoped_lock lock(mutex);
    if (!failing_sender || *failing_sender == one.message->envelope.sender) error = failure;
    if (!error) {
      // As on disk: whoever delivers it changes a copy of its own.
      messages[one.message->key] = std::make_shared<queue::Message>(*one.message);
    }
  }
  one.loop->post([one = std::move(one), error = std::move(error)]() mutable {
    if (error) return one.answer(std::unexpected(std::move(*error)));
    one.answer(queue::CommitMaker::make(std::move(one.message)));
  });
}

MemorySpool::MemorySpool() : core_(std::make_shared<Core>()) {}
MemorySpool::~MemorySpool() = default;

std::unique_ptr<queue::Draft> MemorySpool::begin(loop::Loop& loop) {
  return std::make_unique<MemoryDraft>(core_, loop);
}

void MemorySpool::commit(std::unique_ptr<queue::Draft> draft, mail::Envelope envelope,
                         std::string head, queue::OnCommitted answer) {
  auto& mine = static_cast<MemoryDraft&>(*draft);
  auto message = std::make_shared<queue::Message>();
  message->done.resize(envelope.recipients.size());
  message->next_attempt = envelope.arrived;
  message->envelope = std::move(envelope);
  message->content = std::make_shared<MemoryContent>(std::move(head) + mine.take_text());
  Held one{&mine.loop(), std::move(message), std::move(answer)};
  draft.reset();
  {
    const std::scoped_lock lock(core_->mutex);
    one.message->key = ++core_->last_key;
    if (core_->holding) {
      core_->held.push_back(std::move(one));
      return;
    }
  }
  core_->answer(std::move(one));
}

void MemorySpool::record(queue::Progress progress) {
  const std::scoped_lock lock(core_->mutex);
  if (const auto found = core_->messages.find(progress.key); found != core_->messages.end()) {
    // As on disk: those who hold the message keep their own copy of its state.
    auto changed = std::make_shared<queue::Message>(*found->second);
    for (const auto index : progress.finished) {
      if (index < changed->done.size()) changed->done[index] = true;
    }
    if (progress.attempted) {
      ++changed->attempts;
      changed->last_attempt = progress.when;
    }
    changed->next_attempt = progress.next_attempt;
    changed->status = progress.status;
    changed->warned = changed->warned || progress.warned;
    changed->released = changed->released || progress.released;
    found->second = std::move(changed);
  }
  core_->progress.push_back(std::move(progress));
}

void MemorySpool::forget(queue::Key key) {
  const std::scoped_lock lock(core_->mutex);
  core_->messages.erase(key);
  core_->forgotten.push_back(key);
}

void MemorySpool::load(queue::Key key, loop::Loop& loop, queue::OnLoaded answer) {
  std::shared_ptr<queue::Message> copy;
  {
    const std::scoped_lock lock(core_->mutex);
    const auto found = core_->messages.find(key);
    if (found != core_->messages.end()) copy = std::make_shared<queue::Message>(*found->second);
  }
  loop.post([copy = std::move(copy), answer = std::move(answer)]() mutable {
    if (!copy) return answer(permanent("no such message"));
    answer(std::move(copy));
  });
}

queue::Spool::Room MemorySpool::room() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->room;
}

void MemorySpool::flush() {}

void MemorySpool::fail_commits(std::optional<Error> error, std::optional<std::string> sender) {
  const std::scoped_lock lock(core_->mutex);
  core_->failing_sender = std::move(sender);
  core_->failure = std::move(error);
}

void MemorySpool::hold_commits() {
  const std::scoped_lock lock(core_->mutex);
  core_->holding = true;
}

void MemorySpool::release_commits() {
  std::vector<Held> released;
  {
    const std::scoped_lock lock(core_->mutex);
    core_->holding = false;
    released = std::exchange(core_->held, {});
  }
  for (auto& one : released) core_->answer(std::move(one));
}

void MemorySpool::congest() {
  const std::scoped_lock lock(core_->mutex);
  core_->congested = true;
}

void MemorySpool::relieve() {
  const std::scoped_lock lock(core_->mutex);
  core_->congested = false;
  for (auto* draft : core_->drafts) draft->post_relief();
}

void MemorySpool::set_room(Room room) {
  const std::scoped_lock lock(core_->mutex);
  core_->room = room;
}

queue::Key MemorySpool::put(mail::Envelope envelope, std::string content) {
  auto message = std::make_shared<queue::Message>();
  message->done.resize(envelope.recipients.size());
  message->next_attempt = envelope.arrived;
  message->envelope = std::move(envelope);
  message->content = std::make_shared<MemoryContent>(std::move(content));
  const std::scoped_lock lock(core_->mutex);
  message->key = ++core_->last_key;
  core_->messages[message->key] = message;
  return message->key;
}

std::size_t MemorySpool::held() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->held.size();
}

std::size_t MemorySpool::drafts() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->drafts.size();
}

std::vector<queue::Message> MemorySpool::messages() const {
  const std::scoped_lock lock(core_->mutex);
  std::vector<queue::Message> all;
  for (const auto& [key, message] : core_->messages) all.push_back(*message);
  return all;
}

std::string MemorySpool::content(queue::Key key) const {
  const std::scoped_lock lock(core_->mutex);
  const auto found = core_->messages.find(key);
  if (found == core_->messages.end()) return {};
  return std::string(found->second->content->in_memory());
}

const std::vector<queue::Progress>& MemorySpool::progress() const { return core_->progress; }
const std::vector<queue::Key>& MemorySpool::forgotten() const { return core_->forgotten; }

}  // namespace signet::test
