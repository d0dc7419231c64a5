// One outgoing connection: finds a host that answers, drives smtp::ClientSession over it, judges
// TLS before any mail, and takes task after task from its owner. It decides nothing about retries.
// Owned by Destination; loop thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "deliver/client_auth.h"
#include "deliver/host_search.h"
#include "deliver/work.h"
#include "signet/deliver/courier.h"
#include "signet/net/connection.h"
#include "signet/policy/tls.h"
#include "signet/smtp/client_session.h"

namespace signet::deliver {

class Delivery;

class DeliveryOwner {
 public:
  virtual ~DeliveryOwner() = default;
  // Work for a connection that stands; empty: nothing now, it is idle and waits for offer_work().
  virtual std::optional<Task> next_task() = 0;
  virtual void on_result(Task task, TaskResult result) = 0;
  // It is over, and may be destroyed. `failure`: it never carried mail, and no host is left to try;
  // what is waiting may be answered with this.
  virtual void on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) = 0;
  // Was connecting to this address in vain a short while ago?
  virtual bool avoids(const SocketAddress& address) = 0;
  virtual void on_unreachable(const SocketAddress& address) = 0;
};

class Delivery final : public net::ConnectionObserver {
 public:
  Delivery(const Surroundings& around, std::shared_ptr<const Options> options, DeliveryOwner& owner,
           std::vector<policy::NextHop> hops, std::uint32_t random);
  ~Delivery() override;
  void begin();
  void offer_work();  // if it is idle
  [[nodiscard]] bool idle() const { return smtp_ && smtp_->idle() && !closing_; }
  // Stands, and has taken a task: others may follow.
  [[nodiscard]] bool carries() const { return carried_; }
  void finish();  // shutdown: QUIT if idle, else behind the current task

 private:
  // net::ConnectionObserver
  void on_connected() override;
  void on_input() override { pump(); }
  void on_drained() override;
  void on_handshake(const mail::TlsFacts& facts) override;
  void on_handshake_failed(const tls::Failure& failure) override;
  void on_end(const Error* error) override;

  void try_next();
  void connect(Candidate candidate);
  void open_session();
  void pump();
  void rearm();
  void give_up_host(Outcome outcome);
  void leave_host();
  void over(std::optional<Outcome> failure);
  [[nodiscard]] policy::Access access() const {
    return {options_->access_map.get(), options_->access};
  }
  [[nodiscard]] policy::TlsPeer server() const { return {current_.host, current_.address.ip}; }
  [[nodiscard]] std::string relay() const;
  [[nodiscard]] bool may_try_tls();
  void write_rejection(std::string_view ruleset, std::string argument, const mail::Reply& reply);

  // Effects, in the order of smtp::ClientEffect.
  void visit(smtp::ClientSend& effect);
  void visit(smtp::ClientStartTls& effect);
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
  // Empty: the access map lets none of the task's recipients go to this server.
  std::optional<smtp::Job> job_of(Task& task);
  bool take(Task task, bool as_answer);

  const Surroundings& around_;
  const std::shared_ptr<const Options> options_;
  DeliveryOwner& owner_;
  HostSearch search_;
  std::optional<Candidate> postponed_;  // avoided at first, tried when nobody else is left
  Candidate current_;
  std::optional<Outcome> failure_;  // of the latest host that says more than silence
  std::string failed_relay_;
  mail::TlsFacts tls_;
  mail::AuthFacts auth_;
  std::optional<Task> task_;
  std::vector<std::optional<Outcome>> refused_;  // tls_rcpt: recipients that were not offered
  std::uint64_t content_at_ = 0;
  std::size_t waiting_for_content_ = 0;  // asked for, while too much is on its way
  std::size_t jobs_done_ = 0;
  smtp::TlsUse tls_use_ = smtp::TlsUse::when_offered;
  bool handshake_failed_ = false;
  bool carried_ = false;  // this host has taken a task
  bool leaving_ = false;  // the host is given up; done when the effects are through
  bool closing_ = false;
  bool finishing_ = false;
  bool pumping_ = false;
  bool over_ = false;
  std::optional<Outcome> leaving_with_;
  std::optional<smtp::ClientSession> smtp_;
  std::unique_ptr<ClientAuth> client_auth_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for content read by workers
  loop::Timer deadline_;
  loop::Timer idle_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::deliver
