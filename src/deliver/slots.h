// A bounded number of places for what may be there at one time. Owned by the Courier; loop thread.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace signet::deliver {

class Slots final {
 public:
  // A place that is taken as long as it lives. The Slots outlive it.
  class Slot final {
   public:
    explicit Slot(Slots& slots) : slots_(&slots) { ++slots.taken_; }
    ~Slot() {
      if (slots_ != nullptr) --slots_->taken_;
    }
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(slots_, other.slots_);
      return *this;
    }

   private:
    Slots* slots_;
  };

  // Empty: `most` are taken.
  [[nodiscard]] std::optional<Slot> take(std::size_t most) {
    if (taken_ >= most) return std::nullopt;
    return Slot(*this);
  }

 private:
  std::size_t taken_ = 0;
};

}  // namespace signet::deliver
