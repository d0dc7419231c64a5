#include "conf/value.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

using Parsed = std::expected<Value, std::string>;

constexpr std::uint64_t kLongest = 100ULL * 365 * 86400;  // a hundred years: beyond it a slip

std::uint64_t unit_seconds(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    case 'w':
      return 7 * 86400;
    default:
      return 0;
  }
}

// Only the first letter counts, as in sendmail: "True", "yes", "f"; nothing means true.
Parsed parse_flag(std::string_view text) {
  Value value;
  value.text = text;
  const char first = text.empty() ? 't' : to_lower(text.front());
  if (first != 't' && first != 'y' && first != 'f' && first != 'n')
    return std::unexpected(fmt::format("\"{}\" is neither True nor False", printable(text)));
  value.flag = first == 't' || first == 'y';
  return value;
}

Parsed parse_in_range(std::string_view text, std::string_view limits) {
  const auto dots = limits.find("..");
  const auto low = parse_number(limits.substr(0, dots));
  const auto high = parse_number(limits.substr(dots + 2));
  const auto number = parse_number(text);
  if (!number || *number < *low || *number > *high)
    return std::unexpected(
        fmt::format("\"{}\" is not a number within {}{}", printable(text), limits,
                    text.starts_with('\'') ? "; quotes of the mc are ` and '" : ""));
  Value value;
  value.text = text;
  value.number = *number;
  return value;
}

// Where sendmail looks at the first letter of a choice and no further: "mimefy" is good for mimify.
constexpr std::array kByLetter = std::to_array<std::string_view>(
    {"EightBitMode", "DeliveryMode", "ErrorMode", "QueueSortOrder"});

Parsed parse_choice(const Setting& setting, std::string_view text) {
  Value value;
  const auto choices = words(setting.limits);
  const bool by_letter =
      text.size() == 1 || std::ranges::find(kByLetter, setting.name) != kByLetter.end();
  for (const auto word : choices) {
    const bool letter =
        by_letter && !text.empty() && to_lower(text.front()) == to_lower(word.front());
    if (!letter && !iequals(text, word)) continue;
    value.text = word;
    return value;
  }
  // "yes" where there is more than yes and no.
  if (const auto flag = parse_flag(text);
      flag && std::ranges::find(choices, "True") != choices.end()) {
    value.text = flag->flag ? "True" : "False";
    return value;
  }
  return std::unexpected(fmt::format("\"{}\" is none of: {}", printable(text), setting.limits));
}

Parsed parse_letters(const Setting& setting, std::string_view text,
                     std::vector<std::string>& remarks) {
  Value value;
  for (const char c : text) {
    if (c == ' ' || c == ',' || c == '\t') continue;
    if (setting.limits.find(c) == std::string_view::npos) {
      remarks.push_back(fmt::format("Option: {} unknown parameter '{}'", setting.name,
                                    printable(std::string_view(&c, 1))));
    } else {
      value.text += c;
    }
  }
  return value;
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_seconds(std::string_view text, char bare_unit) {
  if (iequals(text, "now")) return 0;
  const auto bad = [&] {
    return std::unexpected(fmt::format("\"{}\" is not a time such as 1h30m", printable(text)));
  };
  if (text.empty()) return bad();
  std::uint64_t total = 0;
  auto rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const auto number = parse_number(rest.substr(0, end));
    const char unit = end < rest.size() ? to_lower(rest[end]) : bare_unit;
    if (!number || unit_seconds(unit) == 0 || *number > kLongest) return bad();
    total += *number * unit_seconds(unit);
    if (total > kLongest) return bad();
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return total;
}

Parsed parse_value(const Setting& setting, std::string_view text,
                   std::vector<std::string>& remarks) {
  switch (setting.kind) {
    case Kind::flag:
      return parse_flag(text);
    case Kind::number:
      return parse_in_range(text, setting.limits);
    case Kind::choice:
      return parse_choice(setting, text);
    case Kind::letters:
      return parse_letters(setting, text, remarks);
    case Kind::duration: {
      const auto found = parse_seconds(text, setting.limits.front());
      if (!found) return std::unexpected(found.error());
      Value value;
      value.text = text;
      value.number = *found;
      return value;
    }
    case Kind::list: {
      Value value;
      value.text = text;
      for (const auto word : words(text, ", \t\r\n")) value.list.emplace_back(word);
      return value;
    }
    case Kind::text:
    case Kind::port:
      break;
  }
  Value value;
  value.text = text;
  return value;
}

}  // namespace signet::conf
