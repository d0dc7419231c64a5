// The server side of one SMTP session (RFC 5321, 3207, 4954, 1870, 2920, 6152, 3461, 2852) without
// I/O: bytes, answers and time in, effects out. No fd, clock or thread. The driver in `receive`
// visits effects in order, oldest first, and asks for more until there is none. One question (an
// effect whose name begins with Ask) may be open at a time; until its answer came the session
// consumes no input. After on_answer() and on_time() the driver offers what is left unread again:
// replies to a pipelined batch are held until then, so that they leave in one write. A batch with
// very long replies is taken in several steps: the driver offers the rest when it has visited all
// effects.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signet/base/clock.h"
#include "signet/mail/envelope.h"
#include "signet/mail/facts.h"
#include "signet/mail/reply.h"

namespace signet::smtp {

// HelpFile: what HELP says of a topic, line by line; "smtp" is what it says without one.
struct HelpLine {
  std::string topic;  // lower case
  std::string text;
};

// Settings of one listener, shared by its sessions. Times are sendmail's Timeout.* options.
struct ServerOptions {
  std::string host;  // $j, in greeting, EHLO and QUIT replies
  bool offer_starttls = false;
  bool offer_pipelining = true;
  bool implicit_tls = false;         // modifier s: TLS stands before the greeting
  bool require_auth = false;         // modifier a: MAIL before AUTH is 530
  bool offer_etrn = false;           // later; E turns it off
  bool need_helo = false;            // PrivacyOptions needmailhelo
  bool need_helo_to_verify = false;  // needvrfyhelo
  bool need_helo_to_expand = false;  // needexpnhelo
  bool refuse_verify = true;         // novrfy: 252 without looking
  bool offer_expand = false;         // EXPN: who gets the mail for an address
  bool offer_dsn = true;             // DSN: RET, ENVID, NOTIFY, ORCPT
  // DeliverByMin: the shortest time of BY= with R; 0: any. Empty: DELIVERBY is not offered.
  std::optional<std::chrono::seconds> least_deliver_by = std::chrono::seconds(0);
  bool bogus_helo = false;              // AllowBogusHELO: a HELO name may be none
  bool strict_line_ends = true;         // bare CR or LF in content ends the session with 421 4.5.0
  bool soft_bounce = false;             // what is refused for good is refused for now
  bool reject_nul = true;               // 554 5.6.1 NUL byte not allowed
  bool refuse_early_talkers = true;     // input before the greeting: 554, all commands refused
  bool refuse_http = true;              // a first line of HTTP ends the session
  bool filtered = false;                // HELO, DATA and unknown commands are questions too
  std::uint64_t max_message_bytes = 0;  // 0: no limit; SIZE
  std::size_t max_recipients = 0;       // 0: kMaxRecipients
  int max_bad_commands = 25;            // then 421 4.7.0
  int most_idle_commands = 20;          // MaxNOOPCommands: each further one waits; 0: no limit
  std::shared_ptr<const std::vector<HelpLine>> help{};  // null: the syntax of the commands
  // check_other: a line that is no command, whose client is to be hung up on. Empty: none is.
  std::function<bool(std::string_view line)> is_hostile{};
  int bad_recipient_throttle = 0;  // refused recipients before each is slow; 0: never
  std::chrono::seconds bad_recipient_delay{1};
  int bad_recipient_shutdown = 0;         // after so many the next ends the session; 0: never
  int bad_recipient_shutdown_good = 100;  // unless so many of a hundred were good; 0: whatever was
  std::chrono::seconds command_timeout{3600};
  std::chrono::seconds data_timeout{3600};  // datablock
  std::chrono::seconds starttls_timeout{3600};
  std::chrono::seconds auth_timeout{600};
};

// MAIL arguments as parsed (RFC 5321 §4.1.1.2, 1870, 6152, 4954 §5, 3461 §4, 2852 §4).
struct SenderPath {
  std::string as_given;             // "<a@b>" as sent, for replies
  std::string address;              // without brackets; "" for <>
  std::uint64_t declared_size = 0;  // SIZE=, 0 when absent
  mail::Body body = mail::Body::unspecified;
  std::optional<std::string> auth;                               // AUTH=, decoded; "" for <>
  mail::ReturnPart return_part = mail::ReturnPart::unspecified;  // RET=
  std::string envelope_id{};                                     // ENVID=, xtext
  std::optional<mail::DeliverBy> deliver_by{};                   // BY=
  std::vector<std::string> arguments = {};  // as sent; only of a session that is filtered
};

struct RecipientPath {
  std::string as_given;
  std::string address;
  mail::Notify notify{};
  std::string original{};                   // ORCPT=
  std::vector<std::string> arguments = {};  // as sent; only of a session that is filtered
};

// ---- effects ----
struct Send {
  std::string bytes;
};
struct StartTls {};      // after what was sent before; unread input is discarded
struct AskConnect {};    // -> Decision: greet, or refuse all commands
struct AskStartTls {};   // STARTTLS was said -> Decision: positive, or what is said instead
struct AskTlsClient {};  // after TLS came up -> Decision
struct AskHelo {         // filtered: HELO or EHLO is right -> Decision
  std::string name;
};  // refused: it is answered all the same, but from then on nothing else is
struct AskSender {
  SenderPath path;
};  // -> Decision
struct AskRecipient {
  RecipientPath path;
};                   // -> Decision
struct AskData {};   // filtered: DATA would be answered 354 -> Decision
struct AskUnknown {  // filtered: no command -> Decision, positive: in the usual words
  std::string line;
};
struct AskVerify {
  std::string argument;
};  // VRFY -> Decision
struct AskExpand {
  std::string argument;
};  // EXPN -> Decision
struct AskAuth {
  std::string mechanism;
  std::optional<std::string> initial;
};  // -> AuthAnswer
struct AskAuthStep {
  std::string response;
};                       // -> AuthAnswer
struct CancelAuth {};    // the exchange is over; forget it
struct BeginContent {};  // DATA was accepted: open a draft
struct Content {
  std::string bytes;
};                 // decoded: dot-unstuffed, CRLF only
struct AskStore {  // content complete -> StoreAnswer
  SenderPath sender;
  std::vector<RecipientPath> recipients;
  std::uint64_t octets = 0;
  bool discard = false;  // policy said so: do not store, answer as if
};
struct DropContent {};  // the draft is to be thrown away; the session goes on or ends
struct Aborted {
  SenderPath sender;
  std::size_t recipients = 0;
};                // RSET/QUIT/end inside a transaction, MAIL or content refused: from= line
struct Close {};  // flush, then close
// For the maillog; the driver knows peer and queue id.
enum class NoticeKind {
  did_not_issue,  // session ends without MAIL/EXPN/VRFY/ETRN
  lost_input,     // peer vanished; detail: phase "startup" "helo" "mail" "rcpt" "data"
  premature_end,  // peer vanished inside the content
  attack,         // slow-down begins; detail: command, count
  recipient_flood,
  recipient_shutdown,
  too_many_bad,     // 421 after max_bad_commands
  line_too_long,    // count: octets seen
  early_talker,     // input before the greeting or behind EHLO/DATA; detail: "EHLO" ...
  verify_refused,   // VRFY, EXPN; detail: the command
  hostile,          // check_other; detail: line
  open_proxy,       // HTTP verb; detail: line
  timed_out,        // detail: phase
  content_refused,  // bare CR/LF, NUL, too big; detail: reply line
};
struct Notice {
  NoticeKind kind;
  std::string detail;
  int count = 0;
};

using Effect =
    std::variant<Send, StartTls, AskConnect, AskStartTls, AskTlsClient, AskHelo, AskSender,
                 AskRecipient, AskData, AskUnknown, AskVerify, AskExpand, AskAuth, AskAuthStep,
                 CancelAuth, BeginContent, Content, AskStore, DropContent, Aborted, Close, Notice>;

// ---- answers ----
struct Decision {
  mail::Reply reply;       // what the peer hears; positive accepts
  bool discard = false;    // accepted in words only
  bool unwelcome = false;  // connect: refused, and the greeting itself says 554
};
struct Challenge {
  std::string bytes;
};                        // raw; the session encodes base64
struct Authenticated {};  // 235
struct AuthRefused {
  mail::Reply reply;
};  // 535, 454, 504...
using AuthAnswer = std::variant<Challenge, Authenticated, AuthRefused>;
struct Stored {
  std::string id;
};  // built from queue::Committed only
struct NotStored {
  mail::Reply reply;
};  // 451, 452, 552, 554...
using Answer = std::variant<Decision, Challenge, Authenticated, AuthRefused, Stored, NotStored>;

class ServerSession final {
 public:
  // `greeting`: expanded text behind "220 ". `mechanisms`: AUTH before TLS.
  ServerSession(std::shared_ptr<const ServerOptions> options, const mail::PeerFacts& peer,
                std::string greeting, std::vector<std::string> mechanisms, TimePoint now);
  ~ServerSession();
  ServerSession(ServerSession&&) noexcept;

  std::size_t on_bytes(std::string_view in);  // consumed; 0 while a question is open
  void on_answer(Answer answer);
  // TLS stands: greeting name, AUTH and transaction are forgotten. `mechanisms`: AUTH from now on.
  // With implicit_tls the driver begins the handshake itself; the first effect comes after this.
  void on_tls_started(const mail::TlsFacts& facts, std::vector<std::string> mechanisms);
  void on_tls_failed();         // the driver closes
  void on_time(TimePoint now);  // call when deadline() has passed
  void on_end();                // the peer is gone; last effects: notices, DropContent
  void on_shutdown();           // 421 and Close as soon as no command or transaction is open
  std::optional<Effect> next_effect();
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  // Time for the next deadline; the driver calls it before on_bytes and on_answer.
  void set_now(TimePoint now);
  // Commands wait so long, as the host has too much to do (DelayLA); 0: they do not.
  void set_command_delay(std::chrono::seconds delay);

  [[nodiscard]] bool waiting() const;  // no input is wanted: question, handshake, slow-down
  [[nodiscard]] const std::string& helo() const;
  [[nodiscard]] bool extended() const;  // EHLO rather than HELO
  [[nodiscard]] bool authenticated() const;
  // "SMTP" "ESMTP" "ESMTPS" "ESMTPA" "ESMTPSA" (RFC 3848)
  [[nodiscard]] std::string protocol() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signet::smtp
