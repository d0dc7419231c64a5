// From a server's answer to sendmail's words: sent, deferred or failed, dsn=, stat= and reply= of
// the to= line. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "signet/base/result.h"
#include "signet/deliver/local_agent.h"
#include "signet/mail/reply.h"
#include "signet/smtp/client_session.h"

namespace signet::deliver {

struct Outcome {
  enum class State { sent, deferred, failed };
  // Of what was sent: how far it came, and so who tells its sender.
  enum class Reach : std::uint8_t {
    delivered,    // into a mailbox, a file, a program
    relayed,      // to a host that makes no reports: it is for us to do
    passed_on,    // to one that does
    handed_down,  // to the one member of an alias or list
    expanded,     // to several
    to_list,      // to a list whose owner answers for it from here
  };
  State state = State::deferred;
  Reach reach = Reach::delivered;
  bool keeps_time = false;  // the host that has it knows of Deliver-By (RFC 2852)
  std::string dsn;          // "2.0.0", "4.4.1"
  std::string stat;         // "Sent (queued as 1)", "Deferred: Connection refused by mx1.test."
  std::string reply;        // server's line for reply=, empty when all went well or nobody answered
  std::string remote;       // host that said so, no trailing dot; empty: nobody
  std::string remedy;       // advice for the reader of a DSN; empty: none
  std::string detail;       // our own reason, where stat= is sendmail's general word; for DSNs

  [[nodiscard]] bool final() const { return state != State::deferred; }
  bool operator==(const Outcome&) const = default;
};

// What the server said about one recipient. `host`: the MX name, without trailing dot.
[[nodiscard]] Outcome outcome_of(const smtp::RecipientResult& result, std::string_view host);
// No connection: "Deferred: Connection refused by mx1.example." (errno of connect in `error`).
[[nodiscard]] Outcome no_connection(const Error& error, std::string_view host);
// Refused by our own policy before mail was sent: TLS_Srv, TLS handshake failed.
[[nodiscard]] Outcome refused_here(const mail::Reply& reply, std::string_view host);
// One recipient refused by TLS_Rcpt: sendmail's words, which are not the rule's.
[[nodiscard]] Outcome refused_recipient(const mail::Reply& reply,
                                        const std::optional<mail::Reply>& tls_refusal,
                                        std::string_view host);
// What the agent said about a mailbox.
[[nodiscard]] Outcome outcome_of_letter(const LocalResult& result);
// DNS: NXDOMAIN, null MX, temporary failure, loop.
[[nodiscard]] Outcome host_unknown(std::string_view domain);
[[nodiscard]] Outcome null_mx();
[[nodiscard]] Outcome lookup_deferred(std::string_view domain);
[[nodiscard]] Outcome loops_back(std::string_view domain, std::string_view host);

}  // namespace signet::deliver
