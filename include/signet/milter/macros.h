// Which macros filters are told of, and when (Milter.macros.*).
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet::milter {

inline constexpr std::size_t kMostMacros = 50;  // of a stage, as in sendmail

// The numbers are the protocol's (SMFIM_*).
enum class Stage { connect, helo, mail, rcpt, data, end_of_message, end_of_header };
inline constexpr std::size_t kStages = 7;

using MacroNames = std::vector<std::string>;  // "j", "{daemon_name}": as configured
using MacroLists = std::array<MacroNames, kStages>;
// "j, _, {daemon_name}"; what is more than kMostMacros is left out.
[[nodiscard]] MacroNames parse_macro_names(std::string_view text);

// By name without braces. Empty: it is not defined now, and not told.
using MacroValues = std::function<std::optional<std::string>(std::string_view name)>;

}  // namespace signet::milter
