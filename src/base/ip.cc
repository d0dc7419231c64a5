#include "signet/base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "signet/base/text.h"

namespace signet {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const bool tagged = istarts_with(text, "IPv6:");
  if (tagged) text.remove_prefix(5);
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  const std::string copy(text);
  std::array<std::uint8_t, 4> four{};
  if (!tagged && ::inet_pton(AF_INET, copy.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (::inet_pton(AF_INET6, copy.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return std::nullopt;
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) {
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return v4({bytes[12], bytes[13], bytes[14], bytes[15]});
  }
  IpAddress address;
  address.bytes_ = bytes;
  address.v6_ = true;
  return address;
}

bool IpAddress::is_loopback() const {
  if (!v6_) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto byte) { return byte == 0; });
}

bool IpAddress::is_any() const {
  return std::ranges::all_of(bytes_, [](auto byte) { return byte == 0; });
}

std::string IpAddress::to_string() const {
  if (!v6_) {
    std::array<char, INET_ADDRSTRLEN> text{};
    char* at = text.data();
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) *at++ = '.';
      at = std::to_chars(at, text.data() + text.size(), bytes_[i]).ptr;
    }
    return {text.data(), at};
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string IpAddress::to_mail_string() const {
  if (!v6_) return to_string();
  std::string text = "IPv6:";
  for (std::size_t i = 0; i < bytes_.size(); i += 2) {
    std::array<char, 8> group{};
    std::snprintf(group.data(), group.size(), "%s%x", i == 0 ? "" : ":",
                  static_cast<unsigned>(bytes_[i] << 8 | bytes_[i + 1]));
    text += group.data();
  }
  return text;
}

std::string SocketAddress::to_string() const {
  const std::string host = ip.is_v6() ? "[" + ip.to_string() + "]" : ip.to_string();
  return host + ":" + std::to_string(port);
}

}  // namespace signet
