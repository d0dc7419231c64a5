#include "smtp/client_texts.h"

#include <algorithm>

#include "signet/base/text.h"
#include "signet/mail/envelope.h"

namespace signet::smtp::texts {

std::string mail_command(const Job& job, const Capabilities& server) {
  std::string line = "MAIL From:" + mail::in_brackets(job.sender);
  if (job.size > 0 && server.offers("SIZE")) line += " SIZE=" + std::to_string(job.size);
  if (server.offers("8BITMIME")) {
    if (job.body == mail::Body::eight_bit_mime) line += " BODY=8BITMIME";
    if (job.body == mail::Body::seven_bit) line += " BODY=7BIT";
  }
  if (job.auth_sender && server.offers("AUTH")) {  // RFC 4954 §5
    line += " AUTH=";
    line += job.auth_sender->empty() ? "<>" : xtext_encode(*job.auth_sender, ")<>\"=");
  }
  if (server.offers("DSN")) {
    if (!job.return_part.empty()) line += " RET=" + job.return_part;
    if (!job.envelope_id.empty()) line += " ENVID=" + job.envelope_id;
  }
  return line;
}

std::string rcpt_command(std::string_view address, const Job& job, const Capabilities& server) {
  std::string line = "RCPT To:" + mail::in_brackets(address);
  if (!job.notify.empty() && server.offers("DSN")) line += " NOTIFY=" + job.notify;
  return line;
}

std::optional<mail::Reply> refuse_address(std::string_view address) {
  if (std::ranges::any_of(address, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return mail::Reply{553, "5.6.7", "Address is not ASCII, SMTPUTF8 not supported"};
  }
  if (std::ranges::any_of(address, [](char c) { return c < ' ' || c == 0x7f; })) {
    return mail::Reply{553, "5.1.3", "Address contains control characters"};
  }
  return std::nullopt;
}

std::optional<mail::Reply> refuse_job(const Job& job, const Capabilities& server,
                                      bool eight_bit_always) {
  if (auto refusal = refuse_address(job.sender)) return refusal;
  const auto limit = server.size_limit();
  if (limit > 0 && job.size > limit) {
    return mail::Reply{552, "5.3.4",
                       "Message is too large; " + std::to_string(limit) + " bytes max"};
  }
  if (job.body == mail::Body::eight_bit_mime && !server.offers("8BITMIME") && !eight_bit_always) {
    return mail::Reply{554, "5.6.3", "Eight bit data not accepted by this host"};  // RFC 6152 §3
  }
  return std::nullopt;
}

}  // namespace signet::smtp::texts
