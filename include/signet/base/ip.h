// IPv4 and IPv6 addresses and socket addresses as values, in the spellings SMTP and sendmail use.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet {

class IpAddress final {
 public:
  IpAddress() = default;                                         // 0.0.0.0
  static std::optional<IpAddress> parse(std::string_view text);  // "1.2.3.4", "::1", "IPv6:::1"
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);        // network order
  // An IPv4-mapped address (::ffff:1.2.3.4) becomes IPv4.
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);

  [[nodiscard]] bool is_v6() const { return v6_; }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_any() const;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // v4: first 4
  [[nodiscard]] std::string to_string() const;  // "1.2.3.4", "2001:db8::5"
  // As sendmail writes it in the maillog, Received: and access keys: "1.2.3.4",
  // "IPv6:2001:db8:0:0:0:0:0:5" (uncompressed).
  [[nodiscard]] std::string to_mail_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v6_ = false;
};

struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;  // host order

  [[nodiscard]] std::string to_string() const;  // "127.0.0.1:25", "[::1]:25"
  auto operator<=>(const SocketAddress&) const = default;
};

}  // namespace signet
