// The mail filters of a session, asked one after the other in their order: of connect, HELO, MAIL,
// RCPT, DATA, unknown commands. The content is MessageFilter's. Owned by its Session; loop thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "receive/filter_line.h"
#include "receive/filter_log.h"
#include "signet/receive/mail_filter.h"

namespace signet::receive {

class Filters final {
 public:
  // What is to be done: go_on, reject, temporary, discard, reply, close.
  using Done = std::move_only_function<void(milter::Answer)>;

  struct Parts {
    loop::Loop& loop;
    dns::Resolver& resolver;
    const MailFilters& filters;        // outlive this
    const milter::MacroLists& macros;  // the same
    FilterLog log;
  };
  explicit Filters(Parts parts);

  // Connects to all. `done` is called once, later.
  void open(Done done);
  // `done` is called once, perhaps before this returns. One event at a time.
  void tell(milter::News news, milter::MacroValues values, Done done);
  void abort();  // the message is over
  void quit();   // the client's session is, or nobody is asked any more
  [[nodiscard]] bool left() const { return left_; }

  // Behind an answer of one filter: empty, the next one is asked. Writes what became of it.
  [[nodiscard]] std::optional<milter::Answer> judge(const FilterLine& line, milter::Event event,
                                                    FilterLine::Outcome outcome) const;
  [[nodiscard]] std::vector<std::unique_ptr<FilterLine>>& lines() { return lines_; }
  [[nodiscard]] const FilterLog& log() const { return log_; }

 private:
  void open_next();
  void advance();
  void finish(milter::Answer answer);
  void log_answer(const FilterLine& line, milter::Event event, const milter::Answer& answer) const;

  FilterLog log_;
  milter::News news_;
  milter::MacroValues values_;
  Done done_;
  std::size_t at_ = 0;
  bool left_ = false;
  std::vector<std::unique_ptr<FilterLine>> lines_;
};

}  // namespace signet::receive
