// Bytes with a consumed front. Empty it holds next to no memory: there are many idle sessions.
// Bytes that lie elsewhere may be lent to it, so that what is consumed at once is never copied.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "signet/base/check.h"

namespace signet::net {

class Buffer final {
 public:
  [[nodiscard]] std::string_view view() const {
    return lent_.empty() ? std::string_view(bytes_).substr(start_) : lent_;
  }
  [[nodiscard]] std::size_t size() const { return view().size(); }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t capacity() const { return bytes_.capacity(); }
  std::string& tail() {  // to append to
    keep();
    return bytes_;
  }
  void append(std::string_view more) { tail().append(more); }
  void take_over(std::string more) {
    if (empty()) {
      start_ = 0;
      bytes_.swap(more);
    } else {
      append(std::string_view(more));
    }
  }
  // To an empty one; until keep() or the next append() they have to stay where they are.
  void lend(std::string_view bytes) {
    SIGNET_CHECK(empty());
    lent_ = bytes;
  }
  void keep() { bytes_.append(std::exchange(lent_, {})); }
  void consume(std::size_t count) {
    SIGNET_CHECK(count <= size());
    if (!lent_.empty()) return lent_.remove_prefix(count);
    start_ += count;
    if (empty()) {
      clear();
    } else if (start_ > kMostConsumed && start_ > bytes_.size() / 2) {
      bytes_.erase(0, start_);
      start_ = 0;
    }
  }
  void clear() {
    lent_ = {};
    start_ = 0;
    if (bytes_.capacity() > kKeptWhenEmpty) {
      std::string().swap(bytes_);
    } else {
      bytes_.clear();
    }
  }

 private:
  static constexpr std::size_t kKeptWhenEmpty = 256;
  static constexpr std::size_t kMostConsumed = 16 * 1024;  // then what is left moves to the front

  std::string bytes_;
  std::size_t start_ = 0;
  std::string_view lent_;  // while there is something in it, bytes_ is empty
};

}  // namespace signet::net
