// Makes known what a decision will ask of maps that wait, before it is made: the decision is tried,
// what it could not be told is asked on a worker, and it is tried again, until all is known. A
// server that is silent holds up a share of the workers only.
#pragma once

#include <memory>

#include "signet/loop/loop.h"
#include "signet/table/no_waiting.h"

namespace signet::table {

// Owned by who decides, on the loop's thread; destroyed, none of its tasks runs any more.
class Ahead final {
 public:
  Ahead(loop::Loop& loop, loop::Workers& workers) : loop_(loop), workers_(workers) {}
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  // `decide` only asks maps, which `maps` keeps; its outcome does not count. `then` decides: at
  // once where all is known. After kMostRounds it decides with failures.
  void know(std::shared_ptr<const void> maps, loop::Task decide, loop::Task then);
  static constexpr int kMostRounds = 200;

 private:
  struct Order {
    std::shared_ptr<const void> maps;
    loop::Task decide;
    loop::Task then;
    int rounds = 0;
  };
  void go_on(const std::shared_ptr<Order>& order);

  loop::Loop& loop_;
  loop::Workers& workers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for answers from workers
};

}  // namespace signet::table
