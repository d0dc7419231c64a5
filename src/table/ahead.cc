#include "signet/table/ahead.h"

#include <string>
#include <utility>

namespace signet::table {

void Ahead::know(std::shared_ptr<const void> maps, loop::Task decide, loop::Task then) {
  go_on(std::make_shared<Order>(
      Order{.maps = std::move(maps), .decide = std::move(decide), .then = std::move(then)}));
}

void Ahead::go_on(const std::shared_ptr<Order>& order) {
  NoWaiting* here = NoWaiting::here();
  if (here != nullptr && order->rounds++ < kMostRounds) {
    (void)here->take();  // of those who did not wait for it
    order->decide();
    auto questions = here->take();
    if (!questions.empty()) {
      // One table at a time: who holds up the worker holds up none of the others.
      const std::string name(questions.front().table->name());
      std::erase_if(questions, [&](const Question& one) { return one.table->name() != name; });
      workers_.run_for(name, [this, &loop = loop_, alive = std::weak_ptr<bool>(alive_),
                              order = order, questions = std::move(questions)]() mutable {
        for (const auto& one : questions) (void)one.table->find(one.key);
        loop.post([this, alive = std::move(alive), order = std::move(order)] {
          if (!alive.expired()) go_on(order);
        });
      });
      return;
    }
  }
  auto then = std::move(order->then);
  then();
}

}  // namespace signet::table
