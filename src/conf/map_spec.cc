#include "signet/conf/map_spec.h"

#include <array>

#include <fmt/format.h>

#include "signet/base/text.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr std::array kTypes = std::to_array<std::string_view>({"hash", "btree", "text", "dbm"});

std::expected<int, std::string> column(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number > 1000) return std::unexpected("a column is a small number");
  return static_cast<int>(*number);
}

// One flag with its value joined, "-T<TMPF>". Empty: understood.
std::string apply_flag(MapSpec& spec, std::string_view flag) {
  const std::string_view value = flag.substr(2);
  switch (flag[1]) {
    case 'o':
      spec.optional = true;
      return {};
    case 'f':
      spec.keep_case = true;
      return {};
    case 'm':
      spec.match_only = true;
      return {};
    case 'T':
      spec.on_temporary = value;
      return {};
    case 'a':
      spec.append = value;
      return {};
    case 'k':
    case 'v': {
      const auto found = column(value);
      if (!found) return found.error();
      (flag[1] == 'k' ? spec.key_column : spec.value_column) = *found;
      return {};
    }
    case 'z':
      spec.delimiter = value;
      return {};
    case 'N':
    case 'O':
      return {};  // a NUL behind the key is looked for both ways anyway
    default:
      return fmt::format("unknown map flag {}", printable(flag));
  }
}

}  // namespace

std::expected<MapSpec, std::string> parse_map_spec(std::string_view text) {
  const auto parts = words(text);
  if (parts.empty())
    return std::unexpected("no map: a type and a file, such as hash /etc/mail/access");
  MapSpec spec;
  spec.type = to_lower(parts.front());
  bool known = false;
  for (const auto type : kTypes) known = known || type == spec.type;
  if (!known || spec.type == "dbm") {
    return std::unexpected(fmt::format("map type {} is not supported: hash, btree and text are{}",
                                       printable(parts.front()), suggestion(spec.type, kTypes)));
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto part = parts[i];
    if (part.size() >= 2 && part.front() == '-') {
      if (auto problem = apply_flag(spec, part); !problem.empty()) return std::unexpected(problem);
    } else if (spec.file.empty()) {
      spec.file = part;
    } else {
      return std::unexpected(
          fmt::format("unexpected {} behind the file of the map", printable(part)));
    }
  }
  if (spec.file.empty()) return std::unexpected("the map has no file");
  return spec;
}

}  // namespace signet::conf
