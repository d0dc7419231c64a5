// Owner of one file descriptor. Not for descriptors whose close can lose data: those call close()
// and look at the Result.
#pragma once

#include <string_view>
#include <utility>

#include "signet/base/result.h"

namespace signet {

class Fd final {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  // Closes and reports what the kernel said; the descriptor is gone in any case.
  [[nodiscard]] Result<void> close();

 private:
  int fd_ = -1;
};

// All of it, in as many writes as that takes; blocks. An error says `doing` and why.
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes, std::string_view doing);

}  // namespace signet
