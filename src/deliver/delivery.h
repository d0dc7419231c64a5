// One outgoing connection: finds a host that answers, drives smtp::ClientSession over it, judges TLS
// before any mail, and takes task after task from its owner. It decides nothing about retries.
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
#include "signet/smtp/client_session.h"

namespace signet::deliver {

class Delivery;

class DeliveryOwner {
 public:
  virtual ~DeliveryOwner() = default;
  // Work for a connection that stands; empty: nothing now.
  virtual std::optional<Task> next_task() = 0;
  virtual void on_result(Task task, TaskResult result) = 0;
  // The connection stands and had no work: it can be given some by offer_work().
  virtual void on_idle(Delivery& delivery) = 0;
  // It is over. `failure`: it never carried mail; what is waiting may be answered with this.
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
  void offer_work();  // while idle
  void finish();      // shutdown: QUIT if idle, else after the task

 private:
  void on_connected() override;
  void on_input() override { pump(); }
  void on_drained() override;
  void on_handshake(const mail::TlsFacts& facts) override;
  void on_handshake_failed(const tls::Failure& failure) override;
  void on_end(const Error* error) override;

  void try_next();
  void connect(Candidate candidate);
  void open_session(smtp::TlsUse tls);
  void pump();
  void rearm();
  void give_up_host(Outcome outcome);
  void over(std::optional<Outcome> failure);
  [[nodiscard]] policy::Access access() const;
  [[nodiscard]] policy::TlsPeer server() const { return {current_.host, current_.address.ip}; }
  [[nodiscard]] std::string relay() const;
  // sendmail's verdict lines for the client side; gives the refusal, if any.
  std::optional<mail::Reply> judge_server(mail::Verify verify);
  void take(Task task);

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
  void supply_content(std::size_t wanted);
  [[nodiscard]] smtp::Job job_of(Task& task);

  const Surroundings& around_;
  const std::shared_ptr<const Options> options_;
  DeliveryOwner& owner_;
  HostSearch search_;
  std::optional<Candidate> postponed_;  // avoided at first, tried when nobody else is left
  Candidate current_;
  std::optional<Outcome> failure_;      // of the latest host
  mail::TlsFacts tls_;
  mail::AuthFacts auth_;
  std::optional<Task> task_;
  std::uint64_t content_at_ = 0;
  std::size_t jobs_done_ = 0;
  bool content_wanted_ = false;
  bool handshake_failed_ = false;
  bool carried_ = false;  // this connection has reported at least one task
  bool closing_ = false;
  bool finishing_ = false;
  bool pumping_ = false;
  bool over_ = false;
  std::optional<smtp::ClientSession> smtp_;
  std::unique_ptr<ClientAuth> client_auth_;
  loop::Timer deadline_;
  loop::Timer idle_;
  std::shared_ptr<Delivery*> self_;  // for answers of workers: null when we are gone
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::deliver
