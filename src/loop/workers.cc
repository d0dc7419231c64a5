// Threads for work that may block.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "signet/loop/loop.h"

namespace signet::loop {

struct Workers::Core {
  void work(const std::stop_token& stop);

  std::mutex mutex;
  std::condition_variable_any more;
  std::deque<Task> waiting;
  std::vector<std::jthread> threads;
};

void Workers::Core::work(const std::stop_token& stop) {
  while (true) {
    Task task;
    {
      std::unique_lock lock(mutex);
      if (!more.wait(lock, stop, [this] { return !waiting.empty(); })) return;
      if (stop.stop_requested()) return;
      task = std::move(waiting.front());
      waiting.pop_front();
    }
    task();
  }
}

Workers::Workers(std::size_t threads) : core_(std::make_unique<Core>()) {
  for (std::size_t i = 0; i < threads; ++i) {
    core_->threads.emplace_back(
        [core = core_.get()](const std::stop_token& stop) { core->work(stop); });
  }
}

Workers::~Workers() {
  for (auto& thread : core_->threads) thread.request_stop();
  core_->threads.clear();  // joins
}

void Workers::run(Task work) {
  {
    const std::scoped_lock lock(core_->mutex);
    core_->waiting.push_back(std::move(work));
  }
  core_->more.notify_one();
}

}  // namespace signet::loop
