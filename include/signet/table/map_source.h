// The text a map is made from (/etc/mail/access): lines -> pairs, the makemap syntax. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace signet::table {

struct SourceOptions {
  bool keep_case = false;          // -f
  bool allow_empty_value = false;  // -e
  std::string delimiter{};         // -t: one character; empty: white space
  char comment = '#';              // -D
};

inline constexpr std::size_t kMaxSourceLine = 1024;

struct Pair {
  std::string key;
  std::string value;
  bool operator==(const Pair&) const = default;
};
struct Nothing {};  // comment or empty line
struct BadLine {
  std::string why;  // "no RHS for LHS x", as makemap says it
};
using SourceLine = std::variant<Pair, Nothing, BadLine>;

// One line without its line feed. As makemap reads it: quotes are characters like others, a '#'
// begins a comment only in the first column, and the value goes on to the end of the line, with the
// white space that stands there.
[[nodiscard]] SourceLine parse_source_line(std::string_view line, const SourceOptions& options);

}  // namespace signet::table
