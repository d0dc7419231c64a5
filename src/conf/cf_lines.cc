#include "conf/cf_lines.h"

#include "signet/base/text.h"

namespace signet::conf {

bool parse_line_mark(std::string_view line, Origin& next) {
  constexpr std::string_view kMark = "#line ";
  if (!line.starts_with(kMark)) return false;
  line.remove_prefix(kMark.size());
  const auto blank = line.find(' ');
  const auto number = parse_number(line.substr(0, blank));
  if (!number || *number > 100000000) return false;
  next.line = static_cast<int>(*number);
  if (blank == std::string_view::npos) return true;
  const auto name = trim(line.substr(blank));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
    next.file = name.substr(1, name.size() - 2);
    next.compiled = true;
  }
  return true;
}

std::vector<CfLine> read_cf_lines(std::string_view text, std::string_view file) {
  std::vector<CfLine> lines;
  Origin at{std::string(file), 1, false};
  bool joinable = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    Origin next = at;
    ++next.line;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
      line.remove_suffix(1);
    }
    if (line.empty() || line.front() == '#') {
      (void)parse_line_mark(line, next);
      joinable = joinable && !line.empty();
    } else if ((line.front() == ' ' || line.front() == '\t') && joinable) {
      lines.back().text += lines.back().text.front() == 'H' ? "\n\t" : " ";  // a field's fold
      lines.back().text += trim(line);
    } else {
      lines.push_back({std::string(trim(line)), at});
      joinable = true;
    }
    at = std::move(next);
  }
  return lines;
}

}  // namespace signet::conf
