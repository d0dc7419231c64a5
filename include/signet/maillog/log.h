// Where the maillog goes: syslog, standard error or a file (`O LogTarget`). write() may be called
// from any thread and never waits for the outside: it puts the line into a bounded queue, one
// writer thread empties it in batches. When the queue is full, lines are dropped, counted, and the
// count is logged. What a line says is lines.h.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "signet/base/clock.h"
#include "signet/base/open_file.h"
#include "signet/base/result.h"
#include "signet/maillog/lines.h"

namespace signet::maillog {

enum class TargetKind { syslog, standard_error, file };

struct LogTarget {
  TargetKind kind = TargetKind::syslog;
  std::string path;  // of the file
  bool operator==(const LogTarget&) const = default;
};

// "syslog", "stderr" or "file:PATH".
[[nodiscard]] Result<LogTarget> parse_log_target(std::string_view text);

// A log file to append to; made if it is missing.
[[nodiscard]] Result<Fd> open_log_file(const std::string& path);

struct LogOptions {
  LogTarget target;
  int level = 9;  // O LogLevel
  std::string ident = "sm-mta";
  std::string host;                                // short host name; files and standard error
  std::string syslog_socket = "/dev/log";          // datagram socket of the local syslog
  std::size_t max_queued_bytes = 8 * 1024 * 1024;  // beyond it lines are dropped and counted
  OpenFile open_file;                              // to append; empty: opened here
  std::function<WallTime()> clock;                 // empty: the system's; tests give their own
};

// Made by `daemon` once per process, after the last fork (a thread does not survive a fork).
class Log final {
 public:
  // Fails if a file target cannot be opened. An absent syslog is no failure: lines wait for it.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(LogOptions options);
  ~Log();  // writes what is queued, for at most a second
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(const Line& line);  // kept if the level wants it
  void write(const Lines& lines);

  // Would such a line be written? Saves making lines for high levels only.
  [[nodiscard]] bool wants(int above_level) const { return level() > above_level; }
  [[nodiscard]] int level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(int level) { level_.store(level, std::memory_order_relaxed); }  // reload

  // Log rotation: the file is opened anew before the next line; if that fails, the old one stays
  // in use and says so.
  void reopen();
  // Everything written so far is out. False if that took longer.
  bool flush(std::chrono::milliseconds patience = std::chrono::seconds(2));
  // Lines lost to a full queue since the start.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  class Writer;
  Log(int level, std::unique_ptr<Writer> writer);

  std::atomic<int> level_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace signet::maillog
