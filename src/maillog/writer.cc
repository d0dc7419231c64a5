#include "maillog/writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace signet::maillog {
namespace {

constexpr std::size_t kMaxLine = 8192;
constexpr std::size_t kKeptBytes = 1024 * 1024;  // memory a batch keeps for the next
constexpr std::chrono::milliseconds kRest{20};   // at most so late is a line
constexpr std::chrono::milliseconds kStopPatience{1000};

}  // namespace

void Batch::add(WallTime when, Priority priority, std::string_view text, Ident ident) {
  text_ += text.substr(0, kMaxLine);
  entries_.push_back({when, priority, text_.size(), ident});
}

void Batch::clear() {
  text_.clear();
  entries_.clear();
  if (text_.capacity() > kKeptBytes) *this = {};
}

std::vector<Record> Batch::records() const {
  std::vector<Record> records;
  records.reserve(entries_.size());
  std::size_t from = 0;
  for (const auto& entry : entries_) {
    records.push_back({entry.when, entry.priority,
                       std::string_view(text_).substr(from, entry.end - from), entry.ident});
    from = entry.end;
  }
  return records;
}

Log::Writer::Writer(const LogOptions& options, std::unique_ptr<Sink> sink)
    : max_bytes_(options.max_queued_bytes),
      clock_(options.clock ? options.clock : [] { return read_clocks().wall; }),
      sink_(std::move(sink)) {
  start();
}

// Signals are for the thread that waits for them, never for this one.
void Log::Writer::start() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Log::Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    stop_deadline_ = read_clocks().mono + kStopPatience;
  }
  wake_.notify_one();
  thread_.join();
}

void Log::Writer::add(const Line& line) {
  const WallTime now = clock_();
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (queue_.bytes() + line.text.size() > max_bytes_) {
      ++dropped_;
      return;
    }
    queue_.add(now, line.priority, line.text, line.ident);
    ++lines_in_;
    wake = std::exchange(asleep_, false);
  }
  if (wake) wake_.notify_one();
}

void Log::Writer::reopen() {
  {
    const std::scoped_lock lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_one();
}

bool Log::Writer::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = lines_in_;
  ++flushers_;
  wake_.notify_one();
  const bool out =
      written_.wait_for(lock, patience, [&] { return lines_out_ >= wanted && !reopen_; });
  --flushers_;
  return out;
}

std::uint64_t Log::Writer::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

void Log::Writer::run() {
  while (take_batch()) {
    write_batch();
    rest();
  }
}

// Waits for lines and takes them all. False: stopped, and nothing is left.
bool Log::Writer::take_batch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    asleep_ = true;
    wake_.wait(lock, [this] { return !queue_.empty() || reopen_ || stopping_; });
    asleep_ = false;
    if (!reopen_) break;
    lock.unlock();
    reopen_if_asked();
    lock.lock();
  }
  if (queue_.empty()) return false;
  std::swap(queue_, batch_);
  if (dropped_ > dropped_told_) {
    batch_.add(clock_(), Priority::warning,
               fmt::format("log queue was full: {} lines dropped", dropped_ - dropped_told_));
    dropped_told_ = dropped_;
    ++lines_in_;
  }
  return true;
}

void Log::Writer::reopen_if_asked() {
  {
    const std::scoped_lock lock(mutex_);
    if (!reopen_) return;
  }
  const auto opened = sink_->reopen();
  const std::scoped_lock lock(mutex_);
  reopen_ = false;
  if (!opened) {
    queue_.add(clock_(), Priority::error, "log not reopened: " + opened.error().what);
    ++lines_in_;
  }
  written_.notify_all();
}

void Log::Writer::write_batch() {
  const auto records = batch_.records();
  std::span<const Record> left = records;
  while (!left.empty()) {
    reopen_if_asked();
    const std::size_t count = sink_->put(left);
    left = left.subspan(count);
    if (count == 0 && !wait_stuck()) break;
  }
  batch_.clear();
  const std::scoped_lock lock(mutex_);
  lines_out_ += records.size();
  written_.notify_all();
}

// Lets lines gather; a flush or the end of the program ends it.
void Log::Writer::rest() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, kRest, [this] {
    return stopping_ || reopen_ || flushers_ > 0 || queue_.bytes() > max_bytes_ / 2;
  });
}

// False: give up. A log that nobody takes must not keep the program from ending.
bool Log::Writer::wait_stuck() {
  std::unique_lock lock(mutex_);
  const bool was_stopping = stopping_;
  wake_.wait_for(lock, kStuckPatience, [&] { return stopping_ != was_stopping; });
  return !stopping_ || read_clocks().mono < stop_deadline_;
}

}  // namespace signet::maillog
