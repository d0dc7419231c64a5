// The header section of a message while it streams in: what is there, what we add.
// Fields are found, never rewritten; the content itself stays as it came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/envelope.h"
#include "signet/mail/facts.h"

namespace signet::mail {

// What a look over the header section found. Feed it the content from its first octet, cut
// anywhere; it stops reading at the empty line (or at `limit_bytes` of header, then too_large).
class HeaderScan final {
 public:
  explicit HeaderScan(std::uint64_t limit_bytes = 32768);
  void on_content(std::string_view bytes);
  void on_end();
  [[nodiscard]] bool complete() const;  // empty line or first non-header line seen
  [[nodiscard]] bool too_large() const;
  [[nodiscard]] bool has_date() const;
  [[nodiscard]] bool has_from() const;
  [[nodiscard]] bool has_recipients() const;            // To, Cc, Bcc, Apparently-To
  [[nodiscard]] const std::string& message_id() const;  // as given, usually "<...>"; or empty
  [[nodiscard]] int hops() const;                       // Received: fields
  [[nodiscard]] bool wants_receipt() const;             // Return-Receipt-To

 private:
  void on_line(std::string_view line);
  std::string line_;
  std::string message_id_;
  std::uint64_t seen_ = 0;
  std::uint64_t limit_;
  int hops_ = 0;
  bool date_ = false;
  bool from_ = false;
  bool recipients_ = false;
  bool receipt_ = false;
  bool any_field_ = false;
  bool complete_ = false;
  bool too_large_ = false;
  bool in_message_id_ = false;
};

struct Trace {
  std::string_view helo;  // as said in EHLO; empty: none
  const PeerFacts* peer = nullptr;
  const TlsFacts* tls = nullptr;
  const AuthFacts* auth = nullptr;
  std::string_view host;     // $j
  std::string_view version;  // "$v/$Z": "8.17.1/Signet" style, from configuration
};

// The Received: field, ending in CRLF, with sendmail's layout. `envelope` gives
// protocol, id, recipients (for clause only when there is one) and the date.
[[nodiscard]] std::string received_field(const Trace& trace, const Envelope& envelope);
// What authwarnings adds for a client that did not say HELO, ending in CRLF; empty: it did.
[[nodiscard]] std::string helo_warning(const Trace& trace);
// Missing Date, From, Message-Id, in this order, each ending in CRLF; empty if all are there.
struct OwnFields {
  std::string from;
  std::string message_id;
};
[[nodiscard]] std::string missing_fields(const HeaderScan& scan, const Envelope& envelope,
                                         const OwnFields& own);
// NoRecipientAction: what is put into a message that names no recipient.
enum class WithoutRecipients {
  none,
  to,             // To: with those of the envelope
  apparently_to,  // Apparently-To: with them
  bcc,            // an empty Bcc:
  undisclosed,    // To: undisclosed-recipients:;
};
[[nodiscard]] bool names_recipients(WithoutRecipients action);
// Of a message with no such field, ending in CRLF. `named`: as the client said them, for an action
// that names them.
[[nodiscard]] std::string recipient_field(WithoutRecipients action,
                                          const std::vector<std::string>& named);
// "YYYYMMDDhhmm" (UTC)
[[nodiscard]] std::string stamp_text(WallTime when);
// "<YYYYMMDDhhmm.QID@host>" (UTC)
[[nodiscard]] std::string new_message_id(const Envelope& envelope, std::string_view host);
// The sender; of <> `mailer`.
[[nodiscard]] std::string author_of(const Envelope& envelope, std::string_view mailer);
// RFC 5322 §3.3 in local time: "Mon, 23 Nov 2026 13:36:36 +0000" followed by " (UTC)" as sendmail
// does where a zone name is known; here always numeric.
[[nodiscard]] std::string rfc5322_date(WallTime when);

}  // namespace signet::mail
