// Readiness of descriptors and arrival of signals.
#include <utility>

#include "loop/core.h"
#include "signet/base/check.h"

namespace signet::loop {

struct FdWatch::Core {
  Core(Loop& owner, int descriptor, std::move_only_function<void(Ready)> call)
      : loop(owner), fd(descriptor), on_ready(std::move(call)) {}

  Loop& loop;
  int fd;
  std::move_only_function<void(Ready)> on_ready;
  Event watch;
  Ready wanted;
  OwnCall own_call;

  void on_event(short what) {
    own_call.make([&] { on_ready({(what & EV_READ) != 0, (what & EV_WRITE) != 0}); });
  }
};

FdWatch::FdWatch(Loop& loop, int fd, std::move_only_function<void(Ready)> on_ready)
    : core_(std::make_unique<Core>(loop, fd, std::move(on_ready))) {}

FdWatch::~FdWatch() {
  if (!core_->own_call.interrupted()) return;
  core_->watch.reset();
  Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

void FdWatch::want(Ready interest) {
  if (core_->watch && interest.readable == core_->wanted.readable &&
      interest.writable == core_->wanted.writable) {
    return;
  }
  core_->wanted = interest;
  const short what =
      static_cast<short>((interest.readable ? EV_READ : 0) | (interest.writable ? EV_WRITE : 0));
  const auto on_event = [](evutil_socket_t, short ready, void* core) noexcept {
    static_cast<Core*>(core)->on_event(ready);
  };
  auto* base = static_cast<event_base*>(core_->loop.native());
  if (!core_->watch) {
    if (what == 0) return;
    core_->watch.reset(
        event_new(base, core_->fd, static_cast<short>(what | EV_PERSIST), on_event, core_.get()));
    SIGNET_CHECK(core_->watch != nullptr);
  } else {
    event_del(core_->watch.get());
    if (what == 0) return;
    SIGNET_CHECK(event_assign(core_->watch.get(), base, core_->fd,
                              static_cast<short>(what | EV_PERSIST), on_event, core_.get()) == 0);
  }
  SIGNET_CHECK(event_add(core_->watch.get(), nullptr) == 0);
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
