#include "signet/mail/dsn.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mail/clean.h"
#include "signet/base/check.h"
#include "signet/base/text.h"
#include "signet/mail/header.h"

namespace signet::mail {
namespace {

// Bounds for what other hosts said (RFC 5322 §2.1.1: no line above 998 octets).
constexpr std::size_t kMaxAddress = 320;
constexpr std::size_t kMaxSentence = 512;
constexpr std::size_t kMaxTranscriptLines = 50;  // per recipient
constexpr std::size_t kMaxHeaderLine = 990;
constexpr std::size_t kMaxReturnedHeader = 64 * 1024;

std::string shown(std::string_view address) { return in_brackets(printable(address, kMaxAddress)); }

// A copy, or a report that comes back and has no sender to go to.
bool is_for_postmaster(const DsnOrder& order) {
  return !order.postmaster.empty() || order.original->sender.empty();
}

std::string subject(const DsnOrder& order) {
  if (order.kind == DsnKind::receipt) return "Return receipt";
  if (order.kind == DsnKind::delayed && order.missed_time) return missed_time_text(order);
  if (order.kind == DsnKind::delayed) {
    return "Warning: could not send message for past " + span_text(order.waited);
  }
  if (is_for_postmaster(order)) return "Postmaster notify: see transcript for details";
  return "Returned mail: see transcript for details";
}

std::string_view generated_by(const DsnOrder& order) {
  if (order.kind == DsnKind::receipt) return "return-receipt";
  if (order.kind == DsnKind::delayed) return "warning-timeout";
  return is_for_postmaster(order) ? "postmaster-notification" : "failure";
}

std::string boundary(const DsnOrder& order) {
  return fmt::format("{}.{}/{}", order.id, order.now.time_since_epoch().count(), order.host);
}

std::string recipient_of(const DsnOrder& order) {
  if (!order.postmaster.empty()) return shown(order.postmaster);
  return order.original->sender.empty() ? "postmaster" : shown(order.original->sender);
}

// $n, at this host unless it says where.
std::string author_of(const DsnOrder& order) {
  const std::string name(order.mailer);
  return name.find('@') != std::string::npos ? name : fmt::format("{}@{}", name, order.host);
}

std::string header(const DsnOrder& order) {
  Envelope report;
  report.id = order.id;
  report.arrived = order.now;
  const std::string date = rfc5322_date(order.now);
  return fmt::format(
      "Received: from localhost (localhost)\r\n\tby {0} ({1}) id {2};\r\n\t{3}\r\n"
      "Date: {3}\r\n"
      "From: Mail Delivery Subsystem <{9}>\r\n"
      "Message-Id: {4}\r\n"
      "To: {5}\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"{6}\"\r\n"
      "Subject: {7}\r\n"
      "Auto-Submitted: auto-generated ({8})\r\n"
      "\r\n"
      "This is a MIME-encapsulated message\r\n"
      "\r\n",
      order.host, order.version, order.id, date, new_message_id(report, order.host),
      recipient_of(order), boundary(order), subject(order), generated_by(order), author_of(order));
}

bool is_trouble(const DsnRecipient& recipient) { return recipient.action <= DsnAction::delayed; }

// What stands behind an address in the list for people, and in its Action field. Our own words for
// the transcript.
struct SuccessWords {
  std::string_view list;
  std::string_view field;
  std::string_view transcript;
};
SuccessWords words_of(DsnAction action) {
  switch (action) {
    case DsnAction::failed:
    case DsnAction::delayed:
      break;
    case DsnAction::delivered:
      return {"successfully delivered to mailbox", "delivered (to mailbox)",
              "Successfully delivered"};
    case DsnAction::relayed:
      return {"relayed to non-DSN-aware mailer", "relayed (to non-DSN-aware mailer)",
              "relayed; expect no further notifications"};
    case DsnAction::expanded:
      return {"expanded by mailing list", "expanded (to multi-recipient alias)",
              "expanded to multiple addresses"};
    case DsnAction::to_list:
      return {"successfully delivered to mailing list", "delivered (to mailing list)",
              "Message delivered to mailing list"};
    case DsnAction::time_unwatched:
      return {"Deliver-By notify: relayed", "relayed (Deliver-By notify mode)",
              "Deliver-by notify: relayed"};
    case DsnAction::traced:
      return {"Deliver-By trace: relayed", "relayed (Deliver-By trace mode)",
              "Deliver-By trace: relayed"};
  }
  return {};
}

std::string_view field_of(DsnAction action) {
  if (action == DsnAction::failed) return "failed";
  return action == DsnAction::delayed ? "delayed" : words_of(action).field;
}

std::string transcript_of(const DsnRecipient& recipient) {
  std::string out;
  if (!is_trouble(recipient)) {
    out.append(shown(recipient.address)).append("... ");
    return out.append(words_of(recipient.action).transcript).append("\r\n");
  }
  if (!recipient.remote_mta.empty()) {
    out += fmt::format("... while talking to {}.:\r\n", clean_host(recipient.remote_mta));
  }
  std::size_t left = kMaxTranscriptLines;
  for (const auto& line : recipient.transcript) {
    if (left-- == 0) break;
    out += printable(line, kMaxSentence) + "\r\n";
  }
  if (recipient.transcript.empty() && !recipient.remote_mta.empty() && !recipient.reason.empty()) {
    out += recipient.reason_is_theirs ? "<<< " : "";
    out += printable(recipient.reason, kMaxSentence) + "\r\n";
  }
  if (!recipient.diagnosis.empty()) out += printable(recipient.diagnosis, kMaxSentence) + "\r\n";
  return out;
}

// What becomes of the message from here on, as the last lines of the transcript.
std::string prospect(const DsnOrder& order) {
  const std::string waited = span_text(order.waited);
  switch (order.kind) {
    case DsnKind::failed:
    case DsnKind::receipt:
      return {};
    case DsnKind::expired:
      return (order.missed_time ? missed_time_text(order)
                                : "Message could not be delivered for " + waited) +
             "\r\nMessage will be deleted from queue\r\n";
    case DsnKind::delayed: {
      std::string out = (order.missed_time ? missed_time_text(order)
                                           : "Warning: message still undelivered after " + waited) +
                        "\r\n";
      if (order.recipients.empty()) return out;
      const auto age = order.recipients.front().retry_until - order.original->arrived;
      if (age.count() > 0) {
        out += "Will keep trying until message is " + span_text(age) + " old\r\n";
      }
      return out;
    }
  }
  check_failed("DsnKind", __FILE__, __LINE__);
}

std::string lines_of(std::string_view text) {
  std::string out;
  for (const auto line : split(text, '\n')) out += printable(trim(line), kMaxSentence) + "\r\n";
  return out;
}

// Part one, for people.
std::string explanation(const DsnOrder& order) {
  std::string out = "\r\n";
  if (order.kind == DsnKind::delayed) {
    out +=
        "    **********************************************\r\n"
        "    **      THIS IS A WARNING MESSAGE ONLY      **\r\n"
        "    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\r\n"
        "    **********************************************\r\n\r\n";
  }
  out += "The original message was received at " + rfc5322_date(order.original->arrived) + "\r\n";
  if (!order.original->peer.empty()) {
    out += "from " + printable(order.original->peer, kMaxSentence) + "\r\n";
  }
  if (!order.postmaster.empty()) out += "with id " + order.original->id + "\r\n";
  if (!order.note.empty()) out += "\r\n" + lines_of(order.note);
  if (order.kind == DsnKind::failed || order.kind == DsnKind::expired) {
    out += "\r\n   ----- The following addresses had permanent fatal errors -----\r\n";
    for (const auto& recipient : order.recipients) {
      if (!is_trouble(recipient)) continue;
      out += shown(recipient.address) + "\r\n";
      if (!recipient.reason.empty()) {
        out += "    (reason: " + printable(recipient.reason, kMaxSentence) + ")\r\n";
      }
    }
  }
  if (!std::ranges::all_of(order.recipients, is_trouble)) {
    out += "\r\n   ----- The following addresses had successful delivery notifications -----\r\n";
    for (const auto& recipient : order.recipients) {
      if (is_trouble(recipient)) continue;
      out.append(shown(recipient.address)).append("  (");
      out.append(words_of(recipient.action).list).append(")\r\n");
    }
  }
  out += "\r\n   ----- Transcript of session follows -----\r\n";
  for (const auto& recipient : order.recipients) out += transcript_of(recipient);
  out += prospect(order);
  if (!order.remedy.empty()) {
    out += "\r\n   ----- What may help -----\r\n";
    out += lines_of(order.remedy);
  }
  return out + "\r\n";
}

bool is_reply(std::string_view reason) {
  return reason.size() >= 3 && reason[0] >= '2' && reason[0] <= '5' &&
         parse_number(reason.substr(0, 3)).has_value();
}

// What a client said in xtext, and so may hold anything, as one line.
std::string decoded(std::string_view text) {
  return printable(xtext_decode(text).value_or(std::string(text)), kMaxSentence);
}

std::string decoded_original(std::string_view original) {
  const auto semicolon = std::min(original.find(';'), original.size());
  return printable(original.substr(0, semicolon), kMaxAddress) + ";" +
         decoded(original.substr(std::min(semicolon + 1, original.size())));
}

// One recipient of part two, for programs. RFC 3464 §2.3.
std::string fields_of(const DsnRecipient& recipient, const DsnOrder& order) {
  const std::string address = printable(recipient.address, kMaxAddress);
  std::string out = "\r\n";
  if (!recipient.original.empty()) {
    out += "Original-Recipient: " + decoded_original(recipient.original) + "\r\n";
  }
  const auto& given = recipient.given.empty() ? recipient.address : recipient.given;
  out += "Final-Recipient: RFC822; " + printable(given, kMaxAddress) + "\r\n";
  if (order.names_actual_recipient) out += "X-Actual-Recipient: rfc822; " + address + "\r\n";
  out += fmt::format("Action: {}\r\nStatus: {}\r\n", field_of(recipient.action),
                     printable(recipient.status, 16));
  if (!recipient.remote_mta.empty()) {
    out += "Remote-MTA: DNS; " + clean_host(recipient.remote_mta) + "\r\n";
  }
  if (is_reply(recipient.reason)) {
    out += "Diagnostic-Code: SMTP; " + printable(recipient.reason, kMaxSentence) + "\r\n";
  }
  if (recipient.last_attempt != WallTime{}) {
    out += "Last-Attempt-Date: " + rfc5322_date(recipient.last_attempt) + "\r\n";
  }
  if (recipient.action == DsnAction::delayed && recipient.retry_until != WallTime{}) {
    out += "Will-Retry-Until: " + rfc5322_date(recipient.retry_until) + "\r\n";
  }
  return out;
}

std::string delivery_status(const DsnOrder& order) {
  std::string out = "Content-Type: message/delivery-status\r\n\r\n";
  if (!order.original->envelope_id.empty()) {
    out += "Original-Envelope-Id: " + decoded(order.original->envelope_id) + "\r\n";
  }
  out.append("Reporting-MTA: dns; ").append(order.host).append("\r\n");
  const std::string_view peer = order.original->peer;
  if (const auto name = peer.substr(0, peer.find(' ')); !name.empty()) {
    out += "Received-From-MTA: DNS; " + clean_host(name) + "\r\n";
  }
  out += "Arrival-Date: " + rfc5322_date(order.original->arrived) + "\r\n";
  if (const auto& by = order.original->deliver_by) {
    out += "Deliver-By-Date: " + rfc5322_date(order.original->arrived + by->within) + "\r\n";
  }
  for (const auto& recipient : order.recipients) out += fields_of(recipient, order);
  return out + "\r\n";
}

std::string return_path(const DsnOrder& order) {
  return "Return-Path: " + shown(order.original->sender) + "\r\n";
}

// Part three: the header section as it was, up to its empty line, each line bounded.
std::string returned_header(const DsnOrder& order) {
  std::string out = "Content-Type: text/rfc822-headers\r\n\r\n" + return_path(order);
  std::string_view rest = order.original_header;
  while (!rest.empty() && out.size() < kMaxReturnedHeader) {
    const auto newline = rest.find('\n');
    auto line = rest.substr(0, newline);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (line[0] == '\t') out += '\t';  // folding keeps its look
    out += clean_line(line[0] == '\t' ? line.substr(1) : line, kMaxHeaderLine) + "\r\n";
  }
  return out + "\r\n";
}

// Up to the third part, and behind it.
DsnAround dsn_around_third(const DsnOrder& order) {
  SIGNET_CHECK(order.original != nullptr);
  const std::string delimiter = "--" + boundary(order);
  DsnAround out{.before = header(order), .behind = delimiter + "--\r\n\r\n"};
  out.before += delimiter + "\r\n" + explanation(order);
  out.before += delimiter + "\r\n" + delivery_status(order);
  out.before += delimiter + "\r\n";
  return out;
}

}  // namespace

std::string dsn_message(const DsnOrder& order) {
  const auto around = dsn_around_third(order);
  return around.before + returned_header(order) + around.behind;
}

DsnAround dsn_around_original(const DsnOrder& order) {
  auto around = dsn_around_third(order);
  around.before += "Content-Type: message/rfc822\r\n\r\n" + return_path(order);
  around.behind.insert(0, "\r\n");
  return around;
}

std::string missed_time_text(const DsnOrder& order) {
  const auto by = order.original->deliver_by.value_or(DeliverBy{});
  const auto words = order.kind == DsnKind::delayed
                         ? std::pair("Warning: Delivery time (", "s) exceeded")
                         : std::pair("Delivery time (", "s) expired");
  return words.first + std::to_string(by.within.count()) + words.second;
}

}  // namespace signet::mail
