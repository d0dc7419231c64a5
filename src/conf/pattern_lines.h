// The lines of HEADER_CHECK, REQUIRE_HEADER, SENDER_PATTERN, RECIPIENT_PATTERN, HELO_PATTERN,
// CLIENT_PATTERN, REWRITE_SENDER and REWRITE_RECIPIENT, "U
// header_check<TAB>Subject<TAB>pattern<TAB>action". Pure.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signet/conf/config.h"

namespace signet::conf {

// Empty: that is the name of something else. An error says what is wrong.
[[nodiscard]] std::optional<std::expected<PatternLine, std::string>> parse_pattern_line(
    std::string_view name, std::span<const std::string_view> arguments);

// What is wrong with an action of a rule: a word or text as values of the access map. Empty:
// nothing.
[[nodiscard]] std::optional<std::string> why_no_action(std::string_view action);

}  // namespace signet::conf
