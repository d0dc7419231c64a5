#include "conf/map_joins.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conf/ldap_flags.h"
#include "signet/base/text.h"
#include "signet/conf/alias_files.h"
#include "signet/conf/settings.h"

namespace signet::conf {
namespace {

constexpr std::size_t kMostMaps = 200;  // in sequences, each as often as it is named

// LDAPDefaultSpec may stand behind the maps.
void complete_ldap(MapSpec& spec, const LdapSpec& defaults, Problems& problems) {
  for (auto& member : spec.maps) complete_ldap(member, defaults, problems);
  if (spec.type != "ldap") return;
  spec.ldap.complete(defaults);
  if (const auto problem = why_no_ldap_map(spec.ldap); !problem.empty()) problems.refuse(problem);
}

// `way`: the names that led here, of this map last. Empty: done.
std::optional<std::string> join_map(const std::vector<Map>& lines, MapSpec& spec,
                                    std::vector<std::string>& way, std::vector<std::string>& used) {
  if (spec.type == "socket" && !way.empty()) spec.name = way.back();
  for (const auto& member : spec.members) {
    const auto line = std::ranges::find(lines, member, &Map::name);
    if (line == lines.end()) {
      std::vector<std::string_view> names;
      for (const auto& map : lines) names.push_back(map.name);
      return fmt::format("sequence: there is no K line of a map {}{}", printable(member),
                         suggestion(member, names));
    }
    if (std::ranges::find(way, member) != way.end()) {
      return fmt::format("sequence: {} leads back to itself", printable(member));
    }
    if (used.size() >= kMostMaps) return "sequence: too many maps";
    used.push_back(member);
    way.push_back(member);
    spec.maps.push_back(line->spec);
    if (auto problem = join_map(lines, spec.maps.back(), way, used)) return problem;
    way.pop_back();
  }
  return std::nullopt;
}

// What AliasFile names, of which the last line counts.
void join_aliases(Config& config, std::vector<std::string>& used, Problems& problems) {
  const auto given = config.given.find("AliasFile");
  if (given != config.given.end()) problems.at = given->second.at;
  const auto refuse = [&](const std::string& what) {
    problems.refuse(fmt::format("option AliasFile: {}", what));
  };
  std::vector<std::string> remarks;
  auto maps = parse_alias_files(config.alias_file, &remarks);
  if (!maps) return refuse(maps.error());
  for (const auto& remark : remarks) problems.warn(fmt::format("option AliasFile: {}", remark));
  for (auto& map : *maps) {
    std::vector<std::string> way;
    if (map.type == "socket") way.push_back(map.name);
    if (auto problem = join_map(config.maps, map, way, used)) refuse(*problem);
    complete_ldap(map, config.ldap_defaults, problems);
  }
  config.aliases = std::move(*maps);
}

void join_class_maps(Config& config, std::vector<std::string>& used, Problems& problems) {
  for (auto& map : config.class_maps) {
    problems.at = map.at;
    std::vector<std::string> way;
    if (auto problem = join_map(config.maps, map.spec, way, used)) problems.refuse(*problem);
    complete_ldap(map.spec, config.ldap_defaults, problems);
  }
}

}  // namespace

void join_maps(Config& config, bool has_rules, Problems& problems) {
  std::vector<std::string> used;
  for (auto& feature : config.features) {
    if (!feature.map) continue;
    // Maps of the same words have K lines in the order of their features.
    const auto line = std::ranges::find_if(config.maps, [&](const Map& map) {
      return map.spec == *feature.map && std::ranges::find(used, map.name) == used.end();
    });
    std::vector<std::string> way;
    if (line != config.maps.end()) way.push_back(line->name);
    problems.at = feature.at;
    if (auto problem = join_map(config.maps, *feature.map, way, used)) {
      problems.refuse(fmt::format("FEATURE {}: {}", feature.name, *problem));
    }
    used.insert(used.end(), way.begin(), way.end());
    complete_ldap(*feature.map, config.ldap_defaults, problems);
  }
  join_aliases(config, used, problems);
  join_class_maps(config, used, problems);
  for (auto& map : config.maps) {
    problems.at = map.at;
    if (config.feature("ldap_routing") != nullptr && is_ldap_routing_map(map.name)) {
      std::vector<std::string> way{map.name};
      if (auto problem = join_map(config.maps, map.spec, way, used)) problems.refuse(*problem);
      used.push_back(map.name);
    }
    complete_ldap(map.spec, config.ldap_defaults, problems);
  }
  for (const auto& map : config.maps) {
    if (has_rules || std::ranges::find(used, map.name) != used.end()) continue;
    problems.at = map.at;
    problems.warn(fmt::format("map {} of this K line has no effect: only rewriting rules ask it",
                              printable(map.name)));
  }
}

}  // namespace signet::conf
