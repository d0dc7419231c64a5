// What a client session knows: its state, its open question, what the server offered; and the names
// of its transitions, which are all in client_session.cc.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "signet/smtp/client_session.h"
#include "smtp/capabilities.h"
#include "smtp/client_texts.h"
#include "smtp/reply_decoder.h"
#include "smtp/transaction.h"

namespace signet::smtp {

struct ClientSession::Core {
  // ---- states; each holds only what exists in it ----
  struct Greeting {};  // the server speaks first
  struct Hello {       // EHLO or HELO was said
    bool extended = true;
  };
  struct Choosing {};      // STARTTLS is offered: take it?
  struct StartingTls {};   // STARTTLS was said
  struct Handshaking {};   // TLS comes up
  struct Judging {};       // may we use this server, and with which AUTH
  struct Authenticating {  // AUTH or a response was said
    std::string mechanism;
    std::string secret;  // what was said, in base64
  };
  struct CancellingAuth {  // '*' was said
    mail::Reply why;
  };
  struct Idle {};    // ready for a job
  struct Envelope {  // MAIL to DATA
    Transaction transaction;
  };
  struct Sending {  // content
    Transaction transaction;
  };
  struct Final {  // the dot was said
    Transaction transaction;
  };
  struct Resetting {};  // RSET was said
  struct Quitting {};   // QUIT was said
  struct Closed {};
  using State =
      std::variant<Greeting, Hello, Choosing, StartingTls, Handshaking, Judging, Authenticating,
                   CancellingAuth, Idle, Envelope, Sending, Final, Resetting, Quitting, Closed>;

  enum class Question { none, tls, server, auth, auth_step, job, content };

  // ---- what the session was given, and what it knows ----
  std::shared_ptr<const ClientOptions> options;
  TimePoint now;
  ReplyDecoder replies;

  State state = Greeting{};
  Question question = Question::none;
  std::deque<ClientEffect> effects{};
  Capabilities server{};
  mail::Verify verify = mail::Verify::none;
  TimePoint due{};
  bool tls = false;
  bool finishing = false;  // QUIT when the current job is done

  template <class S>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<S>(state);
  }
  [[nodiscard]] bool takes_input() const {
    return !is<Handshaking>() && !is<Closed>() &&
           (question == Question::none || question == Question::content);
  }
  void say(std::string_view line) { effects.push_back(ClientSend{std::string(line) + "\r\n"}); }
  void arm(std::chrono::seconds timeout) { due = now + timeout; }
  void ask(Question about, ClientEffect effect) {
    question = about;
    effects.push_back(std::move(effect));
  }
  [[nodiscard]] Transaction* transaction();
  [[nodiscard]] Phase phase() const;

  [[nodiscard]] std::optional<TimePoint> deadline() const;
  [[nodiscard]] bool is_idle() const { return is<Idle>(); }

  void begin();
  std::size_t on_bytes(std::string_view in);
  void on_answer(ClientAnswer answer);
  void on_job(Job job);
  void on_finish();
  void on_tls_started(const mail::TlsFacts& facts);
  void on_time();
  void on_end(std::string reason);
  void on_tls_failed();

 private:
  void on_reply(mail::Reply reply, bool more_input);
  void heard(Greeting, mail::Reply& reply);
  void heard(Hello hello, mail::Reply& reply);
  void heard(StartingTls, mail::Reply& reply);
  void heard(Authenticating& authenticating, mail::Reply& reply);
  void heard(CancellingAuth& cancelling, mail::Reply& reply);
  void heard(Envelope& envelope, mail::Reply& reply);
  void heard(Sending& sending, mail::Reply& reply);
  void heard(Final& final, mail::Reply& reply);
  void heard(Resetting, mail::Reply& reply);
  void heard(Quitting, mail::Reply& reply);
  void heard(Idle, mail::Reply& reply);
  template <class Other>
  void heard(Other&, mail::Reply& reply) {
    break_off(texts::unexpected(reply), false);
  }

  void answered(TlsChoice choice);
  void answered(ServerDecision& decision);
  void answered(AuthStart& start);
  void answered(NoAuth&);
  void answered(AuthResponse& response);
  void answered(AuthGiveUp& give_up);
  void answered(Job& job);
  void answered(NoJob&) {}
  void answered(ContentPart& part);
  void answered(ContentFailed&);

  void say_hello(bool extended);
  void judge(mail::Verify outcome, std::optional<mail::Reply> refused_for_now = {});
  void cancel_auth(mail::Reply why);
  void ready();
  void hand_back(Job job);
  void start(Job job);
  void say_next(Transaction& transaction);
  bool note_answer(Transaction& transaction, const mail::Reply& reply);
  void begin_content();
  void end_job();
  void quit();
  void give_up(const mail::Reply& reply, bool is_answer);
  void break_off(const mail::Reply& reply, bool is_answer);
};

}  // namespace signet::smtp
