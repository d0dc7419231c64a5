// Timers: one libevent timer each. Moving the deadline of an armed timer to a later time only notes
// it; when the old time comes it is armed for the rest. Sessions move theirs with every command.
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "loop/core.h"
#include "signet/base/check.h"

namespace signet::loop {

struct Timer::Core {
  Core(Loop& owner, Task task) : loop(owner), on_time(std::move(task)) {}

  void add(TimePoint when);
  void on_event();

  Loop& loop;
  Task on_time;
  Event timer;
  std::optional<TimePoint> due;        // when the owner wants to be called
  std::optional<TimePoint> scheduled;  // when libevent calls us; not later than due
  OwnCall own_call;
};

void Timer::Core::add(TimePoint when) {
  const auto wait = std::max(when - loop.now().mono, Duration(0));
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(wait).count();
  timeval time{};
  time.tv_sec = micros / 1000000;
  time.tv_usec = micros % 1000000;
  SIGNET_CHECK(event_add(timer.get(), &time) == 0);
  scheduled = when;
}

void Timer::Core::on_event() {
  scheduled.reset();
  if (!due) return;
  if (*due > loop.now().mono) return add(*due);
  due.reset();
  own_call.make([this] { on_time(); });
}

Timer::Timer(Loop& loop, Task on_time) : core_(std::make_unique<Core>(loop, std::move(on_time))) {
  core_->timer.reset(event_new(
      static_cast<event_base*>(loop.native()), -1, 0,
      [](evutil_socket_t, short, void* core) noexcept { static_cast<Core*>(core)->on_event(); },
      core_.get()));
  SIGNET_CHECK(core_->timer != nullptr);
}

Timer::~Timer() {
  if (!core_->own_call.interrupted()) return;
  core_->timer.reset();
  Loop& loop = core_->loop;
  loop.dispose(std::move(core_));
}

void Timer::arm_at(TimePoint when) {
  core_->due = when;
  if (!core_->scheduled || when < *core_->scheduled) core_->add(when);
}

void Timer::arm_in(Duration wait) {
  const TimePoint now = core_->loop.now().mono;
  arm_at(wait < TimePoint::max() - now ? now + wait : TimePoint::max());
}

void Timer::cancel() { core_->due.reset(); }

bool Timer::armed() const { return core_->due.has_value(); }

}  // namespace signet::loop
