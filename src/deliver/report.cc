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
  const std::string& address = message.envelope.recipients[index].shown();
  mail::DsnRecipient recipient;
  recipient.address = address;
  recipient.status = request.order.kind == mail::DsnKind::expired ? "4.4.7" : outcome.dsn;
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

// For the log. A fault of our own set-up is named.
std::string reason_words(const ReportRequest& request) {
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

maillog::Line line_of(const ReportRequest& request, std::string_view id,
                      std::chrono::seconds waited) {
  const auto& own = request.work.message->envelope.id;
  const std::string span = mail::span_text(waited);
  const std::string expired = "Cannot send message for " + span;
  const bool is_expired = request.order.kind == mail::DsnKind::expired;
  const std::string reason = is_expired ? expired : reason_words(request);
  if (request.order.is_copy) return maillog::postmaster_notify(own, id, reason);
  if (request.work.message->envelope.sender.empty()) {
    return maillog::return_to_sender(own, id, reason);
  }
  if (is_expired) return maillog::sender_notify(own, id, expired);
  if (request.order.kind == mail::DsnKind::failed) {
    return maillog::dsn_made(own, id, reason);
  }
  return maillog::sender_notify(own, id, "Warning: could not send message for past " + span);
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
      original.sender.empty() &&
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
  order.host = request.options.host;
  order.mailer = request.options.mailer_name;
  if (request.order.is_copy) order.postmaster = addressee;
  order.note = request.options.error_header;
  order.names_actual_recipient = request.options.reports_name_actual_recipient;
  order.version = request.options.version;
  order.id = request.id;
  order.now = request.now;
  order.waited = waited;
  report.text = mail::dsn_message(order);
  report.envelope.id = request.id;
  report.envelope.recipients = destinations;
  report.envelope.arrived = request.now;
  report.envelope.size = report.text.size();
  report.envelope.peer = "localhost";
  report.envelope.double_bounce = original.sender.empty();
  report.line = line_of(request, request.id, waited);
  return report;
}

}  // namespace signet::deliver
