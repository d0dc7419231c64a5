// The event loop: libevent wrapped once. One Loop a thread; everything but post() and stop() is
// called on that thread. Registrations are objects: while a Timer or FdWatch lives it may call,
// destroyed it cannot. Callbacks may destroy their own registration.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "signet/base/clock.h"

namespace signet::loop {

using Task = std::move_only_function<void()>;

class Loop final {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();            // until stop(); then runs the tasks already posted and returns
  void stop();           // any thread, also before run()
  void post(Task task);  // any thread; in order, on the loop thread, at the end of a round. A task
                         // posted by a task runs in the next round, after what is ready then.
  // Inside run() the same for all callbacks of a round, so cheap; outside, the clocks.
  [[nodiscard]] Now now() const;
  [[nodiscard]] bool in_loop_thread() const;  // false outside run()

  // Keeps the object until the current callback has returned, then destroys it.
  template <class T>
  void dispose(std::unique_ptr<T> object) {
    if (object) dispose_later([kept = std::move(object)]() mutable { kept.reset(); });
  }
  // event_base of libevent, for a room that drives another library by it (dns).
  [[nodiscard]] void* native() const;

  struct Core;
  [[nodiscard]] Core& core() { return *core_; }

 private:
  void dispose_later(Task destroy);
  std::unique_ptr<Core> core_;
};

class Timer final {
 public:
  Timer(Loop& loop, Task on_time);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void arm_at(TimePoint when);  // replaces an earlier arming; a past time fires in the next round
  void arm_in(Duration wait);
  void cancel();
  [[nodiscard]] bool armed() const;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

struct Ready {
  bool readable = false;
  bool writable = false;
};

// Level-triggered interest in one descriptor, which stays owned by the caller and open meanwhile.
// To stop reading and go on costs no system call, unless something comes between.
class FdWatch final {
 public:
  FdWatch(Loop& loop, int fd, std::move_only_function<void(Ready)> on_ready);
  ~FdWatch();
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  void want(Ready interest);  // {false, false}: sleep

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

// Signals are libevent's to watch on one Loop of a process only.
class SignalWatch final {
 public:
  SignalWatch(Loop& loop, int signal_number, Task on_signal);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

// K threads for work that may block (SASL steps, user look-up, file reading). Work travels as a
// closure over values; the answer goes back with loop.post(). Destructor: waits for running work,
// drops what has not begun.
class Workers final {
 public:
  explicit Workers(std::size_t threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  void run(Task work);  // any thread
  // The same for work that whoever it is for may hold up: for one of that name a quarter of the
  // threads works at a time, one at least; what else is for him waits in a line of his own.
  void run_for(std::string_view whom, Task work);

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace signet::loop
