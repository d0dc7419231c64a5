// "hash -o -T<TMPF> /etc/mail/access": what a map is, as features and K lines name it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace signet::conf {

struct MapSpec {
  std::string type;          // "hash", "btree", "text"
  std::string file;          // without .db
  bool optional = false;     // -o: a missing file is an empty map
  std::string on_temporary;  // -T: answer when the map fails, "<TMPF>"
  std::string append;        // -a: put behind each answer
  bool keep_case = false;    // -f: keys are not folded to lower case
  bool match_only = false;   // -m: the answer is the key
  // text only: columns and their delimiter
  int key_column = 0;
  int value_column = 1;
  std::string delimiter;  // empty: white space

  bool operator==(const MapSpec&) const = default;
};

[[nodiscard]] std::expected<MapSpec, std::string> parse_map_spec(std::string_view text);

}  // namespace signet::conf
