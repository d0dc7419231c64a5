// Looks at the files of all maps once a second, on a thread of its own, so that no loop waits for a
// disk: what asks a map takes what was last read.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "signet/base/guarded.h"
#include "signet/loop/loop.h"
#include "signet/table/table.h"

namespace signet::daemon {

// Owned by the engine; created, started and stopped on the loop's thread.
class MapKeeper final {
 public:
  explicit MapKeeper(loop::Loop& loop);
  void keep(table::Look look);  // any thread
  void start();
  void stop();  // waits for the look that runs

 private:
  void on_time();
  void look_at_all();  // on the thread

  Guarded<std::vector<table::Look>> kept_;
  std::atomic<bool> looking_{false};
  loop::Timer timer_;
  std::unique_ptr<loop::Workers> thread_;
};

}  // namespace signet::daemon
