// What a server offered in its EHLO answer (RFC 5321 §4.1.1.1).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signet/mail/reply.h"

namespace signet::smtp {

class Capabilities final {
 public:
  Capabilities() = default;
  explicit Capabilities(const mail::Reply& ehlo);  // its first line is the greeting

  [[nodiscard]] bool offers(std::string_view keyword) const;
  [[nodiscard]] std::uint64_t size_limit() const;        // 0: none declared
  [[nodiscard]] std::uint64_t least_deliver_by() const;  // seconds; 0: any
  [[nodiscard]] std::vector<std::string> mechanisms() const;

 private:
  [[nodiscard]] std::uint64_t number_of(const char* keyword) const;

  std::map<std::string, std::string> keywords_;  // lower case -> parameters
};

}  // namespace signet::smtp
