// A round: sleep until something is ready, call what it concerns, run the tasks that are waiting,
// destroy what was disposed. Tasks posted on the loop thread need no system call for that.
#include "signet/loop/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

#include "loop/core.h"
#include "signet/base/check.h"

namespace signet::loop {

void Loop::Core::wake_up() {
  if (wake_pending.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto sent = write(wake_fd.get(), &one, sizeof one);
}

void Loop::Core::on_wake() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(wake_fd.get(), &count, sizeof count);
  wake_pending.store(false);  // before the tasks are taken: what comes later wakes again
}

void Loop::Core::run_posted() {
  more = false;
  auto tasks = posted.with([](auto& waiting) { return std::exchange(waiting, {}); });
  for (auto& task : tasks) {
    task();
    task = nullptr;  // what it held dies in its turn, not with the batch
  }
}

void Loop::Core::destroy_disposed() {
  while (!disposed.empty()) {
    auto batch = std::exchange(disposed, {});
    for (auto& destroy : batch) destroy();
  }
}

Loop::Loop() : core_(std::make_unique<Core>()) {
  event_config* config = event_config_new();
  SIGNET_CHECK(config != nullptr);
  // A loop's registrations are made on its own thread only; posts go through the eventfd. No change
  // list: it forgets to unregister a closed socket that another process holds too (a listener).
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  core_->base.reset(event_base_new_with_config(config));
  event_config_free(config);
  SIGNET_CHECK(core_->base != nullptr);
  core_->wake_fd = Fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  SIGNET_CHECK(core_->wake_fd.valid());
  core_->wake.reset(event_new(
      core_->base.get(), core_->wake_fd.get(), EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* core) noexcept { static_cast<Core*>(core)->on_wake(); },
      core_.get()));
  SIGNET_CHECK(core_->wake != nullptr && event_add(core_->wake.get(), nullptr) == 0);
}

// What was posted and never ran may hold objects that have registrations here, and their end may
// post or dispose once more.
Loop::~Loop() {
  for (bool left = true; left;) {
    core_->destroy_disposed();
    left = !core_->posted.with([](auto& waiting) { return std::exchange(waiting, {}); }).empty();
  }
  core_->wake.reset();
}

void Loop::run() {
  core_->thread.store(std::this_thread::get_id());
  while (!core_->stopping.load()) {
    core_->now.reset();
    event_base_loop(core_->base.get(), EVLOOP_ONCE | (core_->more ? EVLOOP_NONBLOCK : 0));
    core_->run_posted();
    core_->destroy_disposed();
  }
  core_->run_posted();
  core_->destroy_disposed();
  core_->stopping.store(false);
  core_->thread.store({});
}

void Loop::stop() {
  core_->stopping.store(true);
  core_->wake_up();
}

// Woken under the lock: the task may stop the loop and end its life, which needs the lock first.
void Loop::post(Task task) {
  const bool here = in_loop_thread();
  if (here) core_->more = true;
  core_->posted.with([&](auto& waiting) {
    waiting.push_back(std::move(task));
    if (!here) core_->wake_up();
  });
}

// Read when first asked for in a round: also other libraries' callbacks on our base see it fresh.
Now Loop::now() const {
  if (!in_loop_thread()) return read_clocks();
  if (!core_->now) core_->now = read_clocks();
  return *core_->now;
}

bool Loop::in_loop_thread() const { return core_->thread.load() == std::this_thread::get_id(); }

void* Loop::native() const { return core_->base.get(); }

// Destroyed between two rounds: no callback of ours is on the stack then.
void Loop::dispose_later(Task destroy) { core_->disposed.push_back(std::move(destroy)); }

}  // namespace signet::loop
