// Delivery status notifications (RFC 3461-3464, RFC 2852 §5) as text: sendmail's three-part report.
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
  receipt,  // "Return receipt"
};

// What became of the message for one recipient.
enum class DsnAction {
  failed,
  delayed,
  delivered,       // to a mailbox, file or program
  relayed,         // to a host that makes no reports
  expanded,        // an alias with several members
  to_list,         // a list whose owner answers for what comes of it
  time_unwatched,  // relayed to a host that does not know of Deliver-By, mode N
  traced,          // relayed to one that does, trace was wanted
};

struct DsnRecipient {
  std::string address;
  std::string given{};  // as RCPT had it; empty: the same
  DsnAction action = DsnAction::failed;
  std::string original{};        // ORCPT, "rfc822;" and xtext; empty: not said
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
  const Envelope* original = nullptr;  // id, sender, peer, arrived, ENVID, BY
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
  bool missed_time = false;        // expired, delayed: as the time of BY is over
};

// Whole message with CRLF line ends, header included (Received:, Date:, From: Mail Delivery
// Subsystem <MAILER-DAEMON@host>, ...). Foreign text is sanitised: printable, bounded, no CR or LF.
// With a null original sender it is addressed to postmaster (a double bounce).
[[nodiscard]] std::string dsn_message(const DsnOrder& order);
// The same around the whole original, which stands between the two as it is.
struct DsnAround {
  std::string before;
  std::string behind;
};
[[nodiscard]] DsnAround dsn_around_original(const DsnOrder& order);
// "Delivery time (20s) expired", "Warning: Delivery time (20s) exceeded".
[[nodiscard]] std::string missed_time_text(const DsnOrder& order);
// "5 days", "1 hour, 30 minutes", "25 seconds": sendmail's way of saying a span.
[[nodiscard]] std::string span_text(std::chrono::seconds span);

}  // namespace signet::mail
