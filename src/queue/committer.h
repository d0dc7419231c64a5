// The committer thread: gathers what all sessions want written, one batch and one sync for all,
// then answers all (DESIGN: group commit). Owned by JournalSpool. Functions: any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "queue/content.h"
#include "queue/gate.h"
#include "queue/growing.h"
#include "queue/journal.h"
#include "signet/queue/spool.h"

namespace signet::queue {

// A message that wants to be on disk. Its body file, if any, is whole and synced.
struct Commission {
  Key key = 0;
  loop::Loop* loop = nullptr;  // where the answer goes
  StoredMessage message;
  std::string content;                 // octets for the record
  std::shared_ptr<const File> body{};  // null: none
  OnCommitted answer;
  Gate::Pass pass;  // released when the answer is posted
};

class Committer final {
 public:
  Committer(std::unique_ptr<Journal> journal, FileSystem& files, std::string epoch,
            std::shared_ptr<MemoryBudget> budget, const Growing::Count& growing);
  ~Committer();  // writes what is noted, answers what was asked
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  using Note = std::variant<Progress, Key>;  // what became of an attempt, or that it is gone

  void commit(Commission commission);
  void note(Note note);
  // Blocks until all that was asked before was tried.
  void flush();
  [[nodiscard]] bool failed() const { return failed_.load(); }

 private:
  struct Asked {
    std::vector<Commission> commissions;
    std::vector<Note> notes;
  };

  void run();
  // Waits for work; empty optional: stop.
  [[nodiscard]] bool take(Asked& taken, std::uint64_t& flush);
  [[nodiscard]] bool urgent() const;
  [[nodiscard]] bool enough() const;
  void gather(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] std::chrono::milliseconds patience();
  void write(Asked& asked);
  void answer_all(std::vector<Commission>& commissions, std::vector<Result<Staged>>& staged,
                  const Result<void>& finished);
  [[nodiscard]] std::shared_ptr<Message> message_of(Commission& commission, const Staged& staged);

  std::unique_ptr<Journal> journal_;  // committer thread only
  FileSystem& files_;
  std::string epoch_;
  std::shared_ptr<MemoryBudget> budget_;
  const Growing::Count& growing_;
  int lonely_ = 0;  // committer thread only: batches that wait for nobody, because nobody came
  std::atomic<bool> failed_{false};

  std::mutex mutex_;  // of the five below
  std::condition_variable work_;
  std::condition_variable flushed_;
  Asked asked_;
  std::uint64_t flush_asked_ = 0;
  std::uint64_t flush_done_ = 0;
  bool stopping_ = false;

  std::jthread thread_;  // last: begins when all else is there, is joined first
};

}  // namespace signet::queue
