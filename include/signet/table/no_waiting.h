// Maps that ask another program may have to wait for it, and a loop's thread must not wait. There a
// look-up answers from what is known; what is not is noted, asked elsewhere, and looked up again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signet/table/table.h"

namespace signet::table {

struct Question {
  const Table* table = nullptr;  // kept by whoever keeps what is decided with
  std::string key;
};

// While it lives no look-up on its thread waits. One a thread, for as long as the thread's loop.
class NoWaiting final {
 public:
  NoWaiting();
  ~NoWaiting();
  NoWaiting(const NoWaiting&) = delete;
  NoWaiting& operator=(const NoWaiting&) = delete;

  [[nodiscard]] static NoWaiting* here();  // of this thread; null: it may wait
  void note(const Table& table, std::string_view key);
  [[nodiscard]] std::vector<Question> take();  // what was noted since the last time

 private:
  static constexpr std::size_t kMostNoted = 500;
  std::vector<Question> noted_;
};

}  // namespace signet::table
