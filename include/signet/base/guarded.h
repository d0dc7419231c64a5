// A value that belongs to its lock: no access without holding it. Never call back out of with().
#pragma once

#include <mutex>
#include <utility>

namespace signet {

template <class T>
class Guarded final {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  template <class F>
  decltype(auto) with(F&& use) {
    const std::scoped_lock lock(mutex_);
    return std::forward<F>(use)(value_);
  }

 private:
  std::mutex mutex_;
  T value_{};
};

}  // namespace signet
