#include "signet/receive/receiver.h"

#include <cmath>
#include <utility>

#include "receive/session.h"
#include "signet/base/check.h"
#include "signet/maillog/lines.h"

namespace signet::receive {

namespace {

// What the host is short of. Empty: nothing.
std::optional<Busy> strain_of(const Options& options) {
  if (options.refuse_load > 0 && options.load_average() >= options.refuse_load) return Busy::load;
  if (options.is_short_of_memory && options.is_short_of_memory()) return Busy::memory;
  return std::nullopt;
}

}  // namespace

Receiver::Receiver(Surroundings surroundings, OnMessage on_message)
    : surroundings_(surroundings), on_message_(std::move(on_message)) {}

Receiver::~Receiver() = default;

void Receiver::accept(Fd socket, const SocketAddress& remote, const SocketAddress& local,
                      std::shared_ptr<const Options> options, std::shared_ptr<const Port> port) {
  if (draining_) return;
  const auto strained = strain_of(*options);
  log_strain(strained, *options, *port);
  auto& clients = surroundings_.clients;
  auto seat = clients.sit(options->max_sessions);
  auto descriptors = clients.take_descriptors(1 + port->filters.size(), options->max_descriptors);
  // Who is refused takes nobody's turn.
  const bool refused = strained || !seat || !descriptors;
  const auto turn =
      refused ? std::nullopt : clients.turn(options->most_a_second, surroundings_.loop.now().mono);
  const std::uint64_t id = ++next_id_;
  auto session = std::make_unique<Session>(*this, id, std::move(options), std::move(port));
  Session& fresh = *session;
  sessions_.emplace(id, std::move(session));
  if (strained) return fresh.refuse(std::move(socket), remote, *strained);
  if (!seat) return fresh.refuse(std::move(socket), remote, Busy::sessions);
  if (!descriptors) return fresh.refuse(std::move(socket), remote, Busy::descriptors);
  if (!turn) return fresh.refuse(std::move(socket), remote, Busy::rate);
  fresh.begin(std::move(socket), remote, local,
              {.seat = std::move(*seat), .descriptors = std::move(*descriptors), .turn = *turn});
}

void Receiver::log_strain(const std::optional<Busy>& why, const Options& options,
                          const Port& port) {
  if (options.refuse_load <= 0 && !options.is_short_of_memory) return;
  if (!why) return surroundings_.clients.let_in();
  const auto refusing =
      surroundings_.clients.refuse(surroundings_.loop.now().mono, options.reject_log_interval);
  auto& log = surroundings_.log;
  if (refusing.begins) {
    log.write(maillog::rejecting_connections(
        port.name, *why == Busy::load
                       ? "load average: " + std::to_string(std::lround(options.load_average()))
                       : "short of memory"));
  }
  if (refusing.lasted) {
    log.write(maillog::still_rejecting_connections(
        port.name, std::chrono::duration_cast<std::chrono::seconds>(*refusing.lasted)));
  }
}

void Receiver::drain(loop::Task drained) {
  draining_ = true;
  drained_ = std::move(drained);
  std::vector<std::uint64_t> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  for (const auto id : ids) {
    if (Session* session = find(id)) session->drain();
  }
  report_drained();
}

Session* Receiver::find(std::uint64_t id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Receiver::end(std::uint64_t id) {
  const auto found = sessions_.find(id);
  SIGNET_CHECK(found != sessions_.end());
  surroundings_.loop.dispose(std::move(found->second));
  sessions_.erase(found);
  report_drained();
}

void Receiver::report_drained() {
  if (!draining_ || !sessions_.empty() || !drained_) return;
  surroundings_.loop.post(std::exchange(drained_, nullptr));
}

}  // namespace signet::receive
