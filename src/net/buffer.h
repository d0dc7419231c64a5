// Bytes with a consumed front. Empty it holds next to no memory: there are many idle sessions.
#pragma once

#include <string>
#include <string_view>

#include "signet/base/check.h"

namespace signet::net {

class Buffer final {
 public:
  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(start_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - start_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t capacity() const { return bytes_.capacity(); }
  std::string& tail() { return bytes_; }  // to append to
  void append(std::string_view more) { bytes_.append(more); }
  void consume(std::size_t count) {
    SIGNET_CHECK(count <= size());
    start_ += count;
    if (empty()) {
      clear();
    } else if (start_ > kMostConsumed && start_ > bytes_.size() / 2) {
      bytes_.erase(0, start_);
      start_ = 0;
    }
  }
  void clear() {
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
};

}  // namespace signet::net
