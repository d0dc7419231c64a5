#include "queue/committer.h"

#include <utility>

#include "queue/commit_maker.h"
#include "queue/fetch.h"

namespace signet::queue {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kNotesWait{200};      // notes ride with a commit, at most this late
constexpr milliseconds kCompactionWait{20};  // between steps of compaction when nobody commits
constexpr milliseconds kRetryWait{1000};     // after a failure of the disk
constexpr std::size_t kManyNotes = 4096;
constexpr milliseconds kGatherWait{2};             // for the company of messages that are coming in
constexpr std::size_t kManyMessages = 64;          // company enough
constexpr int kLonelyBatches = 16;                 // without a wait, when one was in vain
constexpr std::uint64_t kBatchBytes = 8ULL << 20;  // content in one batch

}  // namespace

Committer::Committer(std::unique_ptr<Journal> journal, FileSystem& files, std::string epoch,
                     std::shared_ptr<MemoryBudget> budget, const Growing::Count& growing)
    : journal_(std::move(journal)),
      files_(files),
      epoch_(std::move(epoch)),
      budget_(std::move(budget)),
      growing_(growing),
      failed_(journal_->failed()),
      thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
}

// The thread is woken when it begins to have work and when it has waited enough; each time is a
// switch of context.
void Committer::commit(Commission commission) {
  const std::scoped_lock lock(mutex_);
  asked_.commissions.push_back(std::move(commission));
  if (asked_.commissions.size() == 1 || enough()) work_.notify_one();
}

void Committer::note(Note note) {
  const std::scoped_lock lock(mutex_);
  asked_.notes.push_back(std::move(note));
  const auto count = asked_.notes.size();
  if (count == 1 || count == kManyNotes) work_.notify_one();
}

void Committer::flush() {
  std::unique_lock lock(mutex_);
  const auto ticket = ++flush_asked_;
  work_.notify_one();
  flushed_.wait(lock, [&] { return flush_done_ >= ticket; });
}

bool Committer::urgent() const {
  return stopping_ || flush_asked_ != flush_done_ || !asked_.commissions.empty() ||
         asked_.notes.size() >= kManyNotes;
}

bool Committer::enough() const {
  return stopping_ || flush_asked_ != flush_done_ || asked_.commissions.size() >= kManyMessages ||
         growing_.load(std::memory_order_relaxed) == 0;
}

// A sync is for all who want one: who comes within a moment shares it. A single client, and many
// slow ones, find that waiting brings nobody, and then it is not tried for a while.
void Committer::gather(std::unique_lock<std::mutex>& lock) {
  if (asked_.commissions.empty() || enough() || journal_->failed()) return;
  if (lonely_ > 0) {
    --lonely_;
    return;
  }
  const auto before = asked_.commissions.size();
  work_.wait_for(lock, kGatherWait, [this] { return enough(); });
  if (asked_.commissions.size() == before) lonely_ = kLonelyBatches;
}

milliseconds Committer::patience() {
  if (journal_->failed()) return kRetryWait;
  return asked_.notes.empty() && journal_->has_work() ? kCompactionWait : kNotesWait;
}

bool Committer::take(Asked& taken, std::uint64_t& flush) {
  std::unique_lock lock(mutex_);
  const auto any = [this] { return urgent() || !asked_.notes.empty(); };
  if (!journal_->has_work()) work_.wait(lock, any);
  work_.wait_for(lock, patience(), [this] { return urgent(); });
  gather(lock);
  if (stopping_ && asked_.commissions.empty() && asked_.notes.empty()) return false;
  std::uint64_t octets = 0;
  auto end = asked_.commissions.begin();
  while (end != asked_.commissions.end() && octets < kBatchBytes) octets += (end++)->content.size();
  taken.commissions.assign(std::make_move_iterator(asked_.commissions.begin()),
                           std::make_move_iterator(end));
  asked_.commissions.erase(asked_.commissions.begin(), end);
  taken.notes = std::exchange(asked_.notes, {});
  flush = asked_.commissions.empty() ? flush_asked_ : flush_done_;
  return true;
}

void Committer::run() {
  Asked taken;
  std::uint64_t flush = 0;
  while (take(taken, flush)) {
    write(taken);
    taken.commissions.clear();
    taken.notes.clear();
    {
      const std::scoped_lock lock(mutex_);
      flush_done_ = std::max(flush_done_, flush);
    }
    flushed_.notify_all();
  }
}

void Committer::write(Asked& asked) {
  for (auto& note : asked.notes) {
    if (const auto* key = std::get_if<Key>(&note)) {
      journal_->note_gone(*key);
    } else {
      journal_->note(std::move(std::get<Progress>(note)));
    }
  }
  Result<void> finished;
  // After a failure one attempt, with the notes alone, says whether the disk is well again.
  if (journal_->failed()) finished = journal_->finish();
  std::vector<Result<Staged>> staged;
  if (finished) {
    for (const auto& one : asked.commissions) {
      staged.push_back(
          journal_->stage({.key = one.key, .message = &one.message, .content = one.content}));
    }
    finished = journal_->finish();
  } else {
    staged.assign(asked.commissions.size(), std::unexpected(finished.error()));
  }
  failed_.store(journal_->failed());
  answer_all(asked.commissions, staged, finished);
}

void Committer::answer_all(std::vector<Commission>& commissions,
                           std::vector<Result<Staged>>& staged, const Result<void>& finished) {
  for (std::size_t i = 0; i < commissions.size(); ++i) {
    auto& one = commissions[i];
    auto* loop = one.loop;
    if (staged[i] && finished) {
      loop->post([answer = std::move(one.answer),
                  committed = CommitMaker::make(message_of(one, *staged[i]))]() mutable {
        answer(std::move(committed));
      });
      continue;
    }
    // In a batch that failed halfway the record may have reached the disk: its body stays then, and
    // the next start finds out.
    if (!staged[i] && one.body) {
      [[maybe_unused]] const auto removed = files_.remove(body_path(epoch_, one.key));
    }
    auto error = Error(staged[i] ? finished.error() : staged[i].error())
                     .within("committing " + one.message.envelope.id);
    loop->post([answer = std::move(one.answer), error = std::move(error)]() mutable {
      answer(std::unexpected(std::move(error)));
    });
  }
}

std::shared_ptr<Message> Committer::message_of(Commission& commission, const Staged& staged) {
  auto message = std::make_shared<Message>();
  message->key = commission.key;
  message->done = commission.message.state.done;
  message->next_attempt = commission.message.state.next_attempt;
  if (!commission.body && budget_->take(commission.content.size())) {
    message->content = std::make_shared<MemoryContent>(std::move(commission.content), budget_);
  } else {
    message->content = std::make_shared<DiskContent>(
        DiskContent::Parts{.segment = staged.file,
                           .offset = staged.content_offset,
                           .bytes = commission.content.size(),
                           .body = std::move(commission.body),
                           .body_bytes = commission.message.body_bytes});
  }
  message->envelope = std::move(commission.message.envelope);
  return message;
}

}  // namespace signet::queue
