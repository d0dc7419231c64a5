// AliasFile: "hash:/etc/mail/aliases, -o btree:/etc/mail/lists". Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace signet::policy {

struct AliasMapSpec {
  std::string type = "hash";  // "hash" "btree"
  std::string file;           // the text; the map stands beside it with .db
  bool optional = false;      // -o
  bool operator==(const AliasMapSpec&) const = default;
};
// An error names the part that is none.
[[nodiscard]] std::expected<std::vector<AliasMapSpec>, std::string> parse_alias_files(
    std::string_view text);

}  // namespace signet::policy
