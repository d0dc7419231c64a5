// What the parts of the loop room share: libevent's base and the tasks posted to it.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <event2/event.h>

#include "signet/base/guarded.h"
#include "signet/loop/loop.h"

namespace signet::loop {

struct EventFree {
  void operator()(event* one) const { event_free(one); }
};
using Event = std::unique_ptr<event, EventFree>;

struct Loop::Core {
  struct BaseFree {
    void operator()(event_base* base) const { event_base_free(base); }
  };

  void run_posted();
  void destroy_disposed();
  void refresh_now() { now = read_clocks(); }

  std::unique_ptr<event_base, BaseFree> base;
  int wake_fd = -1;  // eventfd
  Event wake;
  Guarded<std::vector<Task>> posted;
  std::atomic<bool> wake_pending{false};  // one write wakes for all that is posted
  std::atomic<bool> stopping{false};
  std::atomic<std::thread::id> thread;
  std::vector<Task> disposed;  // destroys an object each, when the current round is over
  Now now;
};

}  // namespace signet::loop
