// How much a message matters, by what its header says: Priority: (RFC 2156) and Precedence:, as
// sendmail weighs them. Pure.
#pragma once

#include <string_view>

namespace signet::mail {

enum class Urgency { normal, urgent, non_urgent };

struct Weight {
  // Points of Precedence: in sendmail's table: list, bulk and junk are below zero.
  int precedence = 0;
  Urgency urgency = Urgency::normal;
  bool operator==(const Weight&) const = default;
};

// `header`: a message from its first octet; what is behind its header section is not looked at.
[[nodiscard]] Weight weight_of(std::string_view header);

}  // namespace signet::mail
