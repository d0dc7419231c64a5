#include "signet/table/map_source.h"

#include "signet/base/text.h"

namespace signet::table {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

SourceLine parse_source_line(std::string_view line, const SourceOptions& options) {
  if (line.empty() || line.front() == options.comment) return Nothing{};
  const bool by_space = options.delimiter.empty();
  const auto parts_here = [&](char c) {
    return by_space ? is_space(c) : c == options.delimiter.front();
  };
  if (by_space && is_space(line.front())) return BadLine{"syntax error (leading space)"};
  if (line.size() > kMaxSourceLine) {
    return BadLine{"line too long (" + std::to_string(kMaxSourceLine) + " bytes max)"};
  }
  if (line.find('\0') != std::string_view::npos) return BadLine{"NUL byte: this is no text"};
  std::size_t end = 0;
  while (end < line.size() && !parts_here(line[end])) ++end;
  const std::string_view key = line.substr(0, end);
  while (end < line.size() && parts_here(line[end])) ++end;
  const std::string_view value = line.substr(end);
  if (value.empty() && !options.allow_empty_value) {
    return BadLine{"no RHS for LHS " + std::string(key)};
  }
  return Pair{options.keep_case ? std::string(key) : to_lower(key), std::string(value)};
}

}  // namespace signet::table
