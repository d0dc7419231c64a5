// How many messages are coming in that may want to be on disk soon: drafts whose content is still
// small. The committer waits a moment for their company. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace signet::queue {

class Growing final {
 public:
  using Count = std::atomic<std::size_t>;

  explicit Growing(Count& count) : count_(&count) { count.fetch_add(1, std::memory_order_relaxed); }
  ~Growing() { end(); }
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;
  // Whole, given up, or large: nobody waits for it.
  void end() {
    if (auto* count = std::exchange(count_, nullptr)) {
      count->fetch_sub(1, std::memory_order_relaxed);
    }
  }

 private:
  Count* count_;
};

}  // namespace signet::queue
