#include "deliver/log_result.h"

#include <algorithm>
#include <map>

#include "signet/maillog/lines.h"

namespace signet::deliver {
namespace {

using std::chrono::seconds;

seconds since_arrival(const queue::Message& message, WallTime now) {
  return std::max(now - message.envelope.arrived, seconds(0));
}

std::int64_t priority_of(const queue::Message& message) {
  return maillog::message_priority(message.envelope.size, message.envelope.recipients.size(),
                                   static_cast<unsigned>(std::max(message.attempts, 0)));
}

}  // namespace

std::string_view mailer_of(const mail::Recipient& recipient) {
  switch (recipient.kind) {
    case mail::Recipient::Kind::program:
      return "prog";
    case mail::Recipient::Kind::file:
      return "*file*";
    case mail::Recipient::Kind::list:
      return "*include*";
    case mail::Recipient::Kind::address:
    case mail::Recipient::Kind::mailbox:
    case mail::Recipient::Kind::alias:
      break;
  }
  return "local";
}

void log_result(const ResultView& view, maillog::Log& log) {
  const auto& outcomes = view.result.outcomes;
  std::vector<bool> written(outcomes.size(), false);
  for (std::size_t first = 0; first < outcomes.size(); ++first) {
    if (written[first]) continue;
    maillog::Attempt attempt;
    attempt.queue_id = view.message.envelope.id;
    for (std::size_t i = first; i < outcomes.size(); ++i) {
      if (written[i] || !(outcomes[i] == outcomes[first])) continue;
      written[i] = true;
      const auto& recipient = view.message.envelope.recipients[view.task.recipients[i]];
      attempt.recipients.push_back(recipient.address);
      if (!recipient.is_address()) attempt.controlling_user = mail::in_brackets(recipient.origin);
    }
    if (!view.result.rights.empty()) attempt.controlling_user += " (" + view.result.rights + ")";
    attempt.delay = since_arrival(view.message, view.now.wall);
    attempt.xdelay = std::chrono::duration_cast<seconds>(view.now.mono - view.started);
    attempt.mailer = view.task.mailer;
    attempt.priority = priority_of(view.message);
    attempt.relay = view.result.relay;
    attempt.status = outcomes[first].dsn;
    attempt.reply = outcomes[first].reply;
    attempt.stat = outcomes[first].stat;
    if (attempt.status == "5.3.5" && !outcomes[first].detail.empty()) {
      log.write(maillog::system_error(attempt.queue_id, outcomes[first].detail));
    }
    log.write(maillog::to_line(attempt));
  }
}

void log_waiting(const queue::Message& message, const policy::RouteOptions& way, maillog::Log& log,
                 WallTime now) {
  std::map<std::string, std::vector<std::string>> by_mailer;
  for (const auto& recipient : message.envelope.recipients) {
    if (recipient.kind == mail::Recipient::Kind::alias) continue;
    if (!recipient.is_address()) {
      by_mailer[std::string(mailer_of(recipient))].push_back(recipient.address);
      continue;
    }
    const auto route = policy::route(way, recipient.address);
    by_mailer[route ? route->mailer : "esmtp"].push_back(recipient.address);
  }
  for (auto& [mailer, recipients] : by_mailer) {
    maillog::Attempt attempt;
    attempt.queue_id = message.envelope.id;
    attempt.recipients = std::move(recipients);
    attempt.delay = since_arrival(message, now);
    attempt.mailer = mailer;
    attempt.priority = priority_of(message);
    attempt.stat = message.held() ? "quarantined" : "queued";
    if (message.held()) attempt.quarantine = message.envelope.quarantine;
    log.write(maillog::to_line(attempt));
  }
}

}  // namespace signet::deliver
