// Delivery status notifications (RFC 3461-3464) as text: sendmail's three-part report.
// Pure: facts in, message out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/envelope.h"

namespace signet::mail {

enum class DsnKind {
  failed,   // "Returned mail: see transcript for details"
  expired,  // the same subject; "Message could not be delivered for 5 days"
  delayed,  // "Warning: could not send message for past 4 hours"
};

struct DsnRecipient {
  std::string address;
  std::string status;            // "5.1.1"
  std::string reason;            // "550 5.1.1 no such user here"; may be empty
  bool reason_is_theirs = true;  // the remote host said it, not we
  std::string remote_mta;        // "mx1.dest.test"; empty if no host answered
  std::string diagnosis;  // sentence for the transcript part: "550 5.1.1 <x@y>... User unknown"
  WallTime last_attempt{};
  WallTime retry_until{};  // delayed only
  // ">>> RCPT To:<x@y>", "<<< 550 ..."; when there is none, the reason is shown.
  std::vector<std::string> transcript{};
};

struct DsnOrder {
  DsnKind kind = DsnKind::failed;
  const Envelope* original = nullptr;  // id, sender, peer, arrived
  std::string_view original_header;    // header section to return (text/rfc822-headers), CRLF lines
  std::vector<DsnRecipient> recipients;
  std::string_view host;                      // $j
  std::string_view mailer = "MAILER-DAEMON";  // $n: who sends it
  std::string_view postmaster;  // copy for a postmaster of this address; empty: for the sender
  std::string_view note;        // lines of the site for people; empty: none
  std::string_view version;     // "$v/$Z"
  std::string_view remedy;      // our own advice for the reader; empty: none
  std::string id;               // queue id of the report itself
  bool names_actual_recipient = true;  // X-Actual-Recipient
  WallTime now{};
  std::chrono::seconds waited{0};  // how long it has been tried (expired, delayed)
};

// Whole message with CRLF line ends, header included (Received:, Date:, From: Mail Delivery
// Subsystem <MAILER-DAEMON@host>, ...). Foreign text is sanitised: printable, bounded, no CR or LF.
// With a null original sender it is addressed to postmaster (a double bounce).
[[nodiscard]] std::string dsn_message(const DsnOrder& order);
// "5 days", "1 hour, 30 minutes", "25 seconds": sendmail's way of saying a span.
[[nodiscard]] std::string span_text(std::chrono::seconds span);

}  // namespace signet::mail
