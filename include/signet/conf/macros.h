// sendmail's $-macros inside a text: $j, ${client_name}, $?x then $| else $. (nested), $$.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace signet::conf {

// Name without $ and braces -> value; empty: not defined.
using MacroLookup = std::function<std::optional<std::string>(std::string_view name)>;

// Macros inside found values are expanded too, to a bounded depth. An undefined macro is empty.
[[nodiscard]] std::string expand(std::string_view text, const MacroLookup& lookup);

// As a found value: what a peer said is text, however many macros it may look like.
[[nodiscard]] std::string literal(std::string_view text);

}  // namespace signet::conf
