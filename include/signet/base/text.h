// Small text functions that mail needs everywhere. ASCII only; no locale. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signet {

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] bool is_lower(std::string_view text);  // to_lower would change nothing
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);
[[nodiscard]] std::string_view trim(std::string_view text);  // blanks, tabs, CR, LF at both ends
// Splits at each `separator`; empty pieces are kept.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// Splits at runs of characters out of `separators`; no empty pieces.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text,
                                                  std::string_view separators = " \t\r\n");
// A macro's or class's name as sendmail writes it, "x" or "{name}", taken off the front of `text`.
// Empty, and nothing taken: there is none, or no brace ends it.
[[nodiscard]] std::string_view take_macro_name(std::string_view& text);
// For log lines and replies: bytes outside 0x20..0x7e become \ooo; cut at `limit` characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 256);

// sendmail's xtext for macros and access keys: bytes <0x21, >0x7e, '+', '\', '(',
// and those in `taboo` become +XX.
[[nodiscard]] std::string xtext_encode(std::string_view raw, std::string_view taboo = ")<>\"");
// RFC 3461 section 4. Empty when malformed.
[[nodiscard]] std::optional<std::string> xtext_decode(std::string_view encoded);

[[nodiscard]] std::string base64_encode(std::string_view raw);
// RFC 4648 section 4, strict: no white space, right padding. Empty when malformed.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view encoded);

// Whole text as a decimal number; empty on junk, sign or overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace signet
