// The client side of one SMTP or LMTP connection (RFC 5321, 3207, 4954, 2920, 2033) without I/O,
// for any number of messages, one after another. It knows what it sent and what was answered;
// results are values per recipient. Whether to retry, bounce or try another host is decided in
// `deliver`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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

enum class TlsUse {
  when_offered,  // the default: every STARTTLS offer is taken
  never,         // we have no TLS: verify NONE
  clear_retry,   // second connection after a failed handshake: verify CLEAR
  implicit,      // TLS stands before the greeting
};

struct ClientOptions {
  std::string helo_name;
  TlsUse tls = TlsUse::when_offered;
  bool helo = false;       // HELO, unless the greeting says ESMTP
  bool lmtp = false;       // LHLO, and an answer for each recipient behind the final dot
  bool pipelining = true;  // use it where offered
  // Send 8-bit content although 8BITMIME is not offered, instead of failing it with 5.6.3.
  bool eight_bit_always = false;
  std::size_t max_reply_bytes = 4096;          // kept of one reply; longer ones are cut
  std::chrono::seconds greeting_timeout{300};  // Timeout.initial
  std::chrono::seconds helo_timeout{300};
  std::chrono::seconds lhlo_timeout{120};
  std::chrono::seconds starttls_timeout{3600};
  std::chrono::seconds auth_timeout{600};
  std::chrono::seconds mail_timeout{600};
  std::chrono::seconds rcpt_timeout{3600};
  std::chrono::seconds data_init_timeout{300};
  std::chrono::seconds data_block_timeout{3600};
  std::chrono::seconds data_final_timeout{3600};
  std::chrono::seconds rset_timeout{300};
  std::chrono::seconds quit_timeout{120};
};

// One message for this connection.
struct Job {
  std::string sender;                   // without brackets
  std::vector<std::string> recipients;  // without brackets, at least one
  // What else RCPT says of each, where the server offers DSN; empty, or as long as `recipients`.
  struct Wishes {
    mail::Notify notify{};
    std::string original{};  // ORCPT
    bool operator==(const Wishes&) const = default;
  };
  std::vector<Wishes> wishes{};
  std::uint64_t size = 0;  // octets of the content as it will be sent
  mail::Body body = mail::Body::unspecified;
  std::optional<std::string> auth_sender;  // AUTH= if the server offers AUTH
  // Where the server offers DSN (RFC 3461 §4).
  std::string envelope_id{};                                     // ENVID, xtext; empty: not said
  mail::ReturnPart return_part = mail::ReturnPart::unspecified;  // RET
  // What is left of it; where the server does not offer DELIVERBY, mode R is refused. RFC 2852 §4
  std::optional<mail::DeliverBy> deliver_by{};
};

enum class Phase {
  connect,
  greeting,
  helo,
  starttls,
  auth,
  mail,
  rcpt,
  data,
  content,
  final_reply,
  quit
};
[[nodiscard]] std::string_view to_string(Phase phase);

// What became of one recipient.
struct RecipientResult {
  std::string address;
  bool answered = false;  // `reply` came from the server; false: connection lost or refused by us
  Phase phase = Phase::connect;
  mail::Reply reply;  // 2yz: accepted for good
};
struct JobResult {
  std::vector<RecipientResult> recipients;  // in the order of the job
  std::vector<std::string> transcript;      // ">>> RCPT To:<x@y>", "<<< 550 5.1.1 no": bounded
};

// ---- effects ---- (Send, StartTls, Close have the meaning of server_session.h)
struct ClientSend {
  std::string bytes;
};
struct ClientStartTls {};
// The server offers STARTTLS: is it to be taken? -> TlsChoice
struct AskTls {};
// STARTTLS phase and EHLO are over: may mail be sent here? `verify` is that of the TLS facts, or
// NONE/TEMP/PROTOCOL/CLEAR/CONFIG. -> ServerDecision
struct AskServer {
  mail::Verify verify = mail::Verify::none;
  std::optional<mail::Reply> refused_for_now{};  // verify TEMP: what STARTTLS was answered
};
struct AskClientAuth {
  std::vector<std::string> offered;
};  // -> AuthStart or NoAuth
struct AskClientAuthStep {
  std::string challenge;
};  // raw -> AuthResponse or AuthGiveUp
struct ClientAuthDone {
  std::string mechanism;
};  // 235: for the maillog
struct ClientAuthFailed {
  mail::Reply reply;
};                 // job will be reported deferred
struct AskJob {};  // -> Job or NoJob
struct AskContent {
  std::size_t wanted_bytes = 65536;
};  // -> ContentPart
struct Report {
  JobResult result;
};  // the current job is over
// The connection is useless; jobs to come need another. Follows a Report if a job was on. Phase
// quit: it ended between jobs, which says nothing about the host.
struct Unusable {
  Phase phase;
  mail::Reply reply;
  bool answered = false;
};
struct ClientClose {};
using ClientEffect = std::variant<ClientSend, ClientStartTls, AskTls, AskServer, AskClientAuth,
                                  AskClientAuthStep, ClientAuthDone, ClientAuthFailed, AskJob,
                                  AskContent, Report, Unusable, ClientClose>;

// ---- answers ----
enum class TlsChoice {
  take,
  leave,       // verify NONE
  impossible,  // our settings for this server are broken: verify CONFIG
};
struct ServerDecision {
  std::optional<mail::Reply> refusal;
};  // refusal: QUIT, Unusable with it
struct AuthStart {
  std::string mechanism;
  std::optional<std::string> initial;
};                 // raw
struct NoAuth {};  // go on without
struct AuthResponse {
  std::string bytes;
};  // raw
struct AuthGiveUp {
  mail::Reply reply;
};                // '*', then Unusable
struct NoJob {};  // idle; on_job() or on_finish() comes later
struct ContentPart {
  std::string bytes;
  bool last = false;
};                        // CRLF lines; the session dot-stuffs
struct ContentFailed {};  // cannot be read: drop the connection, no final dot
using ClientAnswer = std::variant<TlsChoice, ServerDecision, AuthStart, NoAuth, AuthResponse,
                                  AuthGiveUp, Job, NoJob, ContentPart, ContentFailed>;

class ClientSession final {
 public:
  ClientSession(std::shared_ptr<const ClientOptions> options, TimePoint now);
  ~ClientSession();
  ClientSession(ClientSession&&) noexcept;

  std::size_t on_bytes(std::string_view in);
  void on_answer(ClientAnswer answer);
  void on_job(Job job);  // only while idle after NoJob
  void on_finish();      // QUIT and close: at once when idle, else behind the current job
  // Plaintext that had been received behind the 220 (response injection): the driver reports it and
  // the session gives up, verify PROTOCOL. With TlsUse::implicit the greeting comes after this.
  void on_tls_started(const mail::TlsFacts& facts);
  void on_tls_failed(std::string reason);  // -> Report deferred, Unusable (phase starttls)
  void on_time(TimePoint now);
  void on_end(std::string reason);  // connection lost
  void set_now(TimePoint now);
  std::optional<ClientEffect> next_effect();
  [[nodiscard]] std::optional<TimePoint> deadline() const;
  [[nodiscard]] bool idle() const;                 // between jobs, connection good
  [[nodiscard]] std::uint64_t size_limit() const;  // SIZE of the server; 0 unknown
  [[nodiscard]] bool offers(std::string_view keyword) const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signet::smtp
