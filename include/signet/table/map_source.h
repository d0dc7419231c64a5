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
  std::string delimiter;           // -t: one character; empty: white space
  char comment = '#';              // -D
};

struct Pair {
  std::string key;
  std::string value;
  bool operator==(const Pair&) const = default;
};
struct Nothing {};  // comment or empty line
struct BadLine {
  std::string why;  // "no LHS", "no RHS"
};
using SourceLine = std::variant<Pair, Nothing, BadLine>;

// One line without its line feed. A key in double quotes may hold white space.
[[nodiscard]] SourceLine parse_source_line(std::string_view line, const SourceOptions& options);

}  // namespace signet::table
