// Readiness of descriptors and arrival of signals.
#include <utility>

#include "loop/core.h"
#include "signet/base/check.h"

namespace signet::loop {

// One event a direction, so that the kernel hears of one change at a time. To read is given up and
// wanted again with nearly every command: the kernel hears of it only if something comes meanwhile.
struct FdWatch::Core {
  Core(Loop& owner, int descriptor, std::move_only_function<void(Ready)> call)
      : loop(owner), fd(descriptor), on_ready(std::move(call)) {}

  struct Direction {
    Event event;  // made when first wanted
    bool added = false;
  };
  void add(Direction& direction, short what);
  static void remove(Direction& direction);
  void on_event(short what);

  Loop& loop;
  int fd;
  std::move_only_function<void(Ready)> on_ready;
  Direction reading;
  Direction writing;
  Ready wanted;
  OwnCall own_call;
};

void FdWatch::Core::add(Direction& direction, short what) {
  if (direction.added) return;
  if (!direction.event) {
    direction.event.reset(event_new(
        static_cast<event_base*>(loop.native()), fd, static_cast<short>(what | EV_PERSIST),
        [](evutil_socket_t, short ready, void* core) noexcept {
          static_cast<Core*>(core)->on_event(ready);
        },
        this));
  }
  SIGNET_CHECK(direction.event != nullptr && event_add(direction.event.get(), nullptr) == 0);
  direction.added = true;
}

void FdWatch::Core::remove(Direction& direction) {
  if (!std::exchange(direction.added, false)) return;
  event_del(direction.event.get());
}

void FdWatch::Core::on_event(short what) {
  const Ready ready{(what & EV_READ) != 0 && wanted.readable,
                    (what & EV_WRITE) != 0 && wanted.writable};
  // Only reading stays added when it is not wanted.
  if (!ready.readable && !ready.writable) return remove(reading);
  own_call.make([&] { on_ready(ready); });
}

FdWatch::FdWatch(Loop& loop, int fd, std::move_only_function<void(Ready)> on_ready)
    : core_(std::make_unique<Core>(loop, fd, std::move(on_ready))) {}

FdWatch::~FdWatch() {
  if (!core_->own_call.interrupted()) return;
  core_->reading.event.reset();
  core_->writing.event.reset();
  Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

void FdWatch::want(Ready interest) {
  core_->wanted = interest;
  if (interest.readable) core_->add(core_->reading, EV_READ);
  if (interest.writable) {
    core_->add(core_->writing, EV_WRITE);
  } else {
    Core::remove(core_->writing);
  }
}

struct SignalWatch::Core {
  Core(Loop& owner, Task task) : loop(owner), on_signal(std::move(task)) {}

  Loop& loop;
  Task on_signal;
  Event watch;
  OwnCall own_call;

  void on_event() {
    own_call.make([this] { on_signal(); });
  }
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, Task on_signal)
    : core_(std::make_unique<Core>(loop, std::move(on_signal))) {
  core_->watch.reset(event_new(
      static_cast<event_base*>(loop.native()), signal_number, EV_SIGNAL | EV_PERSIST,
      [](evutil_socket_t, short, void* core) noexcept { static_cast<Core*>(core)->on_event(); },
      core_.get()));
  SIGNET_CHECK(core_->watch != nullptr && event_add(core_->watch.get(), nullptr) == 0);
}

SignalWatch::~SignalWatch() {
  if (!core_->own_call.interrupted()) return;
  core_->watch.reset();
  Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

}  // namespace signet::loop
