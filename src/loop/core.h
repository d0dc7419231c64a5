// What the parts of the loop room share: libevent's base, the tasks posted to it, and the way a
// registration survives being destroyed inside its own call.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <event2/event.h>

#include "signet/base/fd.h"
#include "signet/base/guarded.h"
#include "signet/loop/loop.h"

namespace signet::loop {

struct EventFree {
  void operator()(event* one) const { event_free(one); }
};
using Event = std::unique_ptr<event, EventFree>;

struct Loop::Core {
  struct BaseFree {
    void operator()(event_base* one) const { event_base_free(one); }
  };

  void wake_up();     // any thread
  void on_wake();     // the eventfd is readable
  void run_posted();  // the tasks that wait now, not those that they post
  void destroy_disposed();

  std::unique_ptr<event_base, BaseFree> base;
  Fd wake_fd;  // eventfd
  Event wake;
  Guarded<std::vector<Task>> posted;
  std::atomic<bool> wake_pending{false};  // one write wakes for all that other threads post
  std::atomic<bool> stopping{false};
  std::atomic<std::thread::id> thread;  // inside run(), else none
  bool more = false;                    // posted from the loop thread: do not sleep
  std::vector<Task> disposed;           // destroys an object each, when the current round is over
  std::optional<Now> now;               // of this round, once somebody asked
};

// The one call that a registration makes. Its destructor asks `interrupted`: then the core has to
// live until the call has returned.
class OwnCall final {
 public:
  template <class Call>
  void make(Call&& call) {
    bool gone = false;
    destroyed_ = &gone;
    call();
    if (!gone) destroyed_ = nullptr;
  }
  [[nodiscard]] bool interrupted() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    return destroyed_ != nullptr;
  }

 private:
  bool* destroyed_ = nullptr;
};

}  // namespace signet::loop
