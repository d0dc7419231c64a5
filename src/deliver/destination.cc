#include "deliver/destination.h"

#include <algorithm>
#include <utility>

namespace signet::deliver {
namespace {

constexpr Duration kAvoidFor = std::chrono::minutes(1);
constexpr std::size_t kMostUnreachable = 64;  // addresses remembered per next hop

}  // namespace

Destination::Destination(Courier& courier, std::string key, std::vector<policy::NextHop> hops)
    : courier_(courier), key_(std::move(key)), hops_(std::move(hops)) {}

Destination::~Destination() = default;

void Destination::add(Task task) {
  waiting_.push_back(std::move(task));
  serve();
}

// An idle connection takes the work, else one more is opened, up to the limit and never more than
// there are tasks.
void Destination::serve() {
  for (std::size_t i = 0; i < connections_.size() && !waiting_.empty(); ++i) {
    if (connections_[i]->idle()) connections_[i]->offer_work();
  }
  const std::size_t limit = std::max<std::size_t>(1, courier_.options_->connections_per_hop);
  const auto busy_or_coming = static_cast<std::size_t>(std::ranges::count_if(
      connections_, [](const auto& connection) { return !connection->carries(); }));
  if (draining_ || waiting_.size() <= busy_or_coming || connections_.size() >= limit) return;
  connections_.push_back(std::make_unique<Delivery>(courier_.around_, courier_.options_, *this,
                                                    hops_, courier_.random_()));
  connections_.back()->begin();
}

std::optional<Task> Destination::next_task() {
  if (waiting_.empty() || draining_) return std::nullopt;
  Task task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

void Destination::on_result(Task task, TaskResult result) {
  courier_.on_result(std::move(task), std::move(result));
}

void Destination::answer_waiting(const Outcome& outcome, const std::string& relay) {
  for (auto& task : std::exchange(waiting_, {})) {
    TaskResult result;
    result.relay = relay;
    result.outcomes.assign(task.addresses.size(), outcome);
    courier_.on_result(std::move(task), std::move(result));
  }
}

void Destination::on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) {
  const auto at = std::ranges::find_if(
      connections_, [&](const auto& connection) { return connection.get() == &delivery; });
  courier_.around_.loop.dispose(std::move(*at));
  connections_.erase(at);
  // While another connection stands there is hope for those who wait; else all hear what it was.
  const bool hope = std::ranges::any_of(
      connections_, [](const auto& connection) { return connection->carries(); });
  if (failure && !hope) answer_waiting(*failure, relay);
  if (!waiting_.empty()) serve();
  if (empty()) courier_.on_destination_idle(key_);
}

bool Destination::avoids(const SocketAddress& address) {
  const auto at = unreachable_.find(address);
  if (at == unreachable_.end()) return false;
  if (at->second > courier_.now().mono) return true;
  unreachable_.erase(at);
  return false;
}

void Destination::on_unreachable(const SocketAddress& address) {
  if (unreachable_.size() >= kMostUnreachable) unreachable_.clear();
  unreachable_[address] = courier_.now().mono + kAvoidFor;
}

void Destination::drain() {
  draining_ = true;
  Outcome outcome;
  outcome.dsn = "4.3.2";
  outcome.stat = "Deferred: shutting down";
  answer_waiting(outcome, {});
  // finish() may end a connection at once, which changes the list.
  std::vector<Delivery*> all;
  for (const auto& connection : connections_) all.push_back(connection.get());
  for (Delivery* connection : all) connection->finish();
  if (empty()) courier_.on_destination_idle(key_);
}

}  // namespace signet::deliver
