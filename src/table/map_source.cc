#include "signet/table/map_source.h"

#include "signet/base/text.h"

namespace signet::table {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

SourceLine parse_source_line(std::string_view line, const SourceOptions& options) {
  while (!line.empty() && (is_space(line.back()) || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty() || line.front() == options.comment) return Nothing{};
  const bool by_space = options.delimiter.empty();
  const auto parts_here = [&](char c) {
    return by_space ? is_space(c) : c == options.delimiter[0];
  };
  if (parts_here(line.front())) return BadLine{"no LHS"};
  std::size_t end = 0;
  std::string key;
  if (line.front() == '"') {
    // A quoted key: the quotes are not part of it, a backslash takes the next character as it is.
    for (end = 1; end < line.size() && line[end] != '"'; ++end) {
      if (line[end] == '\\' && end + 1 < line.size()) ++end;
      key += line[end];
    }
    if (end >= line.size()) return BadLine{"unbalanced quote"};
    ++end;
  } else {
    while (end < line.size() && !parts_here(line[end])) ++end;
    key = line.substr(0, end);
  }
  std::string_view value = line.substr(end);
  if (!by_space && !value.empty()) value.remove_prefix(1);
  while (!value.empty() && (by_space ? is_space(value.front()) : false)) value.remove_prefix(1);
  if (value.empty() && !options.allow_empty_value) return BadLine{"no RHS for LHS " + key};
  return Pair{options.keep_case ? key : to_lower(key), std::string(value)};
}

}  // namespace signet::table
