#include "daemon/engine_loop.h"
#include "daemon/site_agent.h"

#include <future>
#include <utility>

#include "signet/table/no_waiting.h"

namespace signet::daemon {

EngineLoop::EngineLoop(const Shared& shared, std::shared_ptr<const Site> site,
                       std::vector<PortSocket> sockets, std::vector<queue::Waiting> waiting,
                       std::uint32_t seed)
    : shared_(shared),
      site_(std::move(site)),
      sockets_(std::move(sockets)),
      waiting_(std::move(waiting)),
      seed_(seed),
      agent_(loop_, {.files = shared_.letter_workers, .programs = shared_.program_workers},
             shared_.agent_path,
             local_program(*site_->config) ? agent::MailboxWriter::program
                                           : agent::MailboxWriter::agent) {}

EngineLoop::~EngineLoop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void EngineLoop::dismantle() {
  std::promise<void> done;
  loop_.post([this, &done] {
    // From the top room down (STYLE §5.12).
    acceptors_.clear();
    receiver_.reset();
    courier_.reset();
    resolver_.reset();
    agent_.stop();
    done.set_value();
  });
  done.get_future().wait();
}

void EngineLoop::start(loop::Task ready, std::move_only_function<void(Error)> failed) {
  loop_.post([this, ready = std::move(ready), failed = std::move(failed)]() mutable {
    if (auto done = assemble(); !done) return failed(std::move(done).error());
    ready();
  });
  thread_ = std::jthread([this] {
    const table::NoWaiting here;
    loop_.run();
  });
}

Result<void> EngineLoop::assemble() {
  auto resolver = dns::make_resolver(loop_, resolver_options(*site_->config));
  if (!resolver) return std::unexpected(std::move(resolver).error());
  resolver_ = std::move(*resolver);
  courier_ =
      std::make_unique<deliver::Courier>(deliver::Surroundings{.loop = loop_,
                                                               .workers = shared_.workers,
                                                               .resolver = *resolver_,
                                                               .spool = shared_.spool,
                                                               .log = shared_.log,
                                                               .ids = shared_.ids,
                                                               .sasl = shared_.sasl,
                                                               .agent = agent_,
                                                               .map_workers = &shared_.map_workers},
                                         site_->deliver, seed_);
  receiver_ = std::make_unique<receive::Receiver>(
      receive::Surroundings{.loop = loop_,
                            .workers = shared_.workers,
                            .auth_workers = shared_.auth_workers,
                            .resolver = *resolver_,
                            .spool = shared_.spool,
                            .log = shared_.log,
                            .ids = shared_.ids,
                            .sasl = shared_.sasl,
                            .clients = shared_.clients,
                            .map_workers = &shared_.map_workers},
      [this](queue::Committed committed) { courier_->take(std::move(committed)); });
  for (auto& [index, socket] : sockets_) {
    acceptors_.push_back(std::make_unique<net::Acceptor>(
        loop_, std::move(socket),
        [this, port = index](Fd accepted, const SocketAddress& remote, const SocketAddress& local) {
          accept(port, std::move(accepted), remote, local);
        }));
  }
  courier_->wait_for(waiting_);
  waiting_ = {};
  return {};
}

void EngineLoop::accept(std::size_t port, Fd socket, const SocketAddress& remote,
                        const SocketAddress& local) {
  receiver_->accept(std::move(socket), remote, local, site_->receive, site_->ports[port]);
}

void EngineLoop::use(std::shared_ptr<const Site> site) {
  loop_.post([this, site = std::move(site)]() mutable {
    site_ = std::move(site);
    if (courier_) courier_->reload(site_->deliver);
  });
}

void EngineLoop::run_queue() {
  loop_.post([this] {
    if (courier_) courier_->run_queue();
  });
}

void EngineLoop::release(std::vector<std::string> ids) {
  loop_.post([this, ids = std::move(ids)] {
    if (courier_) courier_->release(ids);
  });
}

void EngineLoop::drain(loop::Task drained) {
  loop_.post([this, drained = std::move(drained)]() mutable {
    acceptors_.clear();
    if (!receiver_) return drained();
    receiver_->drain([this, drained = std::move(drained)]() mutable {
      // A second SIGTERM may have dismantled us meanwhile: then nobody waits.
      if (courier_) courier_->drain(std::move(drained));
    });
  });
}

}  // namespace signet::daemon
