// What becomes of a message after an attempt: gone, waiting for the next one, reported to its
// sender. A report is safe in the spool before what it reports is given up.
#include <algorithm>
#include <utility>

#include "deliver/destination.h"
#include "deliver/report.h"
#include "signet/deliver/courier.h"
#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kHeaderBytes = 64 * 1024;  // of the original, looked at for a report

std::chrono::seconds age(const queue::Message& message, WallTime now) {
  return std::max(now - message.envelope.arrived, std::chrono::seconds(0));
}

}  // namespace

void Courier::settle(const std::shared_ptr<Work>& work) {
  auto& message = *work->message;
  const auto waited = age(message, now().wall);
  const bool expired = waited >= options_->retry.expire;
  const bool warn = options_->retry.warn.count() > 0 && waited >= options_->retry.warn &&
                    !message.warned && !message.envelope.sender.empty();
  std::vector<ReportOrder> orders;
  for (const auto kind : {mail::DsnKind::failed, mail::DsnKind::expired, mail::DsnKind::delayed}) {
    if (kind == mail::DsnKind::expired && !expired) continue;
    if (kind == mail::DsnKind::delayed && (expired || !warn)) continue;
    ReportOrder order{.kind = kind, .recipients = {}};
    for (std::size_t i = 0; i < work->outcomes.size(); ++i) {
      if (!work->outcomes[i]) continue;
      const auto state = work->outcomes[i]->state;
      const bool wanted = kind == mail::DsnKind::failed ? state == Outcome::State::failed
                                                        : state == Outcome::State::deferred;
      if (wanted) order.recipients.push_back(i);
    }
    if (!order.recipients.empty()) orders.push_back(std::move(order));
  }
  if (orders.empty()) return conclude(work, {.reports_are_safe = true, .warned = false});
  const bool warned = orders.back().kind == mail::DsnKind::delayed;
  read_header(work, [this, work, orders = std::move(orders), warned](std::string header) mutable {
    send_reports(work, std::move(orders), header, warned);
  });
}

// The original's header section goes into the report; content on disk is read by a worker.
void Courier::read_header(const std::shared_ptr<Work>& work,
                          std::move_only_function<void(std::string)> then) {
  const auto content = work->message->content;
  if (const auto here = content->in_memory(); !here.empty() || content->size() == 0) {
    return then(std::string(here.substr(0, kHeaderBytes)));
  }
  around_.workers.run([&loop = around_.loop, here = std::weak_ptr<bool>(alive_), content,
                       then = std::move(then)]() mutable {
    auto head = content->read(0, kHeaderBytes);
    loop.post([here = std::move(here), head = std::move(head), then = std::move(then)]() mutable {
      if (!here.expired()) then(head ? std::move(*head) : std::string());
    });
  });
}

void Courier::send_reports(const std::shared_ptr<Work>& work, std::vector<ReportOrder> orders,
                           const std::string& header, bool warned) {
  struct Pending {
    std::size_t open = 0;
    bool safe = true;
  };
  auto pending = std::make_shared<Pending>();
  std::vector<Report> reports;
  for (const auto& order : orders) {
    auto report = make_report({.work = *work,
                               .order = order,
                               .header = header,
                               .options = *options_,
                               .id = around_.ids.next(now().wall),
                               .now = now().wall});
    around_.log.write(report.line);
    if (!report.text.empty()) reports.push_back(std::move(report));
  }
  pending->open = reports.size();
  if (reports.empty()) return conclude(work, {.reports_are_safe = true, .warned = warned});
  for (auto& report : reports) {
    auto draft = around_.spool.begin(around_.loop);
    draft->append(report.text);
    around_.spool.commit(std::move(draft), std::move(report.envelope), {},
                         [this, here = std::weak_ptr<bool>(alive_), work, pending,
                          warned](Result<queue::Committed> committed) {
                           if (here.expired()) return;
                           if (committed) {
                             take(std::move(*committed));
                           } else {
                             pending->safe = false;
                             around_.log.write(maillog::system_error(work->message->envelope.id,
                                                                     committed.error().what));
                           }
                           if (--pending->open == 0) {
                             conclude(work, {.reports_are_safe = pending->safe, .warned = warned});
                           }
                         });
  }
}

// Writes down what is done; plans the next attempt for what is not.
void Courier::conclude(const std::shared_ptr<Work>& work, Conclusion conclusion) {
  auto& message = *work->message;
  const auto wall = now().wall;
  const bool expired = age(message, wall) >= options_->retry.expire;
  queue::Progress progress;
  progress.key = message.key;
  progress.when = wall;
  for (std::size_t i = 0; i < work->outcomes.size(); ++i) {
    const auto& outcome = work->outcomes[i];
    if (!outcome) continue;
    const bool sent = outcome->state == Outcome::State::sent;
    const bool given_up = outcome->state == Outcome::State::failed || expired;
    if (sent || (given_up && conclusion.reports_are_safe)) {
      message.done[i] = true;
      progress.finished.push_back(i);
    } else {
      progress.status = outcome->stat;
    }
  }
  ++message.attempts;
  message.last_attempt = wall;
  --in_work_;
  if (std::ranges::all_of(message.done, [](bool done) { return done; })) {
    around_.spool.forget(message.key);
    around_.log.write(maillog::done(message.envelope.id, age(message, wall),
                                    static_cast<unsigned>(message.attempts)));
  } else {
    progress.next_attempt = wall + queue::backoff(message.attempts, options_->retry,
                                                  static_cast<std::uint32_t>(random_()));
    progress.warned = conclusion.warned && conclusion.reports_are_safe;
    const auto next = progress.next_attempt;
    around_.spool.record(std::move(progress));
    // Who runs no queue by itself waits to be asked (-q).
    schedule_.add(message.key, options_->run_queue ? next : WallTime::max());
  }
  arm();
  report_drained();
}

}  // namespace signet::deliver
