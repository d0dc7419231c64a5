// One next hop of one loop: the tasks that wait for it, and the few connections that carry them. A
// slow or dead one holds up no other. Owned by Courier; loop thread.
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
  void drain();  // waiting tasks are deferred, connections end when their task is done
  [[nodiscard]] bool empty() const { return waiting_.empty() && connections_.empty(); }

 private:
  // DeliveryOwner
  std::optional<Task> next_task() override;
  void on_result(Task task, TaskResult result) override;
  void on_over(Delivery& delivery, std::optional<Outcome> failure, std::string relay) override;
  bool avoids(const SocketAddress& address) override;
  void on_unreachable(const SocketAddress& address) override;

  void serve();
  void answer_waiting(const Outcome& outcome, const std::string& relay);

  Courier& courier_;
  const std::string key_;
  const std::vector<policy::NextHop> hops_;
  bool draining_ = false;
  std::deque<Task> waiting_;
  std::map<SocketAddress, TimePoint> unreachable_;  // avoided until then
  std::vector<std::unique_ptr<Delivery>> connections_;
};

}  // namespace signet::deliver
