// Counts what was asked and not yet answered, so that somebody can wait for all of it. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

namespace signet::queue {

class Gate final {
 public:
  // Held by the work in question, moved along with it.
  class Pass final {
   public:
    Pass() = default;
    explicit Pass(Gate& gate) : gate_(&gate) { gate.enter(); }
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    Gate* gate_ = nullptr;
  };

  void wait_until_empty() {
    std::unique_lock lock(mutex_);
    empty_.wait(lock, [this] { return inside_ == 0; });
  }

 private:
  void enter() {
    const std::scoped_lock lock(mutex_);
    ++inside_;
  }
  void leave() {
    const std::scoped_lock lock(mutex_);
    if (--inside_ == 0) empty_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable empty_;
  std::uint64_t inside_ = 0;
};

}  // namespace signet::queue
