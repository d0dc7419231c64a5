// AliasFile: "/etc/mail/aliases, ldap:-k (uid=%0) -v mail": the maps that hold aliases. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "signet/conf/map_spec.h"

namespace signet::conf {

// In the order they are asked; commas in double quotes part nothing. An error names the part that
// is no map. `remarks` as of parse_map_spec().
[[nodiscard]] std::expected<std::vector<MapSpec>, std::string> parse_alias_files(
    std::string_view text, std::vector<std::string>* remarks = nullptr);

// The files that newaliases makes; others are read as they are, or somebody else keeps them.
[[nodiscard]] inline bool is_built(const MapSpec& map) {
  return map.type == "hash" || map.type == "btree";
}

}  // namespace signet::conf
