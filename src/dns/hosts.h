// The hosts file (hosts(5)): asked before DNS.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signet/base/ip.h"

namespace signet::dns {

class Hosts final {
 public:
  Hosts() = default;
  // An unreadable file is an empty one.
  explicit Hosts(const std::string& path);
  [[nodiscard]] std::vector<IpAddress> addresses(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names(const IpAddress& ip) const;

 private:
  void add_line(std::string_view line);
  std::map<std::string, std::vector<IpAddress>, std::less<>> by_name_;
  std::map<IpAddress, std::vector<std::string>> by_address_;
};

}  // namespace signet::dns
