#include "deliver/destination.h"

#include <algorithm>
#include <utility>

#include "deliver/failures.h"

namespace signet::deliver {
namespace {

constexpr std::size_t kFirstConnections = 2;  // until the first task is done
constexpr Duration kAvoidFor = std::chrono::minutes(1);
constexpr std::size_t kMostUnreachable = 64;                // addresses remembered per next hop
constexpr int kMostDoublings = 6;                           // of the rest of a dead next hop
constexpr Duration kRemembered = std::chrono::minutes(10);  // a failure, behind that rest

}  // namespace

Destination::Destination(Courier& courier, std::string key, std::vector<policy::NextHop> hops)
    : courier_(courier),
      key_(std::move(key)),
      hops_(std::move(hops)),
      window_(kFirstConnections),
      retirement_(courier.around_.loop, [this] { retire(); }) {}

Destination::~Destination() = default;

void Destination::add(Task task) {
  if (draining_) return hand_back(std::move(task));
  if (has_its_share() || (task.work->fresh && !parked_.empty())) {
    task.work->parked_at = key_;
    return hand_back(std::move(task));
  }
  if (is_shut()) return answer(std::move(task), failure_, failed_relay_);
  waiting_.push_back(std::move(task));
  serve();
  retire();
}

// While the courier is nearly full, one slow next hop may not keep the places of all others.
bool Destination::has_its_share() const {
  const auto places = courier_.options_->messages_in_work;
  return courier_.in_work_ > places / 4 * 3 && waiting_.size() > places / 8;
}

bool Destination::has_few() const {
  return waiting_.size() < std::max<std::size_t>(1, courier_.options_->messages_in_work / 16);
}

bool Destination::park(queue::Key key) {
  if (draining_ || (waiting_.empty() && connections_.empty())) return false;
  parked_.push_back(key);
  call_parked();
  return true;
}

// With every task that is done two are called while few wait: the line grows until it is long
// enough again, by no more than that at a time.
void Destination::call_parked() {
  for (int i = 0; i < 2 && !parked_.empty() && has_few(); ++i) {
    courier_.postpone(parked_.front(), courier_.now().wall);
    parked_.pop_front();
  }
}

// Nobody here is going to call them.
void Destination::give_up_parked() {
  for (const auto key : std::exchange(parked_, {})) courier_.come_back_soon(key);
}

// An idle connection takes the work, else more are opened, up to the window and never more than
// there are tasks. Who has none and may not have one, because other next hops have them all, waits
// for its turn.
void Destination::serve() {
  for (std::size_t i = 0; i < connections_.size() && !waiting_.empty(); ++i) {
    if (connections_[i]->idle()) connections_[i]->offer_work();
  }
  const auto limit = std::max<std::size_t>(1, courier_.options_->connections_per_hop);
  auto open = count(&Delivery::open);
  auto coming = count(&Delivery::coming);
  while (!draining_ && waiting_.size() > coming && open < std::min(window_, limit) &&
         courier_.may_connect()) {
    connect();
    ++open;
    ++coming;
  }
  if (connections_.empty() && !waiting_.empty() && !draining_ && !std::exchange(in_line_, true)) {
    courier_.wait_for_place(key_);
  }
}

void Destination::connect() {
  ++courier_.connections_;
  connections_.push_back(std::make_unique<Delivery>(courier_.around_, courier_.options_, *this,
                                                    hops_, courier_.random_()));
  connections_.back()->begin();
}

void Destination::on_place() {
  in_line_ = false;
  if (connections_.empty() && !waiting_.empty() && !draining_) connect();
}

bool Destination::end_an_idle_connection() {
  const auto idle =
      std::ranges::find_if(connections_, [](const auto& connection) { return connection->idle(); });
  if (idle == connections_.end()) return false;
  (*idle)->finish();
  return true;
}

std::size_t Destination::count(bool (Delivery::*is)() const) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      connections_, [is](const auto& connection) { return (connection.get()->*is)(); }));
}

// ---- what connections tell ----

// Where others wait for a connection, who has several gives one up.
std::optional<Task> Destination::next_task() {
  if (waiting_.empty() || draining_) return std::nullopt;
  if (!may_idle() && count(&Delivery::open) > 1) return std::nullopt;
  Task task = std::move(waiting_.front());
  waiting_.pop_front();
  return task;
}

std::span<const std::string> Destination::next_addresses() const {
  if (waiting_.empty()) return {};
  return waiting_.front().addresses;
}

// What made one idle connection useless may have done so to the others: a new one takes the task.
void Destination::take_back(Task task) {
  task.returned = true;
  if (draining_) return hand_back(std::move(task));
  for (Delivery* connection : all()) {
    if (connection->idle()) connection->finish();
  }
  waiting_.push_front(std::move(task));
}

void Destination::on_result(Task task, TaskResult result) {
  courier_.failures_->forget(key_);
  if (++served_ >= window_) {
    served_ = 0;
    window_ =
        std::min(window_ + 1, std::max<std::size_t>(1, courier_.options_->connections_per_hop));
  }
  courier_.on_result(std::move(task), std::move(result));
  call_parked();
  serve();
}

void Destination::on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) {
  const auto at = std::ranges::find_if(
      connections_, [&](const auto& connection) { return connection.get() == &delivery; });
  courier_.around_.loop.dispose(std::move(*at));
  connections_.erase(at);
  courier_.give_back_place();
  if (failure || delivery.crowded_out()) {
    // So many are let in, and no more are opened until one of them has done a task. Who waits has
    // hope while one stands or is coming; else all hear what it was, or come back when there may be
    // room.
    const auto open = count(&Delivery::open);
    window_ = std::max<std::size_t>(1, open);
    served_ = 0;
    if (open == 0 && !draining_) {
      if (failure) {
        shut(*failure, relay);
      } else {
        hand_back_waiting();
      }
    }
  }
  if (waiting_.empty() && connections_.empty()) give_up_parked();
  if (!waiting_.empty()) serve();
  if (empty()) retire();
}

// A refusal for good is the answer for who waits; who comes later asks anew.
void Destination::shut(const Outcome& failure, const std::string& relay) {
  if (!failure.final()) {
    const auto now = courier_.now().mono;
    const auto first = courier_.options_->first_rest;
    const int before =
        courier_.failures_->note(key_, now, now + first * (1 << kMostDoublings) + kRemembered);
    shut_until_ = now + first * (1 << std::min(before, kMostDoublings));
    failure_ = failure;
    failed_relay_ = relay;
  }
  answer_waiting(failure, relay);
  give_up_parked();
}

// Nothing to do and nothing to remember.
void Destination::retire() {
  if (!empty()) return;
  if (is_shut() && !draining_) return retirement_.arm_at(shut_until_);
  if (!std::exchange(retired_, true)) courier_.on_destination_idle(key_);
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

// ---- answers without a connection ----

void Destination::answer(Task task, const Outcome& outcome, const std::string& relay) {
  TaskResult result;
  result.relay = relay;
  result.outcomes.assign(task.addresses.size(), outcome);
  courier_.on_result(std::move(task), std::move(result));
}

void Destination::answer_waiting(const Outcome& outcome, const std::string& relay) {
  for (auto& task : std::exchange(waiting_, {})) answer(std::move(task), outcome, relay);
}

void Destination::hand_back(Task task) {
  TaskResult result;
  result.attempted = false;
  result.outcomes.resize(task.addresses.size());
  courier_.on_result(std::move(task), std::move(result));
}

void Destination::hand_back_waiting() {
  for (auto& task : std::exchange(waiting_, {})) hand_back(std::move(task));
}

// ---- orders ----

void Destination::forgive() {
  shut_until_ = {};
  unreachable_.clear();
  retire();
}

void Destination::renew() {
  for (Delivery* connection : all()) connection->finish();
}

void Destination::drain() {
  draining_ = true;
  parked_.clear();  // they are on disk
  hand_back_waiting();
  for (Delivery* connection : all()) connection->finish();
  retire();
}

// finish() may end a connection at once, which changes the list.
std::vector<Delivery*> Destination::all() {
  std::vector<Delivery*> pointers;
  for (const auto& connection : connections_) pointers.push_back(connection.get());
  return pointers;
}

}  // namespace signet::deliver
