// The queue in front of the sink and the one thread that empties it. Callers only append to a
// string under a short lock. After a batch the thread rests for a moment without being waked, so
// that a busy server pays for one wake-up per rest, not one per line. The only reader of the clock
// below level 4: a line carries the time at which it was written.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "maillog/sink.h"
#include "signet/maillog/log.h"

namespace signet::maillog {

// Lines one behind another in one string.
class Batch final {
 public:
  void add(WallTime when, Priority priority, std::string_view text, Ident ident = Ident::log);
  void clear();
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  // Valid until the batch changes.
  [[nodiscard]] std::vector<Record> records() const;

 private:
  struct Entry {
    WallTime when;
    Priority priority;
    std::size_t end;  // in text_
    Ident ident;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

class Log::Writer final {
 public:
  Writer(const LogOptions& options, std::unique_ptr<Sink> sink);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(const Line& line);
  void reopen();
  bool flush(std::chrono::milliseconds patience);
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  void start();
  void run();
  bool take_batch();
  void reopen_if_asked();
  void write_batch();
  void rest();
  bool wait_stuck();

  const std::size_t max_bytes_;
  const std::function<WallTime()> clock_;
  std::unique_ptr<Sink> sink_;  // of the thread
  Batch batch_;                 // of the thread

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::condition_variable written_;
  Batch queue_;
  bool asleep_ = false;  // the thread waits for the first line
  bool reopen_ = false;
  bool stopping_ = false;
  int flushers_ = 0;
  std::uint64_t lines_in_ = 0;
  std::uint64_t lines_out_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_told_ = 0;
  TimePoint stop_deadline_{};

  std::thread thread_;
};

}  // namespace signet::maillog
