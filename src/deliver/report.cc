#include "deliver/report.h"

#include <algorithm>
#include <utility>

#include "signet/base/text.h"
#include "signet/policy/aliases.h"

namespace signet::deliver {
namespace {

std::string_view header_section(std::string_view content) {
  const auto end = content.find("\r\n\r\n");
  return end == std::string_view::npos ? content : content.substr(0, end + 2);
}

// "550 5.1.1 <x@y>... User unknown": the transcript's last word about a recipient.
std::string diagnosis_of(const Outcome& outcome, const std::string& address) {
  const std::string code = outcome.state == Outcome::State::failed ? "550" : "451";
  return code + " " + outcome.dsn + " " + mail::in_brackets(address) + "... " + outcome.stat;
}

mail::DsnRecipient recipient_of(const ReportRequest& request, std::size_t index) {
  const auto& message = *request.work.message;
  const Outcome& outcome = *request.work.outcomes[index];
  const auto& named = message.envelope.recipients[index];
  const std::string& address = named.shown();
  mail::DsnRecipient recipient;
  recipient.address = address;
  recipient.given = named.origin;
  recipient.original = named.original;
  recipient.status = outcome.dsn;
  if (request.order.kind == mail::DsnKind::delayed) recipient.action = mail::DsnAction::delayed;
  if (request.order.kind == mail::DsnKind::expired) {
    recipient.status = request.order.missed_time ? "5.4.7" : "4.4.7";
  }
  recipient.reason = outcome.reply.empty() ? outcome.detail : outcome.reply;
  recipient.reason_is_theirs = !outcome.reply.empty();
  recipient.remote_mta = outcome.remote;
  recipient.diagnosis = diagnosis_of(outcome, address);
  recipient.last_attempt = request.now;
  if (request.order.kind == mail::DsnKind::delayed) {
    recipient.retry_until =
        message.envelope.arrived + request.options.retry.expire_after(request.work.weight.urgency);
  }
  return recipient;
}

mail::DsnRecipient receipt_for(const ReportRequest& request, std::size_t index) {
  const auto& envelope = request.work.message->envelope;
  const Outcome& outcome = *request.work.outcomes[index];
  const auto action = receipt_of(envelope, index, outcome).value_or(mail::DsnAction::delivered);
  // What is said of an address, where nothing else is known.
  const bool valid = action == mail::DsnAction::delivered || action == mail::DsnAction::traced;
  return {.address = envelope.recipients[index].shown(),
          .given = envelope.recipients[index].origin,
          .action = action,
          .original = envelope.recipients[index].original,
          .status = valid ? "2.1.5" : outcome.dsn,
          .reason = {},
          .remote_mta = outcome.remote,
          .diagnosis = {},
          .last_attempt = request.now};
}

// RET=FULL. A message that was too large for somebody is not sent about once more.
bool returns_body(const ReportRequest& request) {
  const auto kind = request.order.kind;
  const bool of_failure = kind == mail::DsnKind::failed || kind == mail::DsnKind::expired;
  const auto is_too_large = [&](std::size_t index) {
    const auto& outcome = *request.work.outcomes[index];
    return outcome.reply.starts_with("552") || outcome.detail.starts_with("552");
  };
  return of_failure && !request.order.is_copy && request.options.returns_body &&
         request.work.message->envelope.return_part == mail::ReturnPart::full &&
         std::ranges::none_of(request.order.recipients, is_too_large);
}

// For the log. A fault of our own set-up is named.
std::string reason_words(const ReportRequest& request) {
  if (request.order.kind == mail::DsnKind::receipt) return "Return receipt";
  const Outcome& outcome = *request.work.outcomes[request.order.recipients.front()];
  return outcome.dsn == "5.3.5" && !outcome.detail.empty() ? outcome.detail : outcome.stat;
}

// sendmail names the limit that was passed, not the age.
std::chrono::seconds limit_of(const ReportRequest& request) {
  const auto& retry = request.options.retry;
  const auto urgency = request.work.weight.urgency;
  if (request.order.kind == mail::DsnKind::delayed) return retry.warn_after(urgency);
  const bool notice = request.work.message->envelope.sender.empty();
  return notice ? retry.expire_notices : retry.expire_after(urgency);
}

maillog::Line line_of(const ReportRequest& request, const mail::DsnOrder& order) {
  const auto& own = request.work.message->envelope.id;
  const std::string_view id = order.id;
  const std::string span = mail::span_text(order.waited);
  const bool by_time = request.order.missed_time;
  const std::string expired =
      by_time ? mail::missed_time_text(order) : "Cannot send message for " + span;
  const bool is_expired = request.order.kind == mail::DsnKind::expired;
  const std::string reason = is_expired ? expired : reason_words(request);
  if (request.order.is_copy) return maillog::postmaster_notify(own, id, reason);
  if (request.work.message->envelope.sender.empty()) {
    return maillog::return_to_sender(own, id, reason);
  }
  if (is_expired) return maillog::sender_notify(own, id, expired);
  if (request.order.kind != mail::DsnKind::delayed) return maillog::dsn_made(own, id, reason);
  return maillog::sender_notify(
      own, id,
      by_time ? mail::missed_time_text(order) : "Warning: could not send message for past " + span);
}

// A report goes where mail for its addressee goes. One who is known as nobody stays as he is:
// delivery finds out, and the postmaster hears of it.
std::vector<mail::Recipient> destinations_of(const Options& options, const std::string& addressee) {
  auto found =
      policy::find_recipients({.virtual_users = {.site = &options.site,
                                                 .virtusertable = options.virtusertable.get(),
                                                 .mailertable = options.mailertable.get()},
                               .maps = &options.aliases,
                               .most_deep = options.max_alias_recursion},
                              addressee);
  if (found.error) return {{.address = addressee}};
  return std::move(found.members);
}

// What itself is a report (null sender) goes to the postmaster.
const std::string& addressee_of(const ReportRequest& request) {
  if (request.order.is_copy) return request.options.postmaster_copy;
  const auto& sender = request.work.message->envelope.sender;
  return sender.empty() ? request.options.double_bounce : sender;
}

}  // namespace

std::optional<mail::DsnAction> receipt_of(const mail::Envelope& envelope, std::size_t recipient,
                                          const Outcome& outcome) {
  using Reach = Outcome::Reach;
  const auto notify = envelope.recipients[recipient].notify;
  const bool sent = outcome.state == Outcome::State::sent;
  if (!sent || notify.never || envelope.sender.empty()) return std::nullopt;
  const bool elsewhere = outcome.reach == Reach::relayed || outcome.reach == Reach::passed_on;
  if (const auto& by = envelope.deliver_by; by && elsewhere) {
    if (outcome.keeps_time && by->trace) return mail::DsnAction::traced;
    if (!outcome.keeps_time) return mail::DsnAction::time_unwatched;
  }
  if (!notify.success) return std::nullopt;
  switch (outcome.reach) {
    case Reach::passed_on:
    case Reach::handed_down:
      return std::nullopt;
    case Reach::delivered:
      return mail::DsnAction::delivered;
    case Reach::relayed:
      return mail::DsnAction::relayed;
    case Reach::expanded:
      return mail::DsnAction::expanded;
    case Reach::to_list:
      return mail::DsnAction::to_list;
  }
  return std::nullopt;
}

std::vector<ReportOrder> due_reports(const Work& work, const Options& options, Lateness late) {
  const auto& envelope = work.message->envelope;
  ReportOrder failed{.kind = mail::DsnKind::failed, .recipients = {}};
  ReportOrder waiting{.kind = late.expired ? mail::DsnKind::expired : mail::DsnKind::delayed,
                      .recipients = {},
                      .missed_time = late.missed_time};
  ReportOrder reached{.kind = mail::DsnKind::receipt, .recipients = {}};
  for (std::size_t i = 0; i < work.outcomes.size(); ++i) {
    const auto& outcome = work.outcomes[i];
    if (!outcome) continue;
    const auto notify = envelope.recipients[i].notify;
    if (outcome->state == Outcome::State::sent) {
      if (options.receipts && receipt_of(envelope, i, *outcome)) reached.receipts.push_back(i);
    } else if (outcome->state == Outcome::State::failed) {
      if (notify.of_failure()) failed.recipients.push_back(i);
    } else if (late.expired ? notify.of_failure() : late.warn && notify.of_delay()) {
      waiting.recipients.push_back(i);
    }
  }
  std::vector<ReportOrder> orders;
  if (!failed.recipients.empty()) orders.push_back(std::move(failed));
  if (!waiting.recipients.empty()) orders.push_back(std::move(waiting));
  if (reached.receipts.empty()) return orders;
  // One report tells of both, unless it is only a warning.
  if (!orders.empty() && orders.front().kind != mail::DsnKind::delayed) {
    orders.front().receipts = std::move(reached.receipts);
  } else {
    orders.push_back(std::move(reached));
  }
  return orders;
}

void look_ahead_for_report(const Options& options, const std::string& sender) {
  const std::string& addressee = sender.empty() ? options.double_bounce : sender;
  for (const auto& one : {addressee, options.postmaster_copy}) {
    if (!one.empty()) (void)destinations_of(options, one);
  }
}

Report make_report(const ReportRequest& request) {
  const auto& message = *request.work.message;
  const auto& original = message.envelope;
  Report report;
  const auto waited = limit_of(request);
  const std::string& addressee = addressee_of(request);
  const auto destinations = addressee.empty() ? std::vector<mail::Recipient>()
                                              : destinations_of(request.options, addressee);
  // A report to the postmaster whose mailbox fails, wherever aliases have it: nobody is left. Lists
  // and .forward files lead where nobody can tell any more: so there is one such report, no
  // further.
  const auto is_postmaster = [&](std::size_t index) {
    const auto& failed = original.recipients[index].address;
    return iequals(failed, addressee) || std::ranges::any_of(destinations, [&](const auto& one) {
             return iequals(failed, one.address);
           });
  };
  const bool loops =
      original.sender.empty() && !request.order.recipients.empty() &&
      (original.double_bounce || std::ranges::all_of(request.order.recipients, is_postmaster));
  if (addressee.empty() || loops) {
    report.is_dead_letter = loops && !request.options.dead_letters.empty();
    const std::string fate =
        report.is_dead_letter ? "saved in " + request.options.dead_letters + ": " : "dropped: ";
    report.line = maillog::return_to_sender(original.id, original.id, fate + reason_words(request));
    return report;
  }
  mail::DsnOrder order;
  order.kind = request.order.kind;
  order.original = &original;
  order.original_header = header_section(request.header);
  for (const auto index : request.order.recipients) {
    order.recipients.push_back(recipient_of(request, index));
    const auto& remedy = request.work.outcomes[index]->remedy;
    if (order.remedy.empty()) order.remedy = remedy;
  }
  if (!order.recipients.empty()) order.recipients.front().transcript = request.work.transcript;
  for (const auto index : request.order.receipts) {
    order.recipients.push_back(receipt_for(request, index));
  }
  order.host = request.options.host;
  order.mailer = request.options.mailer_name;
  if (request.order.is_copy) order.postmaster = addressee;
  order.note = request.options.error_header;
  order.names_actual_recipient = request.options.reports_name_actual_recipient;
  order.version = request.options.version;
  order.id = request.id;
  order.now = request.now;
  order.waited = waited;
  order.missed_time = request.order.missed_time;
  report.returns_body = returns_body(request);
  if (report.returns_body) {
    auto around = mail::dsn_around_original(order);
    report.text = std::move(around.before);
    report.behind = std::move(around.behind);
  } else {
    report.text = mail::dsn_message(order);
  }
  report.envelope.id = request.id;
  report.envelope.recipients = destinations;
  report.envelope.arrived = request.now;
  report.envelope.size = report.text.size() + report.behind.size() +
                         (report.returns_body ? message.content->size() : 0);
  report.envelope.peer = "localhost";
  report.envelope.double_bounce = original.sender.empty();
  report.line = line_of(request, order);
  return report;
}

}  // namespace signet::deliver
