// What a server session knows: its state, its open question, its counters; and the names of its
// transitions, which are in server_session.cc and server_commands.cc.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "signet/smtp/server_session.h"
#include "smtp/command.h"
#include "smtp/data_decoder.h"
#include "smtp/line_decoder.h"
#include "smtp/outbox.h"
#include "smtp/slowdown.h"

namespace signet::smtp {

struct ServerSession::Core {
  struct Mail {
    SenderPath sender;
    std::vector<RecipientPath> recipients;
    bool discard = false;
  };

  // ---- states; each holds only what exists in it ----
  struct Handshaking {};  // TLS, before the greeting or behind STARTTLS
  struct Idle {};         // greeting and between transactions
  struct Transaction {
    Mail mail;
  };
  struct Receiving {
    Mail mail;
    DataDecoder decoder;
    std::uint64_t octets = 0;
    std::size_t since_renewal = 0;       // octets taken since the deadline was set
    std::optional<mail::Reply> refusal;  // said at the final dot; until then content is swallowed
  };
  struct Storing {};
  struct Authenticating {};
  struct Closed {};
  using State =
      std::variant<Handshaking, Idle, Transaction, Receiving, Storing, Authenticating, Closed>;

  // ---- the open question, with what its answer is about ----
  struct NoQuestion {};
  struct ConnectQuestion {};
  struct StartTlsQuestion {};
  struct TlsQuestion {};
  struct HeloQuestion {
    mail::Reply hello;  // as it is answered
  };
  struct DataQuestion {};
  struct UnknownQuestion {
    mail::Reply usual;
  };
  struct VerifyQuestion {};
  struct AuthQuestion {};
  struct StoreQuestion {};
  using Question = std::variant<NoQuestion, ConnectQuestion, StartTlsQuestion, TlsQuestion,
                                HeloQuestion, SenderPath, RecipientPath, DataQuestion,
                                UnknownQuestion, VerifyQuestion, AuthQuestion, StoreQuestion>;

  // A command that has to wait; input stops meanwhile.
  struct Slow {
    std::string line;  // empty: only the input waits
    TimePoint until;
  };

  // ---- what the session was given, and what it knows ----
  std::shared_ptr<const ServerOptions> options;
  std::string peer;
  std::string greeting;
  std::vector<std::string> mechanisms;
  TimePoint now;

  State state = Idle{};
  Question question = NoQuestion{};
  Outbox<Effect, Send> out{};
  LineDecoder lines{};
  Slowdown slowdown{};
  std::optional<Slow> slow{};
  TimePoint due{};                       // of the input that is awaited
  std::optional<mail::Reply> refusal{};  // all mail is refused with this (nullserver)
  std::string helo{};
  std::string last_command = "startup";
  std::chrono::seconds command_delay{0};
  int bad_commands = 0;
  int bad_recipients = 0;  // of the transaction
  bool flooded = false;    // by more of them than the throttle passes
  bool extended = false;
  bool tls = false;
  bool authenticated = false;
  bool greeted = false;
  bool unwelcome = false;  // the greeting says so
  bool discard_all = false;
  bool issued = false;        // MAIL, VRFY, EXPN or ETRN was said
  bool first_line = true;     // no command yet
  bool talked_early = false;  // before the greeting
  bool input_left = false;    // the driver holds input that it will offer again
  bool ending = false;        // shutdown

  // ---- small words ----
  template <class S>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<S>(state);
  }
  [[nodiscard]] bool asking() const { return !std::holds_alternative<NoQuestion>(question); }
  [[nodiscard]] bool stopped() const {
    return asking() || slow || is<Handshaking>() || is<Closed>();
  }
  void say(const mail::Reply& reply) {
    out.say(options->soft_bounce ? reply.softened().wire() : reply.wire());
  }
  void note(NoticeKind kind, std::string detail = {}, int count = 0) {
    out.push(Notice{kind, std::move(detail), count});
  }
  void arm(std::chrono::seconds timeout) { due = now + timeout; }
  void ask(Question about, Effect effect) {
    question = std::move(about);
    out.push(std::move(effect));
  }

  [[nodiscard]] std::optional<TimePoint> deadline() const;

  void begin();
  std::size_t on_bytes(std::string_view in);
  void on_answer(Answer answer);
  void on_tls_started(std::vector<std::string> names);
  void on_time();
  void on_end();
  void on_shutdown();

 private:
  std::size_t take_line(std::string_view in);
  std::size_t take_content(std::string_view in);
  void on_command(std::string_view line, bool more_input);
  void run(std::string_view line, bool more_input);
  void dispatch(const CommandRow& row, std::string_view argument, bool more_input);
  void on_long_line(bool is_auth);
  void on_unknown(std::string_view line);
  [[nodiscard]] bool counts_as_too_many_bad();
  void count_bad(const mail::Reply& reply);

  void on_helo(const CommandRow& row, std::string_view argument, bool more_input);
  void say_hello(mail::Reply hello);
  void on_mail(std::string_view argument);
  void on_rcpt(std::string_view argument);
  void on_data(std::string_view argument, bool more_input);
  void begin_content();
  void on_vrfy(std::string_view argument);
  void on_expn(std::string_view argument);
  [[nodiscard]] bool is_recipient_flood() const;
  void on_hostile_line(std::string_view line);
  void on_starttls(std::string_view argument);
  void on_auth(std::string_view argument);
  void on_auth_line(std::string_view line);
  void end_auth(const mail::Reply& reply);
  void refuse_content(Receiving& receiving, mail::Reply reply);
  void on_content_end();
  void on_early_talk(std::string_view command);

  void answered(ConnectQuestion, Decision& decision);
  void answered(StartTlsQuestion, Decision& decision);
  void answered(TlsQuestion, Decision& decision);
  void answered(const HeloQuestion& asked, Decision& decision);
  void answered(DataQuestion, Decision& decision);
  void answered(const UnknownQuestion& asked, Decision& decision);
  void answered(SenderPath sender, Decision& decision);
  void answered(RecipientPath recipient, Decision& decision);
  void answered(VerifyQuestion, Decision& decision);
  void answered(AuthQuestion, Challenge& challenge);
  void answered(AuthQuestion, Authenticated&);
  void answered(AuthQuestion, AuthRefused& refused);
  void answered(StoreQuestion, Stored& stored);
  void answered(StoreQuestion, NotStored& not_stored);

  void greet();
  void abort_transaction();
  void end_if_told_to(const mail::Reply& reply);
  void end_if_shutting_down();
  void close();
  void finish();
};

}  // namespace signet::smtp
