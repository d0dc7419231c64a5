// What becomes of a message after an attempt: gone, waiting for the next one, reported to its
// sender. A report is safe in the spool before what it reports is given up.
#include <algorithm>
#include <utility>

#include "deliver/destination.h"
#include "deliver/report.h"
#include "deliver/resend.h"
#include "signet/deliver/courier.h"
#include "signet/mailbox/mailbox.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kHeaderBytes = 64 * 1024;  // of the original, looked at for a report
constexpr std::size_t kPieceBytes = 64 * 1024;   // of a dead letter, read at a time
constexpr std::chrono::seconds kBackSoon{10};    // what was handed back is tried again

std::chrono::seconds age(const queue::Message& message, WallTime now) {
  return std::max(now - message.envelope.arrived, std::chrono::seconds(0));
}

std::chrono::seconds longest_wait(const Work& work, const queue::RetryOptions& retry) {
  return work.message->envelope.sender.empty() ? retry.expire_notices
                                               : retry.expire_after(work.weight.urgency);
}

// The time that BY names; nothing: it names none.
std::optional<WallTime> deadline_of(const mail::Envelope& envelope) {
  if (!envelope.deliver_by) return std::nullopt;
  return envelope.arrived + envelope.deliver_by->within;
}

Lateness lateness(const Work& work, const queue::RetryOptions& retry, WallTime now) {
  const auto& message = *work.message;
  const auto waited = age(message, now);
  const auto deadline = deadline_of(message.envelope);
  const bool missed = deadline && now >= *deadline;
  Lateness late;
  late.expired = waited >= longest_wait(work, retry);
  if (missed && message.envelope.deliver_by->gives_up()) late.expired = late.missed_time = true;
  if (late.expired || message.warned || message.envelope.sender.empty()) return late;
  const auto warn = retry.warn_after(work.weight.urgency);
  late.missed_time = missed;
  late.warn = missed || (warn.count() > 0 && waited >= warn);
  return late;
}

// An alias gets no mail itself: when its members have been seen to, it has been.
void note_aliases(Work& work) {
  const auto& recipients = work.message->envelope.recipients;
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    if (recipients[i].kind != mail::Recipient::Kind::alias || work.message->done[i]) continue;
    Outcome outcome;
    outcome.state = Outcome::State::sent;
    outcome.reach =
        recipients[i].owner.empty() ? Outcome::Reach::expanded : Outcome::Reach::to_list;
    outcome.dsn = "2.0.0";
    work.outcomes[i] = std::move(outcome);
  }
}

// PostmasterCopy: of failures, but neither of reports nor of what nobody waits for.
void add_copies(std::vector<ReportOrder>& orders, const Work& work) {
  if (work.message->envelope.sender.empty() || work.weight.precedence < 0) return;
  for (std::size_t i = 0, count = orders.size(); i < count; ++i) {
    const auto kind = orders[i].kind;
    if (kind == mail::DsnKind::delayed || kind == mail::DsnKind::receipt) continue;
    ReportOrder copy = orders[i];
    copy.receipts.clear();
    copy.is_copy = true;
    orders.push_back(std::move(copy));
  }
}

// Blocks: on a worker.
Result<void> append_dead_letter(const std::string& file, const queue::Message& message,
                                WallTime now) {
  mailbox::Letter letter;
  letter.sender = message.envelope.sender;
  letter.when = now;
  letter.next = [&content = *message.content,
                 at = std::uint64_t{0}]() mutable -> Result<std::string> {
    auto piece = content.read(at, kPieceBytes);
    if (piece) at += piece->size();
    return piece;
  };
  return mailbox::deliver({.format = mailbox::Format::mbox, .path = file}, letter);
}

}  // namespace

void Courier::settle(const std::shared_ptr<Work>& work) {
  if (work->attempted) note_aliases(*work);
  const auto late = lateness(*work, options_->retry, now().wall);
  Conclusion conclusion{.expired = late.expired};
  auto orders = due_reports(*work, *options_, late);
  conclusion.warned = std::ranges::any_of(
      orders, [](const ReportOrder& one) { return one.kind == mail::DsnKind::delayed; });
  if (orders.empty()) return conclude(work, conclusion);
  if (!options_->postmaster_copy.empty()) add_copies(orders, *work);
  // The original's header section goes into the report.
  read_header(
      work, kHeaderBytes,
      [this, work, orders = std::move(orders), conclusion](const Result<std::string_view>& found) {
        std::string header(found ? *found : std::string_view());
        if (!options_->maps_wait) return send_reports(work, orders, header, conclusion);
        ahead_.know(
            options_,
            [options = options_, work] {
              look_ahead_for_report(*options, work->message->envelope.sender);
            },
            [this, work, orders, header = std::move(header), conclusion] {
              send_reports(work, orders, header, conclusion);
            });
      });
}

// Content on disk is read by a worker.
void Courier::read_header(const std::shared_ptr<Work>& work, std::size_t most,
                          std::move_only_function<void(const Result<std::string_view>&)> then) {
  const auto content = work->message->content;
  if (const auto here = content->in_memory(); !here.empty() || content->size() == 0) {
    return then(here.substr(0, most));
  }
  around_.workers.run([&loop = around_.loop, here = std::weak_ptr<bool>(alive_), content, most,
                       then = std::move(then)]() mutable {
    auto head = content->read(0, most);
    loop.post([here = std::move(here), head = std::move(head), then = std::move(then)]() mutable {
      if (here.expired()) return;
      if (!head) return then(std::unexpected(std::move(head).error()));
      then(std::string_view(*head));
    });
  });
}

void Courier::send_reports(const std::shared_ptr<Work>& work,
                           const std::vector<ReportOrder>& orders, const std::string& header,
                           Conclusion conclusion) {
  struct Pending {
    std::size_t open = 0;
    Conclusion conclusion;
  };
  auto pending = std::make_shared<Pending>(Pending{1, conclusion});
  const auto on_one = [this, work, pending] {
    if (--pending->open == 0) conclude(work, pending->conclusion);
  };
  for (const auto& order : orders) {
    auto report = make_report({.work = *work,
                               .order = order,
                               .header = header,
                               .options = *options_,
                               .id = around_.ids.next(now().wall),
                               .now = now().wall});
    if (report.text.empty() && !report.is_dead_letter) {  // nobody could be told
      around_.log.write(report.line);
      continue;
    }
    ++pending->open;
    if (report.is_dead_letter) {
      keep_dead_letter(work, [this, work, pending, on_one,
                              line = std::move(report.line)](const Result<void>& kept) {
        if (!kept) pending->conclusion.reports_are_safe = false;
        around_.log.write(
            kept ? line
                 : maillog::system_error(work->message->envelope.id,
                                         options_->dead_letters + ": " + kept.error().what));
        on_one();
      });
      continue;
    }
    commit_report(work, std::move(report), [pending, on_one](bool safe) {
      if (!safe) pending->conclusion.reports_are_safe = false;
      on_one();
    });
  }
  on_one();
}

void Courier::commit_report(const std::shared_ptr<Work>& work, Report report,
                            std::move_only_function<void(bool safe)> then) {
  Copying made;
  made.draft = around_.spool.begin(around_.loop);
  made.draft->append(report.text);
  made.envelope = std::move(report.envelope);
  made.behind = std::move(report.behind);
  if (report.returns_body) made.content = work->message->content;
  made.then = [this, here = std::weak_ptr<bool>(alive_), work, line = std::move(report.line),
               then = std::move(then)](Result<queue::Committed> committed) mutable {
    if (here.expired()) return;
    if (committed) {
      around_.log.write(line);
      take(std::move(*committed));
    } else {
      around_.log.write(maillog::system_error(work->message->envelope.id, committed.error().what));
    }
    then(committed.has_value());
  };
  copy(std::move(made));
}

// DeadLetterDrop
void Courier::keep_dead_letter(const std::shared_ptr<Work>& work,
                               std::move_only_function<void(const Result<void>&)> then) {
  around_.workers.run([&loop = around_.loop, here = std::weak_ptr<bool>(alive_), work,
                       file = options_->dead_letters, when = now().wall,
                       then = std::move(then)]() mutable {
    auto kept = append_dead_letter(file, *work->message, when);
    loop.post([here = std::move(here), kept = std::move(kept), then = std::move(then)]() mutable {
      if (!here.expired()) then(kept);
    });
  });
}

// Writes down what is done; plans the next attempt for what is not.
void Courier::conclude(const std::shared_ptr<Work>& work, Conclusion conclusion) {
  auto& message = *work->message;
  const auto wall = now().wall;
  if (!work->attempted) return end_unattempted(*work);
  queue::Progress progress;
  progress.key = message.key;
  progress.when = wall;
  for (std::size_t i = 0; i < work->outcomes.size(); ++i) {
    const auto& outcome = work->outcomes[i];
    if (!outcome) continue;
    const bool sent = outcome->state == Outcome::State::sent;
    const bool given_up = outcome->state == Outcome::State::failed || conclusion.expired;
    if (sent || (given_up && conclusion.reports_are_safe)) {
      message.done[i] = true;
      progress.finished.push_back(i);
    } else {
      progress.status = outcome->stat;
    }
  }
  ++message.attempts;
  if (std::ranges::all_of(message.done, [](bool done) { return done; })) {
    around_.spool.forget(message.key);
    around_.log.write(maillog::done(message.envelope.id, age(message, wall),
                                    static_cast<unsigned>(message.attempts)));
    return end_work(work, std::nullopt);
  }
  auto next = wall + queue::backoff(message.attempts, options_->retry,
                                    static_cast<std::uint32_t>(random_()));
  // The last attempt is made when the time is over, not hours later.
  const auto end = message.envelope.arrived + longest_wait(*work, options_->retry);
  if (end > wall) next = std::min(next, end);
  const auto deadline = deadline_of(message.envelope);
  if (deadline && *deadline > wall) next = std::min(next, *deadline);
  progress.next_attempt = next;
  progress.warned = conclusion.warned && conclusion.reports_are_safe;
  around_.spool.record(std::move(progress));
  end_work(work, next);
}

// Handed back by all.
void Courier::end_unattempted(const Work& work) {
  --in_work_;
  const auto key = work.message->key;
  const auto place = destinations_.find(work.parked_at);
  const bool parked = place != destinations_.end() && place->second->park(key);
  if (!parked) come_back_soon(key);
  arm();
  report_drained();
}

void Courier::come_back_soon(queue::Key key) {
  postpone(key, options_->run_queue ? now().wall + kBackSoon : WallTime::max());
}

// `next`: when it is tried again; none: it is gone. Who runs no queue by itself waits to be asked.
void Courier::end_work(const std::shared_ptr<Work>& work, std::optional<WallTime> next) {
  --in_work_;
  if (next) schedule_.add(work->message->key, options_->run_queue ? *next : WallTime::max());
  arm();
  report_drained();
}

}  // namespace signet::deliver
