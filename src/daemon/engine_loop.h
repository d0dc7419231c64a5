// One loop of the engine and all that lives on it: acceptors, server sessions, deliveries, a
// resolver. Loops share the site, the spool and the log. Made and ended by Engine; everything
// inside happens on the loop's own thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/ports.h"
#include "signet/agent/client.h"
#include "signet/daemon/site.h"
#include "signet/deliver/courier.h"
#include "signet/dns/resolver.h"
#include "signet/loop/loop.h"
#include "signet/mail/queue_id.h"
#include "signet/maillog/log.h"
#include "signet/net/listener.h"
#include "signet/queue/journal_spool.h"
#include "signet/receive/receiver.h"

namespace signet::daemon {

// What all loops share; outlives them.
struct Shared {
  queue::Spool& spool;
  maillog::Log& log;
  mail::QueueIds& ids;
  sasl::Library* sasl;
  receive::ClientCounts& clients;
  loop::Workers& workers;          // user look-ups, SASL steps of clients and other computing
  loop::Workers& auth_workers;     // SASL steps of servers
  loop::Workers& map_workers;      // look-ups in maps that wait for other programs
  loop::Workers& letter_workers;   // letters to the agent
  loop::Workers& program_workers;  // the same for programs, which may take minutes
  std::string agent_path;
};

struct PortSocket {
  std::size_t index = 0;  // of the port in the configuration
  Fd socket;
};

class EngineLoop final {
 public:
  EngineLoop(const Shared& shared, std::shared_ptr<const Site> site,
             std::vector<PortSocket> sockets, std::vector<queue::Waiting> waiting,
             std::uint32_t seed);
  ~EngineLoop();  // stops the loop, ends the thread; after dismantle()
  EngineLoop(const EngineLoop&) = delete;
  EngineLoop& operator=(const EngineLoop&) = delete;

  // Any thread. `ready`, `failed`, `drained` are called on the loop's thread.
  void start(loop::Task ready, std::move_only_function<void(Error)> failed);
  void use(std::shared_ptr<const Site> site);  // for sessions and attempts to come
  void run_queue();
  void release(std::vector<std::string> ids);  // quarantined messages
  void drain(loop::Task drained);              // no new clients; ends when nothing is under way
  // Destroys all that lives on the loop, which goes on running: workers and the spool may still
  // post to it. Blocks; not on the loop's thread.
  void dismantle();

 private:
  Result<void> assemble();
  void accept(std::size_t port, Fd socket, const SocketAddress& remote, const SocketAddress& local);

  const Shared shared_;
  std::shared_ptr<const Site> site_;
  std::vector<PortSocket> sockets_;
  std::vector<queue::Waiting> waiting_;
  const std::uint32_t seed_;
  loop::Loop loop_;
  agent::Client agent_;
  std::unique_ptr<dns::Resolver> resolver_;
  std::unique_ptr<deliver::Courier> courier_;
  std::unique_ptr<receive::Receiver> receiver_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  std::jthread thread_;
};

}  // namespace signet::daemon
