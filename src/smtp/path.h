// Paths of MAIL and RCPT (RFC 5321 §4.1.2): what stands behind "FROM:" and "TO:", up to the ESMTP
// parameters. As generous as sendmail where that is harmless (no brackets, bare user names), strict
// where the next hop would be handed something it cannot read.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "signet/mail/reply.h"

namespace signet::smtp {

// A value, or what the peer hears instead.
template <class T>
using Parsed = std::expected<T, mail::Reply>;

constexpr std::size_t kMaxPath = 256;  // RFC 5321 §4.5.3.1.3; also sendmail's MAXNAME

struct Path {
  std::string as_given;   // with brackets if there were any, for replies and the log
  std::string address;    // source route and brackets removed; empty for <>
  std::string_view rest;  // parameters, without blanks in front; part of the argument
};

// Steps over "FROM" ":" and blanks; 501 names the first word otherwise.
[[nodiscard]] Parsed<std::string_view> after_keyword(std::string_view argument,
                                                     std::string_view keyword);
// `text` begins with the path.
[[nodiscard]] Parsed<Path> parse_path(std::string_view text);

}  // namespace signet::smtp
