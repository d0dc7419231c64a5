// The line from a session to one mail filter: it looks for the host, connects, moves bytes between
// a net::Connection and the pure milter::FilterSession, and keeps the time. Owned by Filters; loop
// thread. A filter that has failed stays so until the client's session ends.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "receive/filter_log.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/net/connection.h"
#include "signet/receive/mail_filter.h"

namespace signet::receive {

class FilterLine final : public net::ConnectionObserver {
 public:
  struct Outcome {
    milter::Answer answer;
    bool failed = false;   // now or before: what F= says is to be done
    bool lacking = false;  // it is we who had no descriptor or memory for it, whatever F= says
  };
  using Done = std::move_only_function<void(Outcome)>;
  using OnChange = std::move_only_function<void(milter::Changed)>;

  FilterLine(loop::Loop& loop, dns::Resolver& resolver, std::shared_ptr<const MailFilter> filter,
             const milter::MacroLists& macros, const FilterLog& log);
  ~FilterLine() override;

  // Connects and negotiates. `done` is called once, later.
  void open(Done done);
  // Nothing to wait for: gives the outcome, and `done` is not called; else `done` is, later.
  // `on_change`: behind the end of the message.
  [[nodiscard]] std::optional<Outcome> ask(const milter::News& news,
                                           const milter::MacroValues& values, Done done,
                                           OnChange on_change = nullptr);
  void abort();
  void quit();
  [[nodiscard]] bool wants(milter::Event event) const { return session_ && session_->wants(event); }
  // More is unsent than is good: `call` is called when all has left, or when the filter has failed.
  [[nodiscard]] bool waits_for_room(loop::Task call);
  // While held nothing is read from it: somebody else is slower.
  void hold(bool held);
  // What it said makes no sense to us, though the protocol has it.
  void fail(const std::string& why);
  [[nodiscard]] const MailFilter& filter() const { return *filter_; }

 private:
  // net::ConnectionObserver
  void on_connected() override;
  void on_input() override;
  void on_drained() override;
  void on_handshake(const mail::TlsFacts& /*facts*/) override {}
  void on_handshake_failed(const tls::Failure& /*failure*/) override {}
  void on_end(const Error* error) override;

  void connect_next();
  void on_addresses(const dns::Answer<IpAddress>& answer);
  void on_time();
  void leave();
  // Visits the session's effects; then, last of all, tells whoever waits.
  void settle();
  std::optional<Outcome> drain();
  void rearm();
  void try_again_in(Duration pause);
  void give_up(const std::string& why);
  void tell(Outcome outcome);
  [[nodiscard]] TimePoint now() const { return loop_.now().mono; }

  loop::Loop& loop_;
  dns::Resolver& resolver_;
  const std::shared_ptr<const MailFilter> filter_;
  const milter::MacroLists& macros_;
  const FilterLog& log_;
  std::deque<IpAddress> addresses_;
  std::optional<milter::FilterSession> session_;  // from the connection on
  bool failed_ = false;
  int shortage_ = 0;  // errno of the latest attempt, if the want is ours
  bool held_ = false;
  bool left_ = false;
  Done done_;
  OnChange on_change_;
  loop::Task on_room_;
  // Whatever calls back is destroyed first.
  loop::Timer clock_;
  loop::Timer again_;
  std::unique_ptr<dns::Query> query_;
  std::unique_ptr<net::Connection> connection_;
};

}  // namespace signet::receive
