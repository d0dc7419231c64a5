// Threads for work that may block.
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "signet/loop/loop.h"

namespace signet::loop {

struct Workers::Core {
  // Of one for whom there is work.
  struct Line {
    std::size_t under_way = 0;
    std::deque<Task> waiting;
  };
  explicit Core(std::size_t count) : share(std::max<std::size_t>(1, count / 4)) {}
  void work(const std::stop_token& stop);
  void add(Task task);
  void add_for(const std::string& whom, Task task);
  void start_for(const std::string& whom, Task task);
  void on_done(const std::string& whom);

  const std::size_t share;  // of one of them
  std::mutex mutex;         // of the members below
  std::condition_variable_any more;
  std::deque<Task> waiting;
  std::unordered_map<std::string, Line> lines;
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

void Workers::Core::add(Task task) {
  waiting.push_back(std::move(task));
  more.notify_one();
}

void Workers::Core::add_for(const std::string& whom, Task task) {
  Line& line = lines[whom];
  if (line.under_way == share) {
    line.waiting.push_back(std::move(task));
    return;
  }
  ++line.under_way;
  start_for(whom, std::move(task));
}

void Workers::Core::start_for(const std::string& whom, Task task) {
  add([this, whom, task = std::move(task)]() mutable {
    std::exchange(task, nullptr)();  // what it holds ends before the next one begins
    on_done(whom);
  });
}

void Workers::Core::on_done(const std::string& whom) {
  const std::scoped_lock lock(mutex);
  const auto line = lines.find(whom);
  auto& [under_way, of_line] = line->second;
  if (of_line.empty()) {
    if (--under_way == 0) lines.erase(line);
    return;
  }
  Task next = std::move(of_line.front());
  of_line.pop_front();
  start_for(whom, std::move(next));
}

Workers::Workers(std::size_t threads) : core_(std::make_unique<Core>(threads)) {
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
  const std::scoped_lock lock(core_->mutex);
  core_->add(std::move(work));
}

void Workers::run_for(std::string_view whom, Task work) {
  const std::scoped_lock lock(core_->mutex);
  core_->add_for(std::string(whom), std::move(work));
}

}  // namespace signet::loop
