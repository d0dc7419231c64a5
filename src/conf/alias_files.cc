#include "signet/conf/alias_files.h"

#include <fmt/format.h>

#include "signet/base/text.h"

namespace signet::conf {
namespace {

// "ldap:" alone, as op.me has it.
constexpr std::string_view kAliasesInLdap =
    "-k (&(objectClass=sendmailMTAAliasObject)(sendmailMTAAliasGrouping=aliases)"
    "(|(sendmailMTACluster=${sendmailMTACluster})(sendmailMTAHost=$j))(sendmailMTAKey=%0)) "
    "-v sendmailMTAAliasValue,sendmailMTAAliasSearch:FILTER:sendmailMTAAliasObject,"
    "sendmailMTAAliasURL:URL:sendmailMTAAliasObject";

// At commas outside of quotes.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    const auto part = trim(text.substr(begin, i - begin));
    if (!part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

// -o may stand in front of the type, too.
bool take_optional(std::string_view& text) {
  if (!text.starts_with("-o ") && !text.starts_with("-o\t")) return false;
  text = trim(text.substr(2));
  return true;
}

bool names_file(const MapSpec& map) { return is_built(map) || map.type == "text"; }

std::expected<MapSpec, std::string> parse_alias_file(std::string_view part,
                                                     std::vector<std::string>* remarks) {
  std::string_view rest = part;
  const bool optional = take_optional(rest);
  std::string type = "hash";
  const auto colon = rest.find_first_of(" ,/:");
  if (colon != std::string_view::npos && rest[colon] == ':') {
    type = to_lower(rest.substr(0, colon));
    rest = trim(rest.substr(colon + 1));
  }
  if (type == "implicit") type = "hash";
  if (type == "ldap" && rest.empty()) rest = kAliasesInLdap;
  auto map = parse_map_spec(fmt::format("{} {}{}", type, optional ? "-o " : "", rest), remarks);
  if (!map) return map;
  if (names_file(*map) && !map->file.starts_with('/')) {
    return std::unexpected("it names no file with its path");
  }
  // All values are members, as in sendmail.
  if (type == "ldap" && map->delimiter.empty()) map->delimiter = ",";
  return map;
}

}  // namespace

std::expected<std::vector<MapSpec>, std::string> parse_alias_files(
    std::string_view text, std::vector<std::string>* remarks) {
  std::vector<MapSpec> maps;
  for (const auto part : parts_of(text)) {
    auto map = parse_alias_file(part, remarks);
    if (!map) return std::unexpected(fmt::format("\"{}\": {}", printable(part, 80), map.error()));
    map->name = fmt::format("Alias{}", maps.size());  // sendmail's, for socket
    maps.push_back(std::move(*map));
  }
  return maps;
}

}  // namespace signet::conf
