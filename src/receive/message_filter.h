// Shows a message that is all here to the filters, one after the other: header, body, end. Each
// sees what those before it have made of it. What a filter wants changed is done when it has given
// its verdict, and not at all if it fails. Owned by its Session; loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "receive/filters.h"
#include "receive/intake.h"
#include "signet/milter/header.h"
#include "signet/milter/line_mender.h"
#include "signet/queue/spool.h"

namespace signet::receive {

class MessageFilter final {
 public:
  struct RecipientChange {
    std::string address;
    bool deleted = false;  // else added
    std::string filter;    // its name, for the log
  };
  // Besides header and body, which are the intake's.
  struct Judgement {
    milter::Answer verdict;
    std::optional<std::string> sender;
    std::vector<RecipientChange> recipients;  // in the order wanted
    std::optional<std::string> quarantine;    // why the message is held
    std::string trouble;                      // the disk's; then it is a temporary failure
  };
  using Done = std::move_only_function<void(Judgement)>;

  struct Parts {
    loop::Loop& loop;
    queue::Spool& spool;
    Filters& filters;
    Intake& intake;
    milter::MacroValues values;
    std::uint64_t most_body;  // octets of a new one
  };
  // `done` is called once, perhaps before start() returns.
  MessageFilter(Parts parts, Done done);
  void start() { advance(); }

 private:
  enum class Phase { begin, header, end_of_header, body, end };

  // What a filter wants, until its verdict.
  struct Pending {
    std::vector<milter::Change> changes;
    std::size_t octets = 0;
    std::size_t field_changes = 0;
    std::unique_ptr<queue::Draft> body;
    std::uint64_t body_octets = 0;
    milter::LineMender mender;
    bool body_refused = false;
  };

  void advance();
  // True: there is more to do now.
  [[nodiscard]] bool step();
  [[nodiscard]] bool ask(milter::News news);
  [[nodiscard]] bool take(FilterLine::Outcome outcome);
  void read_body();
  void on_change(milter::Changed change);
  void take_body(const std::string& octets);
  [[nodiscard]] bool close_filter(const FilterLine::Outcome& outcome);
  void finish(milter::Answer verdict);

  void apply(const milter::AddField& change);
  void apply(const milter::InsertField& change);
  void apply(const milter::ChangeField& change);
  void apply(const milter::ChangeSender& change);
  void apply(const milter::AddRecipient& change);
  void apply(const milter::DeleteRecipient& change);
  void apply(const milter::ReplaceBody& change);
  void apply(const milter::Quarantine& change);

  [[nodiscard]] FilterLine& line() { return *parts_.filters.lines()[at_]; }
  void log_change(std::string_view what) const;
  void log_arguments(std::string_view arguments) const;

  Parts parts_;
  Done done_;
  milter::Header header_;
  Judgement judgement_;
  std::size_t at_ = 0;  // the filter whose turn it is
  Phase phase_ = Phase::begin;
  milter::Event event_ = milter::Event::header;
  std::size_t field_ = 0;
  std::uint64_t offset_ = 0;
  Pending pending_;
};

}  // namespace signet::receive
