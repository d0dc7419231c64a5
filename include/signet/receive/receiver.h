// All server sessions of one loop: begins them, owns them, ends them. Loop thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "signet/base/fd.h"
#include "signet/base/ip.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/mail/queue_id.h"
#include "signet/maillog/log.h"
#include "signet/queue/spool.h"
#include "signet/receive/client_counts.h"
#include "signet/receive/options.h"
#include "signet/sasl/library.h"

namespace signet::receive {

// What the sessions of a loop work with; all of it outlives the Receiver.
struct Surroundings {
  loop::Loop& loop;
  loop::Workers& workers;
  loop::Workers& auth_workers;  // SASL steps, which may hang where saslauthd does
  dns::Resolver& resolver;
  queue::Spool& spool;
  maillog::Log& log;
  mail::QueueIds& ids;
  sasl::Library* sasl;                   // null: no AUTH
  ClientCounts& clients;                 // of all loops
  loop::Workers* map_workers = nullptr;  // look-ups that wait for other programs; null: `workers`
};

class Session;
enum class Busy;  // why nobody is let in now

class Receiver final {
 public:
  using OnMessage = std::move_only_function<void(queue::Committed)>;
  // `on_message`: what was just committed, for delivery from memory.
  Receiver(Surroundings surroundings, OnMessage on_message);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // A new client. The session keeps `options` and `port` until it ends.
  void accept(Fd socket, const SocketAddress& remote, const SocketAddress& local,
              std::shared_ptr<const Options> options, std::shared_ptr<const Port> port);
  // Shutdown: idle sessions hear 421 and end, others when their command or message is done;
  // `drained` is called when none is left.
  void drain(loop::Task drained);
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

 private:
  friend class Session;
  friend class SaslExchange;
  [[nodiscard]] Session* find(std::uint64_t id);  // for answers that come back from a worker
  void end(std::uint64_t id);                     // by the session, when it is over
  void report_drained();
  // RejectLogInterval: when refusing for that begins, and now and then while it goes on.
  void log_strain(const std::optional<Busy>& why, const Options& options, const Port& port);

  Surroundings surroundings_;
  OnMessage on_message_;
  loop::Task drained_;
  std::uint64_t next_id_ = 0;
  bool draining_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers from other threads
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
};

}  // namespace signet::receive
