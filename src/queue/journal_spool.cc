// JournalSpool: Spool over the journal. The work is done by the committer thread, one body worker
// and one reader; this file only passes things on.
#include "signet/queue/journal_spool.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "queue/committer.h"
#include "queue/epochs.h"
#include "queue/fetch.h"
#include "queue/journal_draft.h"
#include "queue/load_message.h"
#include "queue/open_journal.h"

namespace signet::queue {
namespace {

class JournalSpool final : public Spool {
 public:
  JournalSpool(std::unique_ptr<FileSystem> files, JournalOptions options)
      : files_(std::move(files)),
        options_(std::move(options)),
        budget_(std::make_shared<MemoryBudget>(options_.memory_bytes)) {}
  ~JournalSpool() override { settle(); }
  JournalSpool(const JournalSpool&) = delete;
  JournalSpool& operator=(const JournalSpool&) = delete;

  // Errors as open_journal.
  Result<Recovered> open();

  std::unique_ptr<Draft> begin(loop::Loop& loop) override;
  void commit(std::unique_ptr<Draft> draft, mail::Envelope envelope, std::string head,
              OnCommitted answer) override;
  void record(Progress progress) override { committer_->note(std::move(progress)); }
  void forget(Key key) override { committer_->note(key); }
  void load(Key key, loop::Loop& loop, OnLoaded answer) override;
  [[nodiscard]] Room room() const override;
  void flush() override { settle(); }

 private:
  void commit_body(std::shared_ptr<BodyFile> body, Commission commission);
  void settle();

  std::unique_ptr<FileSystem> files_;
  JournalOptions options_;
  std::shared_ptr<MemoryBudget> budget_;
  std::string epoch_;
  std::unique_ptr<File> lock_;
  Guarded<Index> index_;
  std::atomic<Key> next_key_{1};
  BodyTraffic traffic_;
  Growing::Count growing_{0};
  mutable std::atomic<Duration::rep> looked_{0};  // at the disk, on the steady clock
  mutable std::atomic<std::uint64_t> free_bytes_{0};
  Gate gate_;
  std::unique_ptr<Committer> committer_;
  loop::Workers reader_{1};
  loop::Workers bodies_{1};
};

Result<Recovered> JournalSpool::open() {
  const std::string directory = options_.directory.string();
  auto home = open_home(*files_, directory);
  if (!home) return std::unexpected(std::move(home).error());
  epoch_ = std::move(home->epoch);
  lock_ = std::move(home->lock);
  auto& replayed = home->replayed;
  next_key_ = replayed.next_key;
  index_.with([&](Index& index) { index = std::move(replayed.index); });
  free_bytes_ = files_->free_bytes(epoch_);
  auto journal = std::make_unique<Journal>(JournalParts{.files = *files_,
                                                        .epoch = epoch_,
                                                        .index = index_,
                                                        .next_key = next_key_,
                                                        .segment_bytes = options_.segment_bytes,
                                                        .last_segment = replayed.last_segment});
  Recovered recovered{.remarks = std::move(replayed.remarks)};
  for (const auto& [key, one] : replayed.waiting) recovered.waiting.push_back(one);
  // A journal that cannot be written now (no space) still serves what it has.
  if (auto begun = journal->finish(); !begun) recovered.remarks.push_back(begun.error().what);
  auto adopted = adopt_older({*files_, directory, epoch_, index_, next_key_}, *journal);
  if (!adopted) return std::unexpected(std::move(adopted).error());
  recovered.waiting.insert(recovered.waiting.end(), adopted->waiting.begin(),
                           adopted->waiting.end());
  recovered.remarks.insert(recovered.remarks.end(), adopted->remarks.begin(),
                           adopted->remarks.end());
  std::ranges::sort(recovered.waiting, {}, &Waiting::next_attempt);
  committer_ = std::make_unique<Committer>(std::move(journal), *files_, epoch_, budget_, growing_);
  return recovered;
}

std::unique_ptr<Draft> JournalSpool::begin(loop::Loop& loop) {
  return std::make_unique<JournalDraft>(DraftParts{.loop = loop,
                                                   .files = *files_,
                                                   .epoch = epoch_,
                                                   .key = next_key_.fetch_add(1),
                                                   .body_file_bytes = options_.body_file_bytes,
                                                   .bodies = bodies_,
                                                   .gate = gate_,
                                                   .traffic = traffic_,
                                                   .growing = growing_});
}

void JournalSpool::commit(std::unique_ptr<Draft> draft, mail::Envelope envelope, std::string head,
                          OnCommitted answer) {
  auto& mine = static_cast<JournalDraft&>(*draft);  // ours: begin() made it
  Commission commission{.key = mine.key(),
                        .loop = &mine.loop(),
                        .message = {.envelope = std::move(envelope)},
                        .content = std::move(head),
                        .answer = std::move(answer),
                        .pass = Gate::Pass(gate_)};
  auto& message = commission.message;
  message.state.done.resize(message.envelope.recipients.size());
  message.state.next_attempt = message.envelope.arrived;
  auto body = mine.take_body();
  if (body) {
    message.body_bytes = mine.body_bytes();
    return commit_body(std::move(body), std::move(commission));
  }
  commission.content += mine.take_content();
  committer_->commit(std::move(commission));
}

// After the last chunk, on the thread that writes the chunks.
void JournalSpool::commit_body(std::shared_ptr<BodyFile> body, Commission commission) {
  bodies_.run([this, body = std::move(body), commission = std::move(commission)]() mutable {
    auto finished = body->finish();
    if (finished) {
      commission.body = std::move(*finished);
      return committer_->commit(std::move(commission));
    }
    body->remove();
    auto error = std::move(finished).error().within("committing " + commission.message.envelope.id);
    commission.loop->post(
        [answer = std::move(commission.answer), error = std::move(error)]() mutable {
          answer(std::unexpected(std::move(error)));
        });
  });
}

void JournalSpool::load(Key key, loop::Loop& loop, OnLoaded answer) {
  reader_.run([this, key, &loop, answer = std::move(answer), pass = Gate::Pass(gate_)]() mutable {
    const auto found = index_.with([&](Index& index) { return look_up(index, key); });
    auto loaded = load_message(*files_, epoch_, found, key, budget_);
    loop.post([answer = std::move(answer), loaded = std::move(loaded)]() mutable {
      answer(std::move(loaded));
    });
  });
}

// The disk is asked now and then: what fails for want of space says so itself.
Spool::Room JournalSpool::room() const {
  constexpr auto kLookEvery = std::chrono::milliseconds(100);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  auto before = looked_.load();
  if (now - Duration(before) >= kLookEvery &&
      looked_.compare_exchange_strong(before, now.count())) {
    free_bytes_ = files_->free_bytes(epoch_);
  }
  return {.free_bytes = free_bytes_, .failed = committer_->failed()};
}

void JournalSpool::settle() {
  gate_.wait_until_empty();
  if (committer_) committer_->flush();
}

}  // namespace

Result<Recovered> open_journal(std::unique_ptr<FileSystem> files, const JournalOptions& options) {
  auto spool = std::make_unique<JournalSpool>(std::move(files), options);
  auto recovered = spool->open();
  if (recovered) recovered->spool = std::move(spool);
  return recovered;
}

Result<Recovered> open_journal(const JournalOptions& options) {
  return open_journal(real_file_system(), options);
}

}  // namespace signet::queue
