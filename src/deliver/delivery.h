// One outgoing connection: finds a host that answers, drives smtp::ClientSession over it, judges
// TLS before any mail, and takes task after task from its owner. It decides nothing about retries.
// Owned by Destination; loop thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "deliver/client_auth.h"
#include "deliver/crowd.h"
#include "deliver/host_search.h"
#include "deliver/slots.h"
#include "deliver/work.h"
#include "signet/deliver/courier.h"
#include "signet/mail/tls_settings.h"
#include "signet/net/connection.h"
#include "signet/policy/tls.h"
#include "signet/smtp/client_session.h"
#include "signet/table/ahead.h"

namespace signet::deliver {

class Delivery;

class DeliveryOwner {
 public:
  virtual ~DeliveryOwner() = default;
  // Work for a connection that stands; empty: nothing now, it is idle and waits for offer_work().
  virtual std::optional<Task> next_task() = 0;
  // Addresses of the task that next_task() would give; none: nothing waits.
  [[nodiscard]] virtual std::span<const std::string> next_addresses() const = 0;
  [[nodiscard]] virtual bool first_was_never_tried() const = 0;
  // False: others wait for a connection.
  [[nodiscard]] virtual bool may_idle() const = 0;
  virtual void on_result(Task task, TaskResult result) = 0;
  // Nothing came of it: the connection had died while it was idle. Another one may take it, once.
  virtual void take_back(Task task) = 0;
  // It is over, and may be destroyed. `failure`: it never carried mail, and no host is left to try;
  // what is waiting may be answered with this. `relay` is who failed.
  virtual void on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) = 0;
  // Was connecting to this address in vain a short while ago?
  virtual bool avoids(const SocketAddress& address) = 0;
  virtual void on_unreachable(const SocketAddress& address) = 0;
  virtual Crowd& crowd() = 0;
  virtual Slots& idle_slots() = 0;  // of ConnectionCacheSize
};

class Delivery final : public net::ConnectionObserver {
 public:
  Delivery(const Surroundings& around, std::shared_ptr<const Options> options, DeliveryOwner& owner,
           std::vector<policy::NextHop> hops, std::uint32_t random);
  ~Delivery() override;
  void begin();
  void offer_work();  // if it is idle
  void finish();      // QUIT if idle, behind the current task if there is one, else at once
  [[nodiscard]] bool idle() const {
    return stage_ == Stage::talking && !pumping_ && !finishing_ && !seeking_ && smtp_->idle();
  }
  [[nodiscard]] bool open() const { return stage_ < Stage::closing && !finishing_; }
  // On its way to its first task.
  [[nodiscard]] bool coming() const { return open() && !carried_; }
  // Never tried one host, as it has all the connections it may have.
  [[nodiscard]] bool crowded_out() const { return crowded_ && !carried_; }

 private:
  enum class Stage {
    searching,  // whom to try is asked of DNS
    connecting,
    talking,    // the session is at work
    giving_up,  // this host is of no use: its connection ends, then the next is tried
    closing,    // all is said
    over,
  };
  // net::ConnectionObserver
  void on_connected() override;
  void on_input() override { pump(); }
  void on_drained() override;
  void on_handshake(const mail::TlsFacts& facts) override;
  void on_handshake_failed(const tls::Failure& failure) override;
  void on_end(const Error* error) override;

  void try_next();
  void connect(Candidate candidate);
  [[nodiscard]] bool has_room(const Candidate& candidate);
  [[nodiscard]] std::chrono::seconds connect_timeout() const;
  [[nodiscard]] bool has_tried_enough() const;
  void on_deadline();
  void pump();
  void rearm();
  void wake() {
    idle_.cancel();
    idle_slot_.reset();
  }
  void hang_up();
  void next_host();
  void note_failure(const Outcome& outcome);
  void over(std::optional<Outcome> failure);
  [[nodiscard]] Outcome outcome_of(const smtp::Unusable& effect);
  void explain(Outcome& outcome) const;
  [[nodiscard]] bool falls_back() const {
    return tls_.verify == mail::Verify::software &&
           tls_wish_.fall_back_to_clear.value_or(options_->fall_back_to_clear) &&
           tls_use_ != smtp::TlsUse::clear_retry;
  }
  // `then` answers the open question: at once, or where maps wait for other programs, when all is
  // known that `decide` asks of them.
  template <class Decide, class Then>
  void look_ahead(Decide decide, Then then) {
    if (!options_->maps_wait) return then();
    ahead_->know(options_, std::move(decide), [this, then = std::move(then)]() mutable {
      if (stage_ != Stage::talking) return;
      smtp_->set_now(around_.loop.now().mono);
      then();
      pump();
    });
  }
  void find_auth(const smtp::AskClientAuth& effect);
  void judge_server();
  [[nodiscard]] policy::Access access() const {
    return {options_->access_map.get(), options_->access};
  }
  [[nodiscard]] policy::TlsPeer server() const { return {current_.host, current_.address.ip}; }
  [[nodiscard]] std::string dotted_name() const;     // "mx1.test.", "[192.0.2.1]"
  [[nodiscard]] std::string relay() const;           // "mx1.test. [192.0.2.1]"
  [[nodiscard]] std::string undotted_relay() const;  // "mx1.test [192.0.2.1]"
  [[nodiscard]] bool may_try_tls();
  [[nodiscard]] const Options::Outgoing& outgoing() const {
    return current_.address.ip.is_v6() ? options_->ipv6 : options_->ipv4;
  }
  [[nodiscard]] smtp::TlsChoice choose_tls();
  // TLS_Clt_Features: false: what is wanted there cannot be had.
  [[nodiscard]] bool find_tls_features();
  void write_rejection(std::string_view ruleset, std::string argument, const mail::Reply& reply);

  // Effects, in the order of smtp::ClientEffect.
  void visit(smtp::ClientSend& effect);
  void visit(smtp::ClientStartTls& effect);
  void visit(smtp::AskTls& effect);
  void visit(smtp::AskServer& effect);
  void visit(smtp::AskClientAuth& effect);
  void visit(smtp::AskClientAuthStep& effect);
  void visit(smtp::ClientAuthDone& effect);
  void visit(smtp::ClientAuthFailed& effect);
  void visit(smtp::AskJob& effect);
  void visit(smtp::AskContent& effect);
  void visit(smtp::Report& effect);
  void visit(smtp::Unusable& effect);
  void visit(smtp::ClientClose& effect);
  void on_auth_step(sasl::ClientStep step, bool first);
  void answer(smtp::ClientAnswer answer);
  void supply_content(std::size_t wanted);
  void supply_from_disk(std::uint64_t at, std::size_t wanted);
  // Gives an idle session the next task, or rests. Maps are asked about all its recipients before
  // it is taken: until then another connection may take it.
  void seek_task();
  void take_task();
  void seek_later();
  // Empty: the access map lets none of the task's recipients go to this server.
  std::optional<smtp::Job> job_of(const Task& task);
  void rest();
  void report_refused();

  const Surroundings& around_;
  const std::shared_ptr<const Options> options_;
  DeliveryOwner& owner_;
  const std::string next_hop_;  // as the log names it when none of its hosts was found
  HostSearch search_;
  std::deque<Candidate> postponed_;  // avoided at first, tried when nobody else is left
  Candidate current_;
  std::size_t tried_ = 0;
  TimePoint began_{};
  std::optional<Outcome> failure_;  // of a host; a deferral weighs more than a refusal
  std::string failed_relay_;
  mail::TlsFacts tls_;
  mail::TlsSettings tls_wish_;            // of the access map for this server
  tls::Settings tls_settings_;            // the same as the session takes it
  std::optional<mail::Reply> tls_later_;  // STARTTLS was refused for now
  mail::AuthFacts auth_;
  std::optional<Task> task_;
  std::vector<std::optional<Outcome>> refused_;  // tls_rcpt: recipients that were not offered
  std::uint64_t content_at_ = 0;
  std::size_t waiting_for_content_ = 0;  // asked for, while too much is on its way
  std::size_t jobs_done_ = 0;
  std::size_t most_jobs_ = 1;  // until the first task says
  smtp::TlsUse tls_use_ = smtp::TlsUse::when_offered;
  Stage stage_ = Stage::searching;
  bool server_refused_ = false;  // by our own policy
  bool auth_failed_ = false;
  bool in_handshake_ = false;
  bool carried_ = false;  // a task was begun
  bool crowded_ = false;  // a host was left out
  bool idled_ = false;    // since the last task: the server may have lost patience
  bool finishing_ = false;
  bool seeking_ = false;  // a task, of maps that wait
  bool pumping_ = false;
  std::optional<Crowd::Place> place_;     // while there is a connection
  std::optional<Slots::Slot> idle_slot_;  // while it is idle
  std::optional<smtp::ClientSession> smtp_;
  std::unique_ptr<ClientAuth> client_auth_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for content read by workers
  std::optional<table::Ahead> ahead_;                           // of this connection
  loop::Timer deadline_;
  loop::Timer idle_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::deliver
