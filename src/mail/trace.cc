// The fields we put in front of a message: Received (RFC 5321 §4.4) and what the sender left out.
#include <fmt/format.h>

#include <ctime>

#include "mail/clean.h"
#include "signet/mail/header.h"

namespace signet::mail {
namespace {

constexpr std::size_t kMaxPath = 1000;

// "from HELO (host [ip])"; without HELO "(from host [ip])".
std::string from_clause(const Trace& trace, const Envelope& envelope) {
  const std::string relay =
      trace.peer != nullptr ? trace.peer->relay() : clean_line(envelope.peer, kMaxPath);
  if (trace.helo.empty()) return relay.empty() ? std::string() : "(from " + relay + ")";
  return "from " + clean_host(trace.helo) + (relay.empty() ? std::string() : " (" + relay + ")");
}

// One a line: no line is too long for RFC 5322 §2.1.1.
std::string list_of(const std::vector<std::string>& addresses) {
  std::string list;
  for (const auto& address : addresses) {
    list += (list.empty() ? "" : ",\r\n\t") + in_brackets(clean_line(address, kMaxPath));
  }
  return list;
}

}  // namespace

std::string received_field(const Trace& trace, const Envelope& envelope) {
  std::string out = "Received: ";
  const std::string from = from_clause(trace, envelope);
  if (!from.empty()) out += from + "\r\n\t";
  if (trace.auth != nullptr && trace.auth->done()) {
    out += fmt::format("(authenticated bits={})\r\n\t", trace.auth->bits);
  }
  out += fmt::format("by {} ({})", trace.host, trace.version);
  if (!envelope.protocol.empty()) out += " with " + envelope.protocol;
  out += " id " + envelope.id;
  if (trace.tls != nullptr && trace.tls->active()) {
    out += fmt::format("\r\n\t(version={} cipher={} bits={} verify={})", trace.tls->version,
                       trace.tls->cipher, trace.tls->cipher_bits, to_string(trace.tls->verify));
  }
  // Naming several recipients would tell each of the others (RFC 5321 §7.6).
  if (envelope.recipients.size() == 1) {
    out += "\r\n\tfor " + in_brackets(clean_line(envelope.recipients.front().shown(), kMaxPath)) +
           "; ";
  } else {
    out += ";\r\n\t";
  }
  return out + rfc5322_date(envelope.arrived) + "\r\n";
}

std::string helo_warning(const Trace& trace) {
  if (!trace.helo.empty() || trace.peer == nullptr) return {};
  return fmt::format("X-Authentication-Warning: {}: {} didn't use HELO protocol\r\n", trace.host,
                     trace.peer->relay());
}

std::string missing_fields(const HeaderScan& scan, const Envelope& envelope, const OwnFields& own) {
  std::string out;
  if (!scan.has_date()) out += "Date: " + rfc5322_date(envelope.arrived) + "\r\n";
  if (!scan.has_from()) out += "From: " + own.from + "\r\n";
  if (scan.message_id().empty()) out += "Message-Id: " + own.message_id + "\r\n";
  return out;
}

bool names_recipients(WithoutRecipients action) {
  return action == WithoutRecipients::to || action == WithoutRecipients::apparently_to;
}

std::string recipient_field(WithoutRecipients action, const std::vector<std::string>& named) {
  switch (action) {
    case WithoutRecipients::none:
      break;
    case WithoutRecipients::to:
      return "To: " + list_of(named) + "\r\n";
    case WithoutRecipients::apparently_to:
      return "Apparently-To: " + list_of(named) + "\r\n";
    case WithoutRecipients::bcc:
      return "Bcc:\r\n";
    case WithoutRecipients::undisclosed:
      return "To: undisclosed-recipients:;\r\n";
  }
  return {};
}

std::string stamp_text(WallTime when) {
  const auto seconds = static_cast<std::time_t>(when.time_since_epoch().count());
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:04}{:02}{:02}{:02}{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min);
}

std::string new_message_id(const Envelope& envelope, std::string_view host) {
  return fmt::format("<{}.{}@{}>", stamp_text(envelope.arrived), envelope.id, host);
}

std::string author_of(const Envelope& envelope, std::string_view mailer) {
  return envelope.sender.empty() ? std::string(mailer) : clean_line(envelope.sender, kMaxPath);
}

}  // namespace signet::mail
