#include "smtp/client_texts.h"

#include <algorithm>

#include "signet/base/text.h"
#include "signet/mail/envelope.h"

namespace signet::smtp::texts {
namespace {

// What would end the address in a command, and begin a parameter.
bool is_one_piece(std::string_view address) {
  bool quoted = false;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char c = address[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ' ' || c == '<' || c == '>')) {
      return false;
    }
  }
  return true;
}

}  // namespace

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
    if (!job.envelope_id.empty()) line += " ENVID=" + job.envelope_id;
    if (const auto part = mail::to_text(job.return_part); !part.empty()) {
      line.append(" RET=").append(part);
    }
  }
  if (job.deliver_by && server.offers("DELIVERBY")) line += " BY=" + mail::to_text(*job.deliver_by);
  return line;
}

std::string rcpt_command(std::size_t index, const Job& job, const Capabilities& server) {
  std::string line = "RCPT To:" + mail::in_brackets(job.recipients[index]);
  if (job.wishes.empty() || !server.offers("DSN")) return line;
  const auto& wishes = job.wishes[index];
  if (wishes.notify.said()) line += " NOTIFY=" + mail::to_text(wishes.notify);
  if (!wishes.original.empty()) line += " ORCPT=" + wishes.original;
  return line;
}

std::optional<mail::Reply> refuse_address(std::string_view address) {
  if (std::ranges::any_of(address, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return mail::Reply{553, "5.6.7", "Address is not ASCII, SMTPUTF8 not supported"};
  }
  if (std::ranges::any_of(address, [](char c) { return c < ' ' || c == 0x7f; })) {
    return mail::Reply{553, "5.1.3", "Address contains control characters"};
  }
  if (!is_one_piece(address)) {
    return mail::Reply{553, "5.1.3", "Address has blanks or brackets outside of quotes"};
  }
  return std::nullopt;
}

namespace {

// A message that is to come back when it is late goes to nobody who would not see to that.
std::optional<mail::Reply> refuse_time(const mail::DeliverBy& by, const Capabilities& server) {
  if (!by.gives_up()) return std::nullopt;
  if (by.within.count() <= 0) return mail::Reply{554, "5.4.7", "Delivery time expired"};
  if (!server.offers("DELIVERBY")) {
    return mail::Reply{554, "5.4.7", "Server does not support Deliver By"};
  }
  const auto least = server.least_deliver_by();
  if (static_cast<std::uint64_t>(by.within.count()) >= least) {
    return std::nullopt;
  }
  return mail::Reply{554, "5.4.7",
                     "Server wants " + std::to_string(least) + " seconds to deliver, " +
                         std::to_string(by.within.count()) + " are left"};
}

}  // namespace

std::optional<mail::Reply> refuse_job(const Job& job, const Capabilities& server,
                                      bool eight_bit_always) {
  if (auto refusal = refuse_address(job.sender)) return refusal;
  if (job.deliver_by) {
    if (auto refusal = refuse_time(*job.deliver_by, server)) return refusal;
  }
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
