#include "conf/pattern_lines.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

using About = PatternLine::About;

struct PatternMacro {
  std::string_view line;   // behind U
  std::string_view macro;  // of the mc
  About about;
  bool header;   // its first argument is the name of a field
  bool pattern;  // then comes a pattern
};
constexpr std::array kPatternMacros = std::to_array<PatternMacro>({
    {"header_check", "HEADER_CHECK", About::header, true, true},
    {"require_header", "REQUIRE_HEADER", About::required_header, true, false},
    {"sender_pattern", "SENDER_PATTERN", About::sender, false, true},
    {"recipient_pattern", "RECIPIENT_PATTERN", About::recipient, false, true},
    {"helo_pattern", "HELO_PATTERN", About::helo, false, true},
    {"client_pattern", "CLIENT_PATTERN", About::client, false, true},
    {"rewrite_sender", "REWRITE_SENDER", About::sender_rewrite, false, true},
    {"rewrite_recipient", "REWRITE_RECIPIENT", About::recipient_rewrite, false, true},
});

constexpr std::array kActionWords =
    std::to_array<std::string_view>({"OK", "REJECT", "DISCARD", "QUARANTINE:", "ERROR:"});

// field-name: printable characters but the colon. RFC 5322 §3.6.8
bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

bool is_reply_code(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() > 4 && (text[0] == '4' || text[0] == '5') && digit(text[1]) &&
         digit(text[2]) && (text[3] == ' ' || text[3] == '\t');
}

}  // namespace

std::optional<std::string> why_no_action(std::string_view action) {
  action = trim(action);
  if (action.size() >= 2 && action.front() == '"' && action.back() == '"') {
    action = trim(action.substr(1, action.size() - 2));
  }
  if (is_reply_code(action)) return std::nullopt;
  const auto colon = action.find(':');
  const auto word = action.substr(0, colon == std::string_view::npos ? colon : colon + 1);
  for (const auto known : kActionWords) {
    if (!iequals(word, known)) continue;
    if (!known.ends_with(':') || !trim(action.substr(known.size())).empty()) return std::nullopt;
    return fmt::format("{} wants text behind it", known);
  }
  return fmt::format(
      "action {} is none: REJECT, DISCARD, OK, QUARANTINE:reason, ERROR:D.S.N:text or a reply such "
      "as 550 5.7.1 text{}",
      printable(action, 60), suggestion(word, kActionWords));
}

std::optional<std::expected<PatternLine, std::string>> parse_pattern_line(
    std::string_view name, std::span<const std::string_view> arguments) {
  const auto* row = std::ranges::find(kPatternMacros, name, &PatternMacro::line);
  if (row == kPatternMacros.end()) return std::nullopt;
  const auto fail = [&](std::string_view what) {
    return std::expected<PatternLine, std::string>(
        std::unexpected(fmt::format("{}: {}", row->macro, what)));
  };
  PatternLine line{.about = row->about,
                   .macro = std::string(row->macro),
                   .header = {},
                   .pattern = {},
                   .action = "REJECT",
                   .at = {}};
  std::size_t next = 0;
  const auto take = [&] {
    const auto text = next < arguments.size() ? trim(arguments[next]) : std::string_view();
    ++next;
    return text;
  };
  if (row->header) {
    auto header = take();
    if (header.ends_with(':')) header.remove_suffix(1);
    if (!is_field_name(header))
      return fail(printable(header, 60) + " is no name of a header field");
    line.header = to_lower(header);
    if (!row->pattern && header == "*") return fail("it wants the name of one field");
  }
  if (row->pattern) {
    line.pattern = take();
    if (line.pattern.empty() || line.pattern == "!") return fail("the pattern is missing");
  }
  const auto action = take();
  if (line.about == About::sender_rewrite || line.about == About::recipient_rewrite) {
    if (action.empty()) return fail("the address that it becomes is missing");
    line.action = action;
  } else {
    if (!action.empty()) line.action = action;
    if (const auto problem = why_no_action(line.action)) return fail(*problem);
  }
  if (!take().empty()) return fail("there are too many arguments");
  return line;
}

}  // namespace signet::conf
