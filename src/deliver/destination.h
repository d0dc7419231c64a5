// One next hop of one loop: the tasks that wait for it, and the few connections that carry them. A
// slow or dead one holds up no other, and is left alone for a while when nobody there answers.
// Owned by Courier; loop thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deliver/delivery.h"
#include "deliver/work.h"
#include "signet/deliver/courier.h"

namespace signet::deliver {

class Destination final : public DeliveryOwner {
 public:
  Destination(Courier& courier, std::string key, std::vector<policy::NextHop> hops);
  ~Destination() override;
  void add(Task task);
  void forgive();   // hosts that did not answer are asked again at once
  void renew();     // after a reload: connections end when their task is done
  void on_place();  // its turn has come: a connection is free
  bool end_an_idle_connection();
  void drain();  // waiting tasks go back, connections end when their task is done
  // A message that found no place here is kept by its key alone, until there is one. False: nothing
  // is going on here that would call it.
  [[nodiscard]] bool park(queue::Key key);
  [[nodiscard]] bool empty() const {
    return waiting_.empty() && connections_.empty() && parked_.empty();
  }

 private:
  // DeliveryOwner
  std::optional<Task> next_task() override;
  [[nodiscard]] std::span<const std::string> next_addresses() const override;
  [[nodiscard]] bool first_was_never_tried() const override {
    return !waiting_.empty() && waiting_.front().work->message->attempts == 0;
  }
  [[nodiscard]] bool may_idle() const override { return courier_.line_.empty(); }
  void take_back(Task task) override;
  void on_result(Task task, TaskResult result) override;
  void on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) override;
  bool avoids(const SocketAddress& address) override;
  void on_unreachable(const SocketAddress& address) override;
  Crowd& crowd() override { return *courier_.crowd_; }
  Slots& idle_slots() override { return *courier_.idle_slots_; }

  void serve();
  void connect();
  void shut(const Outcome& failure, const std::string& relay);
  void answer(Task task, const Outcome& outcome, const std::string& relay);
  void answer_waiting(const Outcome& outcome, const std::string& relay);
  void hand_back(Task task);
  void hand_back_waiting();
  void retire();
  std::vector<Delivery*> all();
  [[nodiscard]] std::size_t count(bool (Delivery::*is)() const) const;
  [[nodiscard]] bool is_shut() const { return shut_until_ > courier_.now().mono; }
  [[nodiscard]] bool has_its_share() const;
  [[nodiscard]] bool has_few() const;
  void call_parked();
  void give_up_parked();

  Courier& courier_;
  const std::string key_;
  const std::vector<policy::NextHop> hops_;
  bool draining_ = false;
  bool retired_ = false;
  std::deque<Task> waiting_;
  std::deque<queue::Key> parked_;
  std::size_t window_;      // connections that may be open now: grows with success
  std::size_t served_ = 0;  // tasks since it grew
  bool in_line_ = false;    // waits for a connection
  TimePoint shut_until_{};  // who comes before that hears `failure_`
  Outcome failure_;
  std::string failed_relay_;
  std::map<SocketAddress, TimePoint> unreachable_;  // avoided until then
  loop::Timer retirement_;
  std::vector<std::unique_ptr<Delivery>> connections_;
};

}  // namespace signet::deliver
