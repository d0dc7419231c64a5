// A message on standard input, and its content's file, in pieces: no message is in memory as a
// whole.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "signet/base/fd.h"

namespace signet::command {

inline constexpr std::size_t kReadBytes = 65536;

// Lines of standard input, LF or CRLF; without -i a lone dot is the end.
class MessageInput final {
 public:
  explicit MessageInput(bool ignore_dots) : ignore_dots_(ignore_dots) {}

  struct Line {
    std::string text;
    bool whole = true;  // false: more of the same line follows
    [[nodiscard]] std::string_view end() const { return whole ? "\r\n" : ""; }
  };

  // Nothing: the end. A line without its end; CR inside a line begins another one, because an MTA
  // takes CR and LF as a pair only.
  std::optional<Line> next();
  [[nodiscard]] int failure() const { return failure_; }  // errno of a read; 0: none

 private:
  bool fill();

  bool ignore_dots_;
  std::array<char, kReadBytes> buffer_{};
  std::size_t at_ = 0;
  std::size_t got_ = 0;
  bool over_ = false;
  bool inside_ = false;
  int failure_ = 0;
};

// The content's file, written in large pieces.
class MessageOutput final {
 public:
  explicit MessageOutput(const Fd& file) : file_(file) {}
  void write(std::string_view bytes);
  void flush();
  [[nodiscard]] int failure() const { return failure_; }  // errno of a write; 0: none
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool eight_bit() const { return eight_bit_; }

 private:
  const Fd& file_;
  std::string held_;
  std::uint64_t size_ = 0;
  bool eight_bit_ = false;
  int failure_ = 0;
};

}  // namespace signet::command
