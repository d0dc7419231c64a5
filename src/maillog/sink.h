// Where records end up: a file, standard error or the syslog socket. Used by the writer thread
// only; no call takes longer than kStuckPatience when the other side does not take anything.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "signet/base/clock.h"
#include "signet/base/result.h"
#include "signet/maillog/log.h"

namespace signet::maillog {

struct Record {
  WallTime when;
  Priority priority;
  std::string_view text;
  Ident ident = Ident::log;
};

constexpr std::chrono::milliseconds kStuckPatience{200};

class Sink {
 public:
  virtual ~Sink() = default;
  // Writes from the front, tells how many are out. 0: stuck, the caller tries again later.
  virtual std::size_t put(std::span<const Record> records) = 0;
  virtual Result<void> reopen() = 0;
};

// "Nov 23 10:00:00" in local time; remembers the last second, because most lines share it.
class Stamp final {
 public:
  std::string_view text(WallTime when);

 private:
  WallTime when_ = WallTime::min();
  std::string text_;
};

// "sm-mta[123]: ", or "sm-tls[123]: " for lines of that name.
class Origin final {
 public:
  explicit Origin(std::string_view ident);
  [[nodiscard]] std::string_view text(Ident ident) const {
    return ident == Ident::tls ? tls_ : log_;
  }

 private:
  std::string log_;
  std::string tls_;
};

// Appends without control bytes: the last guard of "one event, one line".
void append_one_line(std::string& out, std::string_view text);

[[nodiscard]] Result<std::unique_ptr<Sink>> make_file_sink(const LogOptions& options);
[[nodiscard]] std::unique_ptr<Sink> make_syslog_sink(const LogOptions& options);

}  // namespace signet::maillog
