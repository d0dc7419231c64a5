#include "signet/base/secret.h"

#include <cstring>

namespace signet {

// Copied, then wiped: a move may leave the octets of a short text behind.
// NOLINTNEXTLINE(performance-move-constructor-init)
Secret::Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = other.value_;
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  ::explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

}  // namespace signet
