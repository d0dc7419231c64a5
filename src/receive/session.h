// One server session: moves bytes between a net::Connection and the pure smtp::ServerSession,
// visits its effects, answers its questions with policy, and hands messages to the spool. It
// decides nothing about the protocol. Owned by Receiver; loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "receive/client_name.h"
#include "receive/intake.h"
#include "receive/message_filter.h"
#include "receive/sasl_exchange.h"
#include "receive/sender_domain.h"
#include "signet/net/connection.h"
#include "signet/policy/features.h"
#include "signet/policy/route.h"
#include "signet/policy/server.h"
#include "signet/policy/tls.h"
#include "signet/receive/list_search.h"
#include "signet/receive/mail_host_search.h"
#include "signet/receive/receiver.h"
#include "signet/smtp/server_session.h"
#include "signet/table/ahead.h"

namespace signet::receive {

// Why nobody is let in now.
enum class Busy { sessions, descriptors, rate, load, memory };

struct Filtering;
struct MailerTriple;

// A recipient and who gets its mail.
using Destinations = std::map<std::string, std::vector<mail::Recipient>>;
constexpr std::size_t kMostDestinations = 10000;  // of a message, behind aliases

struct Admission {
  ClientCounts::Share seat;
  ClientCounts::Share descriptors;
  Duration turn;  // until the session begins: ConnectionRateThrottle
};

class Session final : public net::ConnectionObserver {
 public:
  Session(Receiver& receiver, std::uint64_t id, std::shared_ptr<const Options> options,
          std::shared_ptr<const Port> port);
  ~Session() override;
  void begin(Fd socket, const SocketAddress& remote, const SocketAddress& local,
             Admission admission);
  // 421 and close.
  void refuse(Fd socket, const SocketAddress& remote, Busy why);
  // Shutdown: 421 as soon as no command or transaction is open.
  void drain();
  // An answer from a worker to the exchange of this number; dropped if that one is no more.
  void on_sasl_step(std::uint64_t exchange, const sasl::Step& step);

 private:
  // net::ConnectionObserver
  void on_connected() override {}
  void on_input() override;
  void on_drained() override;
  void on_handshake(const mail::TlsFacts& facts) override;
  void on_handshake_failed(const tls::Failure& failure) override;
  void on_end(const Error* error) override;

  void find_client_name();
  void on_client_name(ClientName::Found found);
  void pump();
  [[nodiscard]] bool is_heard() const;
  void answer(smtp::Answer answer);
  void rearm();
  void finish();

  // Effects, in the order of smtp::Effect.
  void visit(smtp::Send& effect);
  void visit(smtp::StartTls& effect);
  void visit(smtp::AskConnect& effect);
  void visit(smtp::AskStartTls& effect);
  void visit(smtp::AskTlsClient& effect);
  void visit(smtp::AskHelo& effect);
  void visit(smtp::AskSender& effect);
  void visit(smtp::AskRecipient& effect);
  void visit(smtp::AskData& effect);
  void visit(smtp::AskUnknown& effect);
  void visit(smtp::AskVerify& effect);
  void visit(smtp::AskExpand& effect);
  void visit(smtp::AskAuth& effect);
  void visit(smtp::AskAuthStep& effect);
  void visit(smtp::CancelAuth& effect);
  void visit(smtp::BeginContent& effect);
  void visit(smtp::Content& effect);
  void visit(smtp::AskStore& effect);
  void visit(smtp::DropContent& effect);
  void visit(smtp::Aborted& effect);
  void visit(smtp::Close& effect);
  void visit(smtp::Notice& effect);

  // `then` does what is to be done about `effect`: at once, or where maps wait for other programs,
  // when all is known that `decide` asks of them.
  template <class Effect, class Decide, class Then>
  void look_ahead(Effect& effect, Decide decide, Then then) {
    if (!options_->maps_wait) return then(effect);
    auto kept = std::make_shared<Effect>(std::move(effect));
    ahead_.know(
        options_, [decide, kept] { decide(*kept); },
        [this, then, kept] {
          if (over_) return;
          if (smtp_) smtp_->set_now(receiver_.surroundings_.loop.now().mono);
          then(*kept);
          pump();
        });
  }
  void greet();
  void take_connection();
  void ask_sender(smtp::AskSender& effect);
  void ask_recipient(smtp::AskRecipient& effect);
  void judge_recipient(const smtp::RecipientPath& path, const std::string& address);
  // FEATURE(compat_check), where the recipient itself is accepted. Nothing: it passes.
  [[nodiscard]] std::optional<policy::Verdict> judge_pair(const std::string& address);
  // VRFY and EXPN.
  enum class Telling { address, members };
  void name_recipient(const std::string& argument, Telling telling);
  void look_at_recipient(const std::string& address);
  std::optional<std::string> rename_domain(const std::string& address);
  void resolve_sender();
  void judge_sender(policy::DomainState domain);
  void take_sender(policy::DomainState domain);
  // Empty questions: nobody is asked. What an earlier search found is forgotten.
  void ask_lists(const std::vector<std::string>& questions);
  void on_lists(ListSearch::Answers answers);
  // At once, or when the search going on is done.
  void behind_lists(loop::Task then);
  // Who takes mail for `domain`, then `then`; an empty one is not asked about.
  void find_mail_hosts(const std::string& domain, MailHostSearch::Depth depth,
                       policy::MailHosts& found, loop::Task then);
  // Who gets the mail for an address, and is there a mailbox where it is one's? Answered at once,
  // or by a worker where the name service is asked.
  struct Found {
    policy::Recipients recipients;
    bool known = true;  // false: for a mailbox that does not exist
  };
  using OnFound = std::move_only_function<void(Found found)>;
  void find_recipients(const std::string& address, OnFound then);
  void on_found(Found found);
  [[nodiscard]] bool has_room_for(const policy::Recipients& found) const;
  void take_recipient(const smtp::RecipientPath& path, const std::string& address,
                      smtp::Decision decision, Found found);
  [[nodiscard]] std::string sameness(const mail::Recipient& recipient) const;
  [[nodiscard]] std::optional<std::string> local_part_of_ours(std::string_view address) const;
  void refuse_recipient(const smtp::RecipientPath& path, mail::Reply reply);
  // Turns a verdict into the session's answer and, when refused, into its ruleset= line.
  smtp::Decision decide(const policy::Verdict& verdict, std::string_view ruleset,
                        std::string_view argument, mail::Reply accepted);
  [[nodiscard]] std::optional<policy::Verdict> judge_header();
  // Mail filters: see session_filters.cc.
  [[nodiscard]] bool has_filters() const;
  [[nodiscard]] bool filters_message() const;  // and the message going on is not thrown away
  [[nodiscard]] milter::MacroValues macros();
  [[nodiscard]] policy::RouteOptions routing() const;
  [[nodiscard]] MailerTriple mailer_of(const std::string& address) const;
  void look_at_mailer(const std::string& address) const;
  void welcome(smtp::Decision decision);
  void take_client(smtp::Decision decision, milter::Answer said, std::string_view trouble);
  void take_helo(const std::string& name, const milter::Answer& said);
  [[nodiscard]] bool fails_mail_for_now(const smtp::SenderPath& path);
  void filter_sender(const smtp::SenderPath& path, smtp::Decision decision);
  void filter_recipient(const smtp::RecipientPath& path, smtp::Decision decision);
  smtp::Decision judged(const milter::Answer& said, std::string_view about,
                        const std::string& argument, smtp::Decision decision);
  void filter_message(smtp::AskStore& order);
  void take_judgement(MessageFilter::Judgement judgement);
  [[nodiscard]] bool is_address(const std::string& wanted);
  void change_sender(const std::string& address);
  void change_recipients(const std::vector<MessageFilter::RecipientChange>& changes);
  void on_added(Destinations found);
  void commit_filtered();
  void drop_message();
  void end_message(smtp::Answer said);
  void store(smtp::AskStore& effect);
  void commit_message(const smtp::AskStore& order);
  void discard_message();
  void on_committed(Result<queue::Committed> committed);
  [[nodiscard]] mail::Trace trace_of_session() const {
    return {smtp_->helo(), &peer_, &tls_, &auth_, options_->host, options_->version};
  }
  void log_message(const mail::Envelope& envelope, std::size_t recipients);
  [[nodiscard]] mail::Envelope envelope_of(const smtp::AskStore& order) const;
  [[nodiscard]] const std::string& transaction_id();
  [[nodiscard]] policy::Access access() const;
  [[nodiscard]] policy::ClientView client() const;
  [[nodiscard]] std::vector<std::string> mechanisms() const;
  // Srv_Features: the port's options as this client gets them.
  void find_features();
  // ratecontrol, conncontrol: what the greeting says now, or the first recipient hears later.
  [[nodiscard]] policy::Verdict judge_load();
  void answer_connect();
  void judge_connect();
  void end_greet_pause();
  [[nodiscard]] std::shared_ptr<const smtp::ServerOptions> session_options() const;
  // TLS_Srv_Features: false: what is wanted there cannot be had.
  [[nodiscard]] bool find_tls_settings();
  void watch_congestion();
  void hold_input();

  Receiver& receiver_;
  const std::uint64_t id_;
  const std::shared_ptr<const Options> options_;
  const std::shared_ptr<const Port> port_;
  mail::PeerFacts peer_;
  mail::TlsFacts tls_;
  mail::AuthFacts auth_;
  policy::Features features_;
  std::optional<ClientCounts::Share> seat_;
  std::optional<ClientCounts::Share> descriptors_;
  ClientCounts::Place place_;
  std::optional<policy::Verdict> late_refusal_;  // delay_checks: said at RCPT
  tls::Settings tls_settings_;
  std::string queue_id_;  // of the transaction going on, or of the session's next one
  bool discard_session_ = false;
  bool discard_ = false;            // the transaction going on
  std::string quarantine_session_;  // why all its messages are held
  std::string quarantine_;          // why that of the transaction going on is
  bool pumping_ = false;
  bool congested_ = false;  // the disk is behind
  bool over_ = false;
  ListSearch::Answers list_answers_;
  loop::Task behind_lists_;
  std::optional<smtp::SenderPath> sender_;  // waits for DNS
  std::string sender_address_;              // of the transaction going on
  policy::DomainState sender_domain_ = policy::DomainState::not_asked;
  policy::MailHosts sender_hosts_;
  policy::MailHosts recipient_hosts_;  // of the recipient that is asked about
  // Virtusertable and aliases: recipient to who gets its mail.
  Destinations destinations_;
  std::map<std::string, std::string> local_names_;  // policy::Recipients::local_names of them all
  OnFound recipient_question_;                      // waits for a worker
  mail::Envelope storing_;                          // waits for the spool
  std::optional<smtp::ServerSession> smtp_;
  std::optional<Intake> intake_;
  std::unique_ptr<SaslExchange> exchange_;
  // Whatever calls back is destroyed first.
  std::unique_ptr<Filtering> filtering_;  // null: no mail filters
  table::Ahead ahead_;
  loop::Timer deadline_;
  loop::Timer greet_pause_;
  loop::Timer turn_;
  std::unique_ptr<ClientName> client_name_;
  std::unique_ptr<SenderDomain> sender_domain_query_;
  std::unique_ptr<MailHostSearch> host_search_;
  std::unique_ptr<ListSearch> lists_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::receive
