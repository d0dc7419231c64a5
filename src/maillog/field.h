// Building blocks of maillog lines. Every foreign text goes through append_field(): controls and
// 8-bit bytes become \ooo, its length is bounded, and ", name=" inside of it is broken up, so that
// a peer can neither start a line nor invent a field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "signet/maillog/lines.h"

namespace signet::maillog {

// sendmail's own bounds where it has such.
constexpr std::size_t kMaxShortRelay = 100;  // STARTTLS= and AUTH= lines
constexpr std::size_t kMaxRelay = 300;
constexpr std::size_t kMaxAddress = 200;
constexpr std::size_t kMaxSentence = 512;

void append_field(std::string& out, std::string_view text, std::size_t limit);
[[nodiscard]] std::string field(std::string_view text, std::size_t limit);
// "<address>"; a program or file of an alias stands without brackets.
void append_address(std::string& out, std::string_view address);
// "QID: ", or nothing for an empty id.
[[nodiscard]] std::string prefix(std::string_view queue_id);
[[nodiscard]] std::string_view to_string(Side side);

}  // namespace signet::maillog
