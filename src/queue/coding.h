// Numbers and texts as octets: little-endian, texts with a u32 length in front. Decoder never reads
// past its input: after the first field that does not fit it is broken and gives zeros.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace signet::queue {

class Encoder final {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  void u8(std::uint8_t value) { number(value, 1); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void i64(std::int64_t value) { number(static_cast<std::uint64_t>(value), 8); }
  void text(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }

 private:
  void number(std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) out_ += static_cast<char>(value >> (8 * i));
  }
  std::string& out_;
};

class Decoder final {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  std::int64_t i64() { return static_cast<std::int64_t>(number(8)); }
  std::string_view text() { return octets(u32()); }
  std::string_view octets(std::size_t count) {
    if (count > in_.size()) {
      broken_ = true;
      in_ = {};
      return {};
    }
    const auto taken = in_.substr(0, count);
    in_.remove_prefix(count);
    return taken;
  }
  [[nodiscard]] std::size_t left() const { return in_.size(); }
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    const auto taken = octets(count);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(taken[i])) << (8 * i);
    }
    return value;
  }
  std::string_view in_;
  bool broken_ = false;
};

}  // namespace signet::queue
