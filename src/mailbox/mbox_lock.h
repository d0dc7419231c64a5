// The two locks of an mbox that other programs look for: FILE.lock and fcntl(2). Both wait,
// together not longer than the patience. Blocking: for the agent's child only.
#pragma once

#include <sys/types.h>

#include <string>

#include "signet/base/clock.h"
#include "signet/base/result.h"

namespace signet::mailbox {

// Waits a little longer each time, until the patience is over.
class Waiting final {
 public:
  explicit Waiting(Duration patience) : left_(patience) {}
  // False: not any longer.
  bool wait();

 private:
  Duration left_;
  Duration step_ = std::chrono::milliseconds(10);
};

// FILE.lock, made with O_EXCL; removed with the object. One older than a quarter of an hour, or of
// a process of ours that is no more, was left by a program that died.
class DotLock final {
 public:
  static Result<DotLock> take(const std::string& mailbox, Waiting& waiting);
  DotLock(DotLock&& other) noexcept;
  DotLock& operator=(DotLock&&) = delete;
  ~DotLock();

 private:
  explicit DotLock(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool remove_if_stale() const;

  std::string path_;
  bool held_ = false;
};

// fcntl lock on the whole file, until it is closed.
[[nodiscard]] Result<void> lock_whole(int fd, const std::string& path, Waiting& waiting);

}  // namespace signet::mailbox
