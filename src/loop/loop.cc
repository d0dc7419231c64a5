#include "signet/loop/loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "loop/core.h"
#include "signet/base/check.h"

namespace signet::loop {
namespace {

// Bounded, so that a flood of posts cannot starve descriptors and timers.
constexpr std::size_t kRoundsOfPosts = 4;

}  // namespace

// Tasks posted by tasks run too, up to a bound; what is left wakes the loop again.
void Loop::Core::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(wake_fd, &count, sizeof count);
  wake_pending.store(false);
  for (std::size_t round = 0; round < kRoundsOfPosts; ++round) {
    auto tasks = posted.with([](auto& waiting) { return std::exchange(waiting, {}); });
    if (tasks.empty()) break;
    for (auto& task : tasks) {
      task();
      task = nullptr;  // what it held dies in its turn, not with the batch
    }
  }
  const bool more = posted.with([](auto& waiting) { return !waiting.empty(); });
  if (more && !wake_pending.exchange(true)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto sent = write(wake_fd, &one, sizeof one);
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
  // A loop's registrations are made on its own thread only; posts go through the eventfd.
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  core_->base.reset(event_base_new_with_config(config));
  event_config_free(config);
  SIGNET_CHECK(core_->base != nullptr);
  core_->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  SIGNET_CHECK(core_->wake_fd >= 0);
  core_->wake.reset(event_new(
      core_->base.get(), core_->wake_fd, EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* core) noexcept {
        static_cast<Core*>(core)->refresh_now();
        static_cast<Core*>(core)->run_posted();
      },
      core_.get()));
  SIGNET_CHECK(core_->wake != nullptr && event_add(core_->wake.get(), nullptr) == 0);
  core_->refresh_now();
}

Loop::~Loop() {
  // What was posted and never ran may hold objects that have registrations here.
  core_->posted.with([](auto& waiting) { return std::exchange(waiting, {}); });
  core_->destroy_disposed();
  core_->wake.reset();
  close(core_->wake_fd);
}

void Loop::run() {
  core_->thread.store(std::this_thread::get_id());
  while (!core_->stopping.load()) {
    core_->destroy_disposed();
    core_->refresh_now();
    event_base_loop(core_->base.get(), EVLOOP_ONCE);
  }
  core_->run_posted();
  core_->destroy_disposed();
  core_->stopping.store(false);
}

void Loop::stop() {
  core_->stopping.store(true);
  post([] {});  // wakes it
}

void Loop::post(Task task) {
  core_->posted.with([&](auto& waiting) { waiting.push_back(std::move(task)); });
  if (core_->wake_pending.exchange(true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto sent = write(core_->wake_fd, &one, sizeof one);
}

Now Loop::now() const { return core_->now; }

bool Loop::in_loop_thread() const { return core_->thread.load() == std::this_thread::get_id(); }

void* Loop::native() const { return core_->base.get(); }

// Destroyed between two rounds: no callback of ours is on the stack then.
void Loop::dispose_later(Task destroy) { core_->disposed.push_back(std::move(destroy)); }

}  // namespace signet::loop
