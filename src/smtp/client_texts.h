// What the client side says, and the replies it makes up itself when no server said one: in one
// place, in sendmail's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signet/mail/reply.h"
#include "signet/smtp/client_session.h"
#include "smtp/capabilities.h"

namespace signet::smtp::texts {

// Without CRLF: the transcript shows them too.
[[nodiscard]] std::string mail_command(const Job& job, const Capabilities& server);
// `index`: of the recipient.
[[nodiscard]] std::string rcpt_command(std::size_t index, const Job& job,
                                       const Capabilities& server);

// Why this job or address cannot be said to this server at all; empty if it can.
[[nodiscard]] std::optional<mail::Reply> refuse_job(const Job& job, const Capabilities& server,
                                                    bool eight_bit_always);
[[nodiscard]] std::optional<mail::Reply> refuse_address(std::string_view address);

inline mail::Reply tls_failed() { return {454, "4.7.0", "TLS handshake failed."}; }
inline mail::Reply tls_injected() { return {454, "4.7.0", "STARTTLS failed."}; }
inline mail::Reply lost(std::string reason) {
  return {421, "4.4.2", reason.empty() ? "Connection lost" : std::move(reason)};
}
inline mail::Reply timed_out() { return {421, "4.4.2", "Connection timed out"}; }
inline mail::Reply unexpected(const mail::Reply& got) {
  return {451, "4.5.0", "Unexpected reply: " + got.line()};
}
inline mail::Reply content_unreadable() { return {451, "4.3.0", "Content cannot be read"}; }

}  // namespace signet::smtp::texts
