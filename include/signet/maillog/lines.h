// The lines of the maillog, one pure function each, in sendmail's own format, so
// that every tool that reads sendmail's log reads ours. Foreign text is escaped and bounded: one
// event is one line, and no text from outside can look like a field of ours. Log (log.h) adds time,
// host and ident, and drops lines that the level does not want.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/envelope.h"
#include "signet/mail/facts.h"
#include "signet/mail/reply.h"

namespace signet::maillog {

enum class Priority { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };  // RFC 3164 §4.1.1

// The name a line stands under: that of the log, or "sm-tls", so that tools for sendmail's log pass
// over what is only for people.
enum class Ident : std::uint8_t { log, tls };

struct Line {
  int above_level = 0;  // written when LogLevel is greater
  Priority priority = Priority::info;
  std::string text;  // with "QID: " in front where the line has a queue id
  Ident ident = Ident::log;
  bool operator==(const Line&) const = default;
};
using Lines = std::vector<Line>;

// ---- TLS (no queue id) ----

enum class Side { server, client };

// "STARTTLS=server, relay=, version=, verify=, cipher=, bits=". `relay`: PeerFacts::relay() on the
// server side, the MX name with its trailing dot and no address on the client side.
[[nodiscard]] Line starttls(Side side, std::string_view relay, const mail::TlsFacts& tls);
// "STARTTLS=server, cert-subject=, cert-issuer=, verifymsg="; follows the line above.
[[nodiscard]] Line starttls_certificate(Side side, const mail::TlsFacts& tls);
// Why a certificate did not verify and what to do: "STARTTLS=server, relay=R, verify=FAIL: CAUSE;
// remedy: REMEDY", under "sm-tls". Nothing: there is nothing to explain.
[[nodiscard]] Lines starttls_explained(Side side, std::string_view relay,
                                       const mail::TlsFacts& tls);
// The same for a failed handshake: "STARTTLS=server, relay=R, handshake failed: CAUSE; remedy:
// REMEDY".
[[nodiscard]] Lines starttls_failure_explained(Side side, std::string_view relay,
                                               std::string_view cause, std::string_view remedy);
// "STARTTLS=server, error: accept failed=-1, reason=, SSL_error=, errno=, retry=-1, relay=" and one
// line per entry of OpenSSL's error queue. The client's line has no relay=.
[[nodiscard]] Lines starttls_failed(Side side, std::string_view relay, std::string_view reason,
                                    int ssl_error, const std::vector<std::string>& queue);
// TLS broke behind the handshake: the other side refuses our certificate, say (RFC 8446 §4.4.2.4).
[[nodiscard]] Line starttls_read_error(std::string_view reason);
// "STARTTLS=server: file /etc/mail/certs/host.key unsafe: Group readable file"
[[nodiscard]] Line file_unsafe(Side side, std::string_view path, std::string_view reason);
// One line per entry of OpenSSL's error queue; they follow the line of the error.
[[nodiscard]] Lines starttls_error_queue(Side side, const std::vector<std::string>& queue);
// "tls_srv_features=TEXT, relay=host [ip]": the entry, `""` without one; LogLevel 10.
[[nodiscard]] Line tls_features(Side side, std::string_view text, std::string_view relay);
// "tls_srv_features=parsed, CipherList=HIGH, relay=host [ip]"
[[nodiscard]] Line tls_features_parsed(Side side, std::string_view item, std::string_view relay);
// "tls_srv_features=invalid_syntax, opt=garbage, relay=host [ip]"; `detail` may be empty.
[[nodiscard]] Line tls_features_fault(Side side, std::string_view fault, std::string_view detail,
                                      std::string_view relay);
// "STARTTLS=server, init=1"; 0: TLS is not usable.
[[nodiscard]] Line starttls_init(Side side, bool usable);
// "STARTTLS=server, error: " and our own words, when a context cannot be made.
[[nodiscard]] Line starttls_error(Side side, std::string_view what);

// ---- AUTH ----

// "AUTH=server, relay=, authid=, mech=, bits="
[[nodiscard]] Line auth_server(std::string_view relay, const mail::AuthFacts& auth);
// "QID: AUTH failure (PLAIN): authentication failure (-13) DETAIL, user=, relay=". `code` is
// SASL's; `user` may be empty.
[[nodiscard]] Line auth_failure(std::string_view queue_id, std::string_view mechanism, int code,
                                std::string_view detail, std::string_view user,
                                std::string_view relay);
// "AUTH=client, relay=mx.example.net., mech=PLAIN, bits=0"; LogLevel 10.
[[nodiscard]] Line auth_client(std::string_view relay, std::string_view mechanism, int bits);
// "AUTH=client, relay=mx.example.net. [192.0.2.1], refused: 535 5.7.8 no", and sendmail's
// "AUTH=client, relay=mx.example.net [192.0.2.1], authinfo failed"
[[nodiscard]] Line auth_client_failed(std::string_view relay, std::string_view why);
// "QID: AUTH=client, available mechanisms=A B do not fulfill requirements"
[[nodiscard]] Line auth_client_no_mechanism(std::string_view queue_id, std::string_view offered);

// ---- messages ----

// "QID: from=<>, size=, class=0, nrcpts=, msgid=, bodytype=, proto=, daemon=, relay=". Id, sender,
// size, msgid, body and protocol are the envelope's; msgid=, bodytype=, proto= and daemon= are left
// out when empty.
[[nodiscard]] Line from_line(const mail::Envelope& envelope, std::size_t recipients,
                             std::string_view daemon, std::string_view relay);

// One delivery attempt, for all recipients that share its result.
struct Attempt {
  std::string queue_id{};
  std::vector<std::string> recipients{};         // without brackets
  std::string controlling_user{};                // "<a@b> (1000/1000)" for ctladdr=; empty: none
  std::chrono::seconds delay{0};                 // since the message arrived
  std::optional<std::chrono::seconds> xdelay{};  // of this attempt; empty: none was made
  std::string mailer{};                          // "esmtp", "local"
  std::int64_t priority = 0;                     // message_priority()
  std::string relay{};       // "mx1.dest.test. [127.0.3.1]"; empty for local delivery
  std::string status{};      // "2.0.0"; empty for stat=queued
  std::string reply{};       // what the host said, if it was no success: "450 4.2.1 try later"
  std::string stat{};        // "Sent (ok)", "Deferred: ...", "User unknown", "queued"
  std::string quarantine{};  // stat=quarantined: why; stands in the place of relay=
};
// "QID: to=, ctladdr=, delay=, xdelay=, mailer=, pri=, relay=, dsn=, reply=, stat=". A list of
// recipients that is too long for one line comes as "to=... [more]" lines before it.
[[nodiscard]] Lines to_line(const Attempt& attempt);
// pri=: size + 30000 per recipient + 90000 per earlier queue run.
[[nodiscard]] std::int64_t message_priority(std::uint64_t size, std::size_t recipients,
                                            unsigned earlier_runs = 0);
// "HH:MM:SS", from one day on "D+HH:MM:SS"
[[nodiscard]] std::string delay_text(std::chrono::seconds delay);

// "QID: COPY: clone: owner=list-request": members of a list get a message of their own.
[[nodiscard]] Line clone(std::string_view queue_id, std::string_view copy_id, std::string_view why);
// "QID: REPORT: DSN: User unknown": a failure report was made.
[[nodiscard]] Line dsn_made(std::string_view queue_id, std::string_view report_id,
                            std::string_view reason);
// "QID: REPORT: sender notify: Warning: could not send message for past 4 hours"; also "Cannot send
// message for 5 days".
[[nodiscard]] Line sender_notify(std::string_view queue_id, std::string_view report_id,
                                 std::string_view text);
// "QID: REPORT: return to sender: User unknown": a report that itself failed goes to postmaster.
[[nodiscard]] Line return_to_sender(std::string_view queue_id, std::string_view report_id,
                                    std::string_view reason);
// "QID: REPORT: postmaster notify: User unknown": PostmasterCopy.
[[nodiscard]] Line postmaster_notify(std::string_view queue_id, std::string_view report_id,
                                     std::string_view reason);
// "QID: done; delay=00:00:32, ntries=3"; LogLevel 10.
[[nodiscard]] Line done(std::string_view queue_id, std::chrono::seconds delay, unsigned attempts);
[[nodiscard]] Line discarded(std::string_view queue_id);  // "QID: discarded"
// "QID: SYSERR(root): Too many hops 31 (25 max)..."
[[nodiscard]] Line system_error(std::string_view queue_id, std::string_view what);
// "QID: <x@y>... User unknown"; what the peer was told, in words.
[[nodiscard]] Line user_error(std::string_view queue_id, std::string_view text);
[[nodiscard]] Line low_on_space(std::string_view queue_id, std::uint64_t free_bytes);

// ---- decisions ----

struct Ruleset {
  std::string queue_id{};         // empty for check_relay, tls_client, tls_server, try_tls
  std::string name{};             // "check_rcpt"
  std::string argument{};         // arg1=
  std::string second_argument{};  // arg2=; empty: none
  std::string relay{};
};
// "QID: ruleset=check_rcpt, arg1=<x@y>, relay=, reject=550 5.7.1 <x@y>... Relaying denied"
[[nodiscard]] Line ruleset_reject(const Ruleset& ruleset, const mail::Reply& reply);
[[nodiscard]] Line ruleset_discard(const Ruleset& ruleset);
[[nodiscard]] Line ruleset_quarantine(const Ruleset& ruleset, std::string_view reason);

// Our own: which rule decided and what would change it.
// "QID: explain: verdict=reject rule=access:To:other.test line=41 remedy="add RELAY""
struct Explanation {
  std::string queue_id{};
  std::string verdict{};
  std::string rule{};
  unsigned line = 0;     // in the text of the map; 0: not known
  std::string remedy{};  // may be empty
};
[[nodiscard]] Line explain(const Explanation& explanation);

// ---- the course of a server session ----

struct Who {
  std::string queue_id;
  std::string relay;   // PeerFacts::relay()
  std::string daemon;  // Name= of the listener
};
[[nodiscard]] Line connect(std::string_view relay);  // "NOQUEUE: connect from R"; LogLevel 10
[[nodiscard]] Line did_not_issue(const Who& who);
[[nodiscard]] Line lost_input(const Who& who, std::string_view phase);
// "collect: premature EOM: unexpected close" and "collect: relay=, from=, info="
[[nodiscard]] Lines premature_end(const Who& who, const mail::Envelope& envelope);
[[nodiscard]] Line timed_out(const Who& who, std::string_view phase);
// "R: possible SMTP attack: command=AUTH, count=5"
[[nodiscard]] Line attack(const Who& who, std::string_view command, int count);
[[nodiscard]] Line recipient_flood(const Who& who);
[[nodiscard]] Line recipient_shutdown(const Who& who);
[[nodiscard]] Line too_many_bad(const Who& who);
[[nodiscard]] Line line_too_long(const Who& who, int octets);
[[nodiscard]] Line open_proxy(const Who& who, std::string_view command);
[[nodiscard]] Line verify_refused(const Who& who, std::string_view command);  // VRFY, EXPN
// "rejecting commands from R due to pre-greeting traffic after 3 seconds"
[[nodiscard]] Line pre_greeting_traffic(const Who& who, std::chrono::seconds after);
// "rejecting server EHLO from R due to traffic before response"; with an empty command it is the
// line above.
[[nodiscard]] Line early_talker(const Who& who, std::string_view command);
[[nodiscard]] Line content_refused(const Who& who, std::string_view reply);
[[nodiscard]] Line milter_none(std::string_view queue_id);  // "QID: Milter: no active filter"

// ---- mail filters; their level is counted by Milter.LogLevel ----

// "QID: Milter (FILTER): error connecting to filter: Connection refused", also "to error state"
[[nodiscard]] Line milter_trouble(std::string_view queue_id, std::string_view filter,
                                  std::string_view what);
[[nodiscard]] Line milter_note(int above_level, std::string_view queue_id, std::string_view filter,
                               std::string_view what);
// "QID: Milter: connect to filters"
[[nodiscard]] Line milter_step(int above_level, std::string_view queue_id, std::string_view what);
[[nodiscard]] Line milter_accepted(std::string_view queue_id);  // "QID: Milter accept: message"
// "QID: milter=FILTER, action=mail, reject=550 5.7.1 no"; without `action` and `text` if empty.
[[nodiscard]] Line milter_action(int above_level, std::string_view queue_id,
                                 std::string_view filter, std::string_view action,
                                 std::string_view verb, std::string_view text);
// "QID: Milter (FILTER) add: header: X-A: b"
[[nodiscard]] Line milter_change(std::string_view queue_id, std::string_view filter,
                                 std::string_view what);
// "QID: Milter (FILTER) delete: rcpt <a@b>, naddrs=1"
[[nodiscard]] Line milter_deleted_recipient(std::string_view queue_id, std::string_view filter,
                                            std::string_view address, std::size_t count);
// "QID: Milter: from=<a@b>, reject=550 5.7.1 Command rejected"; no text: ", discard"; `argument`
// may be empty.
[[nodiscard]] Line milter_reply(std::string_view queue_id, std::string_view about,
                                std::string_view argument, std::string_view text);
// "QID: Milter: connect: host=R, addr=A, rejecting commands"
[[nodiscard]] Line milter_connect(std::string_view queue_id, std::string_view host,
                                  std::string_view address, std::string_view what);
// "QID: SMTP MAIL command (<a@b>) from R tempfailed (due to previous checks)"; by LogLevel.
[[nodiscard]] Line mail_failed_before(std::string_view queue_id, std::string_view argument,
                                      std::string_view relay);

// ---- the daemon ----

// "starting daemon (8.18.1): SMTP+queueing@00:10:00"; without interval: "SMTP"
[[nodiscard]] Line starting_daemon(std::string_view version,
                                   std::optional<std::chrono::seconds> queue_interval);
[[nodiscard]] Line stopping_daemon(std::string_view reason);  // "stopping daemon, reason=signal"
// "daemon=MSA, listening on 127.0.0.1:40123"
[[nodiscard]] Line listening(std::string_view daemon, const SocketAddress& address);
// "rejecting connections on daemon MTA: load average: 12", and while that goes on "have been
// rejecting connections on daemon MTA for 03:00:00".
[[nodiscard]] Line rejecting_connections(std::string_view daemon, std::string_view why);
[[nodiscard]] Line still_rejecting_connections(std::string_view daemon, std::chrono::seconds since);
// Anything of the daemon itself that has no form in sendmail.
[[nodiscard]] Line remark(Priority priority, std::string_view text);

}  // namespace signet::maillog
